// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/interpreter.hpp"

#include "compiler/interpret/step.hpp"
#include "compiler/ir/edit.hpp"
#include "compiler/ir/verify.hpp"

#include <algorithm>

namespace tinyml::interpret {
namespace {

Expected<void> check_size(const ir::Graph &graph) {
  std::size_t total = 0;
  for (const ir::Value &value : graph.values) {
    total += ir::byte_size(value.type);
  }
  if (total > kMaxGraphBytes) {
    return fail(ErrorCode::kDoesNotFit, "running the graph would need " +
                                            std::to_string(total >> 20) +
                                            " MiB for its values; at most " +
                                            std::to_string(kMaxGraphBytes >> 20) + " MiB are used");
  }
  return {};
}

} // namespace

struct Interpreter::States {
  std::vector<std::vector<StateArray>> of_node;
};

Interpreter::Interpreter(const ir::Graph &graph)
    : graph_(&graph), buffers_(std::make_unique<Buffers>()), states_(std::make_shared<States>()) {
  for (const ir::Node &node : graph.nodes) {
    std::vector<StateArray> &arrays = states_->of_node.emplace_back();
    for (const ir::StatePart &part : ir::state_of(graph, node)) {
      arrays.push_back({part, ir::initial_state(part)});
    }
  }
}

void Interpreter::reset() {
  for (std::vector<StateArray> &arrays : states_->of_node) {
    for (StateArray &array : arrays) {
      array.bytes = ir::initial_state(array.part);
    }
  }
}

Expected<Interpreter> Interpreter::prepare(const ir::Graph &graph) {
  if (const auto verified = ir::verify(graph); !verified) {
    return Failure{verified.error()};
  }
  if (const auto sized = check_size(graph); !sized) {
    return Failure{sized.error()};
  }
  Interpreter result(graph);
  for (const ir::Value &value : graph.values) {
    result.buffers_->push_back(
        value.constant ? *value.constant : std::vector<std::uint8_t>(ir::byte_size(value.type)));
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    auto step = make_step({graph, graph.nodes[i], *result.buffers_, result.states_->of_node[i]});
    if (!step) {
      return Failure{step.error()};
    }
    result.steps_.push_back(std::move(*step));
  }
  return result;
}

Expected<void> Interpreter::run(std::span<const ByteView> inputs, const Observer &observer) {
  if (inputs.size() != graph_->inputs.size()) {
    return fail(ErrorCode::kInvalidInput, "the model has " + std::to_string(graph_->inputs.size()) +
                                              " inputs, got " + std::to_string(inputs.size()));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto &buffer = (*buffers_)[graph_->inputs[i]];
    if (inputs[i].size() != buffer.size()) {
      return fail(ErrorCode::kInvalidInput, "input " + std::to_string(i) + " needs " +
                                                std::to_string(buffer.size()) + " bytes, got " +
                                                std::to_string(inputs[i].size()));
    }
    std::copy(inputs[i].begin(), inputs[i].end(), buffer.begin());
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    steps_[i]();
    if (observer) {
      const ir::ValueId output = graph_->nodes[i].outputs[0];
      observer(output, value(output));
    }
  }
  return {};
}

Expected<std::vector<std::vector<float>>> run_float(const ir::Graph &graph,
                                                    const std::vector<std::vector<float>> &inputs) {
  auto interpreter = Interpreter::prepare(graph);
  if (!interpreter) {
    return Failure{interpreter.error()};
  }
  std::vector<ir::ConstantData> raw;
  std::transform(inputs.begin(), inputs.end(), std::back_inserter(raw), ir::constant_data<float>);
  const std::vector<ByteView> views(raw.begin(), raw.end());
  if (const auto ran = interpreter->run(views); !ran) {
    return Failure{ran.error()};
  }
  std::vector<std::vector<float>> outputs;
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const ByteView bytes = interpreter->output(i);
    outputs.emplace_back(bytes.size() / sizeof(float));
    std::memcpy(outputs.back().data(), bytes.data(), bytes.size());
  }
  return outputs;
}

} // namespace tinyml::interpret
