// SPDX-License-Identifier: Apache-2.0
// Operators with the batch innermost are what they are with the batch outermost, on turned tensors:
// said that way, there is one reference of each.
#include "compiler/interpret/interpreter.hpp"
#include "compiler/interpret/step.hpp"
#include "compiler/ir/batch.hpp"
#include "compiler/ir/edit.hpp"

#include <memory>

namespace tinyml::interpret {
namespace {

/// Batch and rest of a tensor; of one sample the order of elements is the same in both forms.
struct Turn {
  std::size_t batch, rest;
};

Turn turn_of(const ir::Shape &batch_last) {
  const auto batch = static_cast<std::size_t>(batch_last.back());
  return {batch, static_cast<std::size_t>(ir::element_count(batch_last)) / batch};
}

ir::Shape batch_first(ir::Shape shape) {
  std::rotate(shape.begin(), shape.end() - 1, shape.end());
  return shape;
}

void turn(std::size_t rows, std::size_t columns, const float *from, float *to) {
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      to[c * rows + r] = from[r * columns + c];
    }
  }
}

/// The node alone with the batch first, and room for its inputs.
struct Turned {
  ir::Graph graph;
  std::vector<std::vector<std::uint8_t>> inputs;
  std::optional<Interpreter> interpreter;
};

Expected<void> build(const StepContext &context, Turned &turned) {
  const ir::Node &node = context.node;
  ir::NodeSpec spec{node.op, {}, node.attributes, node.name};
  spec.attributes.erase("layout");
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    ir::TensorType type = context.in_type(i);
    type.shape = ir::is_batched_input(node.op, i) ? batch_first(type.shape) : type.shape;
    turned.inputs.emplace_back(ir::byte_size(type));
    spec.inputs.push_back(ir::add_input(turned.graph, "input" + std::to_string(i), type));
  }
  const auto output = ir::add_node(turned.graph, std::move(spec));
  if (!output) {
    return Failure{output.error()};
  }
  turned.graph.outputs = {*output};
  auto interpreter = Interpreter::prepare(turned.graph);
  if (!interpreter) {
    return Failure{interpreter.error()};
  }
  turned.interpreter.emplace(*std::move(interpreter));
  return {};
}

void take_input(const StepContext &context, std::size_t i, std::vector<std::uint8_t> &to) {
  const std::vector<std::uint8_t> &from = context.buffers[context.node.inputs[i]];
  if (!ir::is_batched_input(context.node.op, i)) {
    to = from;
    return;
  }
  const Turn t = turn_of(context.in_type(i).shape);
  turn(t.rest, t.batch, reinterpret_cast<const float *>(from.data()),
       reinterpret_cast<float *>(to.data()));
}

void run(const StepContext &context, Turned &turned) {
  for (std::size_t i = 0; i < turned.inputs.size(); ++i) {
    take_input(context, i, turned.inputs[i]);
  }
  const std::vector<ByteView> views(turned.inputs.begin(), turned.inputs.end());
  static_cast<void>(turned.interpreter->run(views)); // sizes fit: the graph was built from them
  const ByteView result = turned.interpreter->output(0);
  if (!ir::is_batched_output(context.node.op)) {
    std::copy(result.begin(), result.end(), context.out<std::uint8_t>());
    return;
  }
  const Turn t = turn_of(context.out_type().shape);
  turn(t.batch, t.rest, reinterpret_cast<const float *>(result.data()), context.out<float>());
}

} // namespace

Expected<Step> make_batch_innermost(const StepContext &context) {
  auto turned = std::make_shared<Turned>();
  if (const auto built = build(context, *turned); !built) {
    return Failure{built.error()};
  }
  return Step([=] { run(context, *turned); });
}

} // namespace tinyml::interpret
