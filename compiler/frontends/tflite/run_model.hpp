// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/frontends/tflite/import.hpp"
#include "compiler/frontends/tflite/model_builder.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/passes/passes.hpp"

#include <gmock/gmock.h>

/// Runs a small model for a test, as imported and again in canonical form; both must agree.
namespace tinyml::tflite {

inline std::string import_error(const std::vector<std::uint8_t> &model) {
  const auto graph = import_tflite(model);
  return graph ? "imported without an error" : graph.error().message;
}
inline std::string import_error(const ModelBuilder &model) { return import_error(model.build()); }

inline ir::Graph imported(const ModelBuilder &model) {
  auto graph = import_tflite(model.build());
  EXPECT_TRUE(graph.ok()) << graph.error().message;
  return graph ? *graph : ir::Graph{};
}

inline std::vector<std::vector<std::uint8_t>>
run_bytes(const ir::Graph &graph, const std::vector<std::vector<std::uint8_t>> &inputs) {
  std::vector<std::vector<std::uint8_t>> outputs(graph.outputs.size());
  auto interpreter = interpret::Interpreter::prepare(graph);
  EXPECT_TRUE(interpreter.ok()) << interpreter.error().message;
  const std::vector<ByteView> views(inputs.begin(), inputs.end());
  if (interpreter.ok() && interpreter->run(views).ok()) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const ByteView bytes = interpreter->output(i);
      outputs[i].assign(bytes.begin(), bytes.end());
    }
  }
  return outputs;
}

template <typename T>
std::vector<std::vector<T>> run_all(const ModelBuilder &model,
                                    const std::vector<std::vector<T>> &inputs) {
  const ir::Graph graph = imported(model);
  ir::Graph canonical = graph;
  const auto done = passes::run_default_passes(canonical);
  EXPECT_TRUE(done.ok()) << done.error().message;
  std::vector<std::vector<std::uint8_t>> bytes;
  bytes.reserve(inputs.size());
  for (const auto &input : inputs) {
    bytes.push_back(ir::constant_data(input));
  }
  const auto plain = run_bytes(graph, bytes);
  EXPECT_EQ(run_bytes(canonical, bytes), plain);
  std::vector<std::vector<T>> outputs;
  outputs.reserve(plain.size());
  for (const auto &output : plain) {
    outputs.push_back(ir::elements_of<T>({"", {}, output}));
  }
  return outputs;
}

/// The first output.
template <typename T>
std::vector<T> run(const ModelBuilder &model, const std::vector<std::vector<T>> &inputs) {
  const auto outputs = run_all(model, inputs);
  return outputs.empty() ? std::vector<T>{} : outputs[0];
}

template <typename T = float> std::vector<T> counting(std::size_t count, T from = 0) {
  std::vector<T> values(count);
  for (T &value : values) {
    value = from;
    from = static_cast<T>(from + 1);
  }
  return values;
}

} // namespace tinyml::tflite
