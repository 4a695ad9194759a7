// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/forms.hpp"

#include "compiler/ir/edit.hpp"
#include "compiler/ir/int8_table.hpp"
#include "compiler/ir/operators.hpp"

#include <algorithm>

namespace tinyml::quantize {
namespace {

using ir::ElementType;
using ir::Op;

/// docs/ir.md says which operators compute in int16.
bool has_int16_form(Op op) {
  switch (op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kFullyConnected:
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
  case Op::kMaxPool2d:
  case Op::kAveragePool2d:
  case Op::kMean:
  case Op::kRelu:
  case Op::kClip:
  case Op::kPad:
  case Op::kReshape:
  case Op::kTranspose:
  case Op::kConcat:
  case Op::kSigmoid:
  case Op::kTanh:
  case Op::kSoftmax:
  case Op::kQuantize:
  case Op::kDequantize:
  case Op::kRequantize:
    return true;
  default:
    return false;
  }
}

/// Arithmetic of its own, a table of 256 outputs, or nothing but moving and clamping codes.
bool has_int8_form(const ir::Node &node) {
  switch (node.op) {
  case Op::kConv2d:
  case Op::kDepthwiseConv2d:
  case Op::kFullyConnected:
  case Op::kAdd:
  case Op::kSub:
  case Op::kMul:
  case Op::kMean:
  case Op::kSoftmax:
  case Op::kQuantize:
  case Op::kDequantize:
  case Op::kRequantize:
    return true;
  default:
    break;
  }
  const ir::TensorType any{ElementType::kInt8, {1}, ir::Quantization{{1}, {0}, -1}};
  return ir::operator_info(node.op).keeps_quantization || ir::int8_table(node, any, any);
}

bool has_weights(Op op) {
  return op == Op::kConv2d || op == Op::kDepthwiseConv2d || op == Op::kFullyConnected;
}

/// Why a node cannot compute with integers; empty when it can.
std::string obstacle(const ir::Graph &graph, const ir::Node &node, ElementType wanted) {
  const bool is_int16 = wanted == ElementType::kInt16;
  if (!(is_int16 ? has_int16_form(node.op) : has_int8_form(node))) {
    return std::string("has no ") + (is_int16 ? "int16" : "int8") + " form";
  }
  for (std::size_t i = 1; has_weights(node.op) && i < node.inputs.size(); ++i) {
    if (!graph.values[node.inputs[i]].constant) {
      return "computes its weights or bias, which integer layers need constant";
    }
  }
  return {};
}

class Chooser {
public:
  Chooser(const ir::Graph &graph, const QuantizeOptions &options, std::vector<std::string> &notes)
      : graph_(graph), options_(options), notes_(notes),
        forms_(graph.nodes.size(), options.activations) {}

  Expected<std::vector<ElementType>> run() {
    for (std::size_t i = 0; i < forms_.size(); ++i) {
      const std::string why = obstacle(graph_, graph_.nodes[i], options_.activations);
      if (!why.empty()) {
        forms_[i] = ElementType::kFloat32;
        notes_.push_back(ir::describe(graph_.nodes[i]) + " stays float32: it " + why);
      }
    }
    for (const std::string &pattern : options_.float_layers) {
      if (const auto named = make_float(pattern); !named) {
        return Failure{named.error()};
      }
    }
    join_islands();
    return std::move(forms_);
  }

private:
  Expected<void> make_float(const std::string &pattern) {
    bool found = false;
    for (std::size_t i = 0; i < forms_.size(); ++i) {
      const ir::Node &node = graph_.nodes[i];
      if (fits_pattern(pattern, node.name) || fits_pattern(pattern, ir::op_name(node.op))) {
        forms_[i] = ElementType::kFloat32;
        found = true;
      }
    }
    return found ? Expected<void>{}
                 : fail(ErrorCode::kInvalidInput,
                        "no layer fits '" + pattern + "'; there are: " + names());
  }

  std::string names() const {
    constexpr std::size_t kShownBytes = 2000;
    std::string all;
    for (const ir::Node &node : graph_.nodes) {
      if (all.size() > kShownBytes) {
        return all + ", …";
      }
      all += (all.empty() ? "" : ", ") + node.name + " (" + std::string(ir::op_name(node.op)) + ")";
    }
    return all;
  }

  /// What only moves numbers between float32 layers is one of them, so that two islands become one.
  void join_islands() {
    const std::vector<bool> fed_by_float = find_fed_by_float();
    std::vector<std::size_t> float_readers(graph_.values.size(), 0);
    for (std::size_t i = forms_.size(); i-- > 0;) {
      const ir::Node &node = graph_.nodes[i];
      if (fed_by_float[i] && float_readers[node.outputs[0]] > 0) {
        forms_[i] = ElementType::kFloat32;
      }
      for (const ir::ValueId input : node.inputs) {
        float_readers[input] += forms_[i] == ElementType::kFloat32 ? 1 : 0;
      }
    }
  }

  /// Nodes that only move numbers, all of which come from float32 layers.
  std::vector<bool> find_fed_by_float() const {
    const std::vector<ir::NodeId> producers = ir::find_producers(graph_);
    std::vector<bool> fed(forms_.size(), false);
    for (std::size_t i = 0; i < forms_.size(); ++i) {
      const auto &inputs = graph_.nodes[i].inputs;
      fed[i] = only_moves(graph_.nodes[i].op) &&
               std::all_of(inputs.begin(), inputs.end(), [&](ir::ValueId input) {
                 const ir::NodeId from = producers[input];
                 return from == ir::kNoNode ? graph_.values[input].constant.has_value()
                                            : forms_[from] == ElementType::kFloat32 || fed[from];
               });
    }
    return fed;
  }

  const ir::Graph &graph_;
  const QuantizeOptions &options_;
  std::vector<std::string> &notes_;
  std::vector<ElementType> forms_;
};

} // namespace

bool fits_pattern(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool only_moves(ir::Op op) {
  return op == ir::Op::kConcat ||
         (ir::operator_info(op).keeps_quantization && op != ir::Op::kAveragePool2d);
}

Expected<std::vector<ElementType>> choose_forms(const ir::Graph &graph,
                                                const QuantizeOptions &options,
                                                std::vector<std::string> &notes) {
  return Chooser(graph, options, notes).run();
}

} // namespace tinyml::quantize
