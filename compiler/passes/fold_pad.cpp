// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/passes.hpp"
#include "compiler/passes/rewriter.hpp"

#include <limits>

namespace tinyml::passes {
namespace {

using ir::Op;

/// Whether the value is known to hold nothing below zero.
bool is_non_negative(Rewriter &r, ir::ValueId id) {
  const ir::Node *node = r.producer(id);
  return node != nullptr &&
         (node->op == Op::kRelu || ir::activation_of(*node) != ir::Activation::kNone ||
          (node->op == Op::kClip && ir::double_attribute(*node, "min", -ir::kInfinity) >= 0));
}

/// A convolution's padding stands for zeros; a maximum pool's padding never wins. Averages count
/// explicit padding but not their own, so they are left alone.
bool is_neutral(Rewriter &r, const ir::Node &window, const ir::Node &pad) {
  const double value = ir::double_attribute(pad, "value", 0);
  if (window.op == Op::kMaxPool2d) {
    return value <= static_cast<double>(std::numeric_limits<float>::lowest()) ||
           (value == 0 && is_non_negative(r, pad.inputs[0]));
  }
  return (window.op == Op::kConv2d || window.op == Op::kDepthwiseConv2d) && value == 0;
}

/// top, left, bottom, right, when H and W alone are padded.
std::optional<std::vector<std::int64_t>> image_pads(const ir::Node &pad, ir::ImageAxes axes) {
  const auto pads = ir::ints_attribute(pad, "pads", {});
  if (pads.size() != 8 || pads[axes.n] != 0 || pads[axes.c] != 0 || pads[axes.n + 4] != 0 ||
      pads[axes.c + 4] != 0) {
    return std::nullopt;
  }
  return std::vector{pads[axes.h], pads[axes.w], pads[axes.h + 4], pads[axes.w + 4]};
}

bool fold(Rewriter &r, const ir::Node &window) {
  const ir::Node *pad = r.producer(window.inputs[0]);
  if (pad == nullptr || pad->op != Op::kPad || !is_neutral(r, window, *pad)) {
    return false;
  }
  const auto added = image_pads(*pad, ir::image_axes(ir::layout_of(window)));
  if (!added) {
    return false;
  }
  auto pads = ir::ints_attribute(window, "pads", {0, 0, 0, 0});
  for (std::size_t i = 0; i < 4; ++i) {
    pads[i] += (*added)[i];
  }
  ir::Attributes attributes = window.attributes;
  attributes["pads"] = pads;
  std::vector<ir::ValueId> inputs = window.inputs;
  inputs[0] = pad->inputs[0];
  const auto folded = r.try_emit(window, inputs, attributes);
  if (!folded) {
    return false;
  }
  r.replace(window, *folded);
  return true;
}

} // namespace

Expected<void> fold_pad(ir::Graph &graph) {
  Rewriter rewriter(graph);
  return rewriter.run([&](const ir::Node &node) {
    const bool window =
        node.op == Op::kConv2d || node.op == Op::kDepthwiseConv2d || node.op == Op::kMaxPool2d;
    return window && fold(rewriter, node);
  });
}

} // namespace tinyml::passes
