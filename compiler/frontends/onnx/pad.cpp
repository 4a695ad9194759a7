// SPDX-License-Identifier: Apache-2.0
// Pad: zeros or another number around a tensor, or what lies inside of it, reflected or repeated.
#include "compiler/frontends/onnx/lowering.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::onnx {
namespace {

/// Pads of all axes, begins then ends; since opset 18 they may be given for some axes only.
std::vector<std::int64_t> pads_of_all_axes(NodeImport &n, const std::vector<std::int64_t> &given,
                                           std::size_t rank) {
  if (!n.has_input(3)) {
    return given;
  }
  const auto axes = n.constant_ints(3, "axes");
  std::vector<std::int64_t> all(2 * rank, 0);
  if (given.size() != 2 * axes.size()) {
    n.invalid("has " + std::to_string(given.size()) + " pads for " + std::to_string(axes.size()) +
              " axes");
  }
  for (std::size_t i = 0; n.ok() && i < axes.size(); ++i) {
    const std::size_t axis = n.axis(axes[i], rank);
    all[axis] = given[i];
    all[axis + rank] = given[i + axes.size()];
  }
  return all;
}

double pad_value(NodeImport &n) {
  if (n.opset() < 11) {
    return static_cast<double>(n.float_or("value", 0));
  }
  if (!n.has_elements(2)) {
    return 0;
  }
  const ir::ValueId as_float = cast(n, n.input(2), ir::ElementType::kFloat32);
  if (n.ok() && !n.is_constant(as_float)) {
    n.unsupported("needs its padding value '" + n.proto().input(2) +
                  "' as a constant (a graph input can be fixed)");
  }
  const auto value = n.ok() ? ir::elements_of<float>(n.value(as_float)) : std::vector<float>{};
  if (n.ok() && value.size() != 1) {
    n.invalid("has a padding value that is not one number");
  }
  return n.ok() ? static_cast<double>(value[0]) : 0;
}

/// The input's position that a padded position shows.
std::int64_t source_position(const std::string &mode, std::int64_t at, std::int64_t length) {
  if (mode == "edge") {
    return std::clamp<std::int64_t>(at, 0, length - 1);
  }
  if (mode == "wrap") {
    return ((at % length) + length) % length;
  }
  const std::int64_t period = std::max<std::int64_t>(1, 2 * (length - 1));
  const std::int64_t inside = ((at % period) + period) % period;
  return std::min(inside, period - inside);
}

/// Every padded axis is a gather of the positions it shows.
ir::ValueId pad_with_itself(NodeImport &n, ir::ValueId x, const std::vector<std::int64_t> &pads,
                            const std::string &mode) {
  const ir::Shape shape = n.shape(x);
  for (std::size_t axis = 0; n.ok() && axis < shape.size(); ++axis) {
    const std::int64_t before = pads[axis];
    const std::int64_t after = pads[axis + shape.size()];
    if (before == 0 && after == 0) {
      continue;
    }
    if (before < 0 || after < 0) {
      n.unsupported("cannot cut off elements (negative pads)");
      break;
    }
    check_made_up(n, {std::min(before, kMaxMadeUp) + std::min(after, kMaxMadeUp) + shape[axis]});
    if (!n.ok()) {
      break;
    }
    std::vector<std::int64_t> positions;
    for (std::int64_t i = -before; i < shape[axis] + after; ++i) {
      positions.push_back(source_position(mode, i, shape[axis]));
    }
    const ir::ValueId indices = n.constant({static_cast<std::int64_t>(positions.size())},
                                           ir::ElementType::kInt64, ir::constant_data(positions));
    x = n.emit(ir::Op::kGather, {x, indices}, {{"axis", static_cast<std::int64_t>(axis)}});
  }
  return x;
}

} // namespace

void convert_pad(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const std::size_t rank = n.shape(x).size();
  const std::string mode = n.text_or("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap") {
    n.invalid("has an unknown mode '" + mode + "'");
  }
  const auto given = n.opset() < 11 ? n.ints_or("pads", {}) : n.constant_ints(1, "pads");
  const auto pads = pads_of_all_axes(n, given, rank);
  if (n.ok() && pads.size() != 2 * rank) {
    n.invalid("needs two pads a dimension");
  }
  if (mode != "constant") {
    n.define(0, pad_with_itself(n, x, pads, mode));
    return;
  }
  if (std::any_of(pads.begin(), pads.end(), [](std::int64_t p) { return p < 0; })) {
    n.unsupported("cannot cut off elements (negative pads)");
  }
  n.define(0, n.emit(ir::Op::kPad, {x}, {{"pads", pads}, {"value", pad_value(n)}}));
}

} // namespace tinyml::onnx
