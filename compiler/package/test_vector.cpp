// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/test_vector.hpp"

#include "compiler/codegen/text.hpp"
#include "compiler/interpret/interpreter.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace tinyml::package {
namespace {

using ir::ElementType;

/// Raw element from a real value, as the tensor means it.
void append_element(std::vector<std::uint8_t> &bytes, const ir::TensorType &type, float real) {
  const auto append = [&](auto value) {
    const auto *raw = reinterpret_cast<const std::uint8_t *>(&value);
    bytes.insert(bytes.end(), raw, raw + sizeof value);
  };
  if (type.element == ElementType::kFloat32) {
    return append(real);
  }
  const auto &q = type.quantization;
  const double scale = q && !q->scales.empty() ? static_cast<double>(q->scales[0]) : 1.0;
  const int zero = q && !q->zero_points.empty() ? q->zero_points[0] : 0;
  const auto steps = static_cast<std::int64_t>(
      std::clamp(std::round(static_cast<double>(real) / scale), -1e9, 1e9));
  const auto within = [&](auto low, auto high) {
    return std::clamp<std::int64_t>(steps + zero, low, high);
  };
  switch (type.element) {
  case ElementType::kInt8:
    return append(static_cast<std::int8_t>(within(-128, 127)));
  case ElementType::kInt16:
    return append(static_cast<std::int16_t>(within(-32768, 32767)));
  case ElementType::kUint8:
    return append(static_cast<std::uint8_t>(within(0, 255)));
  case ElementType::kBool:
    return append(static_cast<std::uint8_t>(steps != 0));
  case ElementType::kInt64:
    return append(steps);
  default:
    return append(static_cast<std::int32_t>(steps));
  }
}

/// Whole range of small integers, -1 … 1 of floats, small indices otherwise.
std::vector<std::uint8_t> drawn(const ir::TensorType &type, std::mt19937 &random) {
  std::vector<std::uint8_t> bytes;
  const std::int64_t count = ir::element_count(type.shape);
  const bool raw = type.element == ElementType::kInt8 || type.element == ElementType::kInt16 ||
                   type.element == ElementType::kUint8;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto number = static_cast<std::uint32_t>(random());
    if (raw) {
      for (std::size_t byte = 0; byte < ir::element_size(type.element); ++byte) {
        bytes.push_back(static_cast<std::uint8_t>(number >> (8 * byte)));
      }
    } else if (type.element == ElementType::kFloat32) {
      append_element(bytes, type, static_cast<float>(number % 2001) * 1e-3F - 1.0F);
    } else {
      append_element(bytes, type, static_cast<float>(number % 2));
    }
  }
  return bytes;
}

bool has_one_sample(const ir::Graph &graph, std::span<const float> samples) {
  std::size_t wanted = 0;
  for (const ir::ValueId id : graph.inputs) {
    wanted += static_cast<std::size_t>(ir::element_count(graph.values[id].type.shape));
  }
  return wanted > 0 && samples.size() >= wanted && samples.size() % wanted == 0;
}

std::vector<std::vector<std::uint8_t>> inputs_of(const ir::Graph &graph,
                                                 std::span<const float> samples) {
  const bool from_data = has_one_sample(graph, samples);
  std::mt19937 random(1);
  std::vector<std::vector<std::uint8_t>> inputs;
  for (const ir::ValueId id : graph.inputs) {
    const ir::TensorType &type = graph.values[id].type;
    if (!from_data) {
      inputs.push_back(drawn(type, random));
      continue;
    }
    const auto count = static_cast<std::size_t>(ir::element_count(type.shape));
    inputs.emplace_back();
    for (const float real : samples.first(count)) {
      append_element(inputs.back(), type, real);
    }
    samples = samples.subspan(count);
  }
  return inputs;
}

template <typename T> T read_as(const std::uint8_t *at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::string c_float(float value) {
  if (!std::isfinite(value)) {
    return std::isnan(value) ? "NAN" : (value < 0 ? "-INFINITY" : "INFINITY");
  }
  std::string text = codegen::float_literal(value);
  text.back() = 'f';
  return text;
}

std::string c_element(ElementType element, const std::uint8_t *at) {
  switch (element) {
  case ElementType::kFloat32:
    return c_float(read_as<float>(at));
  case ElementType::kInt8:
    return std::to_string(read_as<std::int8_t>(at));
  case ElementType::kInt16:
    return std::to_string(read_as<std::int16_t>(at));
  case ElementType::kInt32:
    return std::to_string(read_as<std::int32_t>(at));
  case ElementType::kInt64:
    return std::to_string(read_as<std::int64_t>(at));
  default:
    return std::to_string(*at);
  }
}

std::string c_elements(ElementType element, const std::vector<std::uint8_t> &bytes) {
  constexpr std::size_t kColumns = 100;
  const std::size_t size = ir::element_size(element);
  std::string text = "   ";
  std::size_t line = text.size();
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    const std::string item = " " + c_element(element, bytes.data() + at) + ",";
    if (line + item.size() > kColumns) {
      text += "\n   ";
      line = 3;
    }
    text += item;
    line += item.size();
  }
  return text;
}

std::string array_text(const Contents &contents, const Tensor &tensor, const std::string &name,
                       const std::vector<std::uint8_t> &bytes) {
  return "static const " + c_type(tensor.element) + " " + contents.names.id + "_test_" + name +
         "[" + std::to_string(tensor.count) + "] = {\n" + c_elements(tensor.element, bytes) +
         "\n};\n\n";
}

constexpr std::string_view kVectorHead = R"(/* SPDX-License-Identifier: Apache-2.0 */
/* One inference of "@display@": what goes in and what has to come out. */
#ifndef @ID@_TEST_VECTOR_H
#define @ID@_TEST_VECTOR_H

#include "@id@.h"

#include <math.h>
#include <string.h>

)";

constexpr std::string_view kLoad =
    "  memcpy(@id@_input_@i@(), @id@_test_input_@i@, sizeof @id@_test_input_@i@);\n";

constexpr std::string_view kCountIntegers =
    R"(  for (size_t i = 0; i < @ID@_OUTPUT_@i@_COUNT; ++i) {
    wrong += @id@_output_@i@()[i] != @id@_test_output_@i@[i];
  }
)";

/// Libraries differ in the last digits of exp and tanh.
constexpr std::string_view kCountFloats =
    R"(  for (size_t i = 0; i < @ID@_OUTPUT_@i@_COUNT; ++i) {
    const float is = @id@_output_@i@()[i];
    const float wanted = @id@_test_output_@i@[i];
    wrong += !(fabsf(is - wanted) <= 1e-4f * fmaxf(1.0f, fabsf(wanted)) || is == wanted ||
               (isnan(is) && isnan(wanted)));
  }
)";

} // namespace

Expected<TestVector> make_test_vector(const ir::Graph &graph, std::span<const float> samples) {
  auto interpreter = interpret::Interpreter::prepare(graph);
  if (!interpreter.ok()) {
    return Failure{interpreter.error()};
  }
  TestVector vector;
  vector.from_data = has_one_sample(graph, samples);
  vector.inputs = inputs_of(graph, samples);
  const std::vector<ByteView> views(vector.inputs.begin(), vector.inputs.end());
  if (const auto ran = interpreter->run(views); !ran.ok()) {
    return Failure{ran.error()};
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const ByteView output = interpreter->output(i);
    vector.outputs.emplace_back(output.begin(), output.end());
  }
  return vector;
}

std::string test_vector_header(const Contents &contents) {
  auto words = contents.words();
  std::string text = filled(kVectorHead, words);
  std::string load;
  std::string count;
  for (std::size_t i = 0; i < contents.inputs.size(); ++i) {
    words["i"] = std::to_string(i);
    text +=
        array_text(contents, contents.inputs[i], "input_" + words["i"], contents.vector.inputs[i]);
    load += filled(kLoad, words);
  }
  for (std::size_t i = 0; i < contents.outputs.size(); ++i) {
    words["i"] = std::to_string(i);
    const Tensor &output = contents.outputs[i];
    text += array_text(contents, output, "output_" + words["i"], contents.vector.outputs[i]);
    count += filled(output.element == ElementType::kFloat32 ? kCountFloats : kCountIntegers, words);
  }
  return text +
         filled("/* Writes the vector's inputs. */\nstatic inline void @id@_test_load(void) {\n",
                words) +
         (contents.state_bytes > 0 ? filled("  @id@_reset();\n", words) : "") + load +
         filled("}\n\n/* After a run: how many output elements are not the expected ones. */\n"
                "static inline unsigned @id@_test_wrong(void) {\n  unsigned wrong = 0;\n",
                words) +
         count + filled("  return wrong;\n}\n\n#endif /* @ID@_TEST_VECTOR_H */\n", words);
}

std::vector<File> test_vector_files(const Contents &contents) {
  std::vector<File> files;
  const auto add = [&](const char *kind, const std::vector<std::vector<std::uint8_t>> &tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      files.push_back({std::string("test_vector/") + kind + std::to_string(i) + ".bin",
                       std::string(as_text(tensors[i]))});
    }
  };
  add("input_", contents.vector.inputs);
  add("output_", contents.vector.outputs);
  return files;
}

} // namespace tinyml::package
