// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/interpreter.hpp"
#include "compiler/passes/passes.hpp"
#include "compiler/passes/rewriter.hpp"

namespace tinyml::passes {
namespace {

/// The same real numbers as int8 holds them: uint8 is shifted by 128. Wider integers have no int8
/// form.
std::optional<ir::Quantization> as_int8(const ir::TensorType &type) {
  if (!type.quantization) {
    return std::nullopt;
  }
  ir::Quantization q = *type.quantization;
  if (type.element == ir::ElementType::kUint8) {
    for (std::int32_t &zero : q.zero_points) {
      zero -= 128;
    }
  } else if (type.element != ir::ElementType::kInt8) {
    return std::nullopt;
  }
  return q;
}

/// Real numbers of a quantised constant.
std::optional<std::vector<float>> dequantized(const ir::Value &constant) {
  ir::Graph graph;
  graph.values.push_back(constant);
  const auto y = ir::add_node(graph, {ir::Op::kDequantize, {0}});
  if (!y) {
    return std::nullopt;
  }
  graph.outputs = {*y};
  auto result = interpret::run_float(graph, {});
  return result ? std::optional(std::move((*result)[0])) : std::nullopt;
}

bool absorb_constant(Rewriter &r, const ir::Node &node) {
  const ir::Value constant = r.value(node.inputs[0]);
  const auto elements = dequantized(constant);
  if (!elements) {
    return false;
  }
  const ir::ValueId id = r.constant(constant.name, constant.type.shape, *elements);
  r.graph().values[id].type.quantization = as_int8(constant.type);
  r.replace(node, id);
  return true;
}

bool absorb_pair(Rewriter &r, const ir::Node &node) {
  const ir::Node *quantize = r.producer(node.inputs[0]);
  if (quantize == nullptr || quantize->op != ir::Op::kQuantize) {
    return false;
  }
  const ir::ValueId x = quantize->inputs[0];
  const auto q = as_int8(r.value(node.inputs[0]).type);
  if (!r.value(x).constant && q && q->axis < 0) {
    r.graph().values[x].type.quantization = q;
  }
  r.replace(node, x);
  return true;
}

} // namespace

Expected<void> absorb_fake_quantization(ir::Graph &graph) {
  Rewriter rewriter(graph);
  return rewriter.run([&](const ir::Node &node) {
    if (node.op != ir::Op::kDequantize) {
      return false;
    }
    return rewriter.value(node.inputs[0]).constant ? absorb_constant(rewriter, node)
                                                   : absorb_pair(rewriter, node);
  });
}

} // namespace tinyml::passes
