// SPDX-License-Identifier: Apache-2.0
// Operators that move, join, repeat or sum elements.
#include "compiler/autodiff/gradients.hpp"

namespace tinyml::autodiff {
namespace {

using ir::Op;
using ir::ValueId;

void differentiate_transpose(Backward &b) {
  const auto permutation = ir::ints_attribute(b.node(), "permutation", {});
  std::vector<std::int64_t> inverse(permutation.size());
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    inverse[static_cast<std::size_t>(permutation[i])] = static_cast<std::int64_t>(i);
  }
  b.give(0, b.write().emit(Op::kTranspose, {b.dy()}, {{"permutation", inverse}}));
}

ValueId slice(Backward &b, const std::vector<std::int64_t> &begins, const ir::Shape &sizes) {
  return b.write().emit(Op::kSlice, {b.dy()}, {{"begins", begins}, {"sizes", sizes}});
}

void differentiate_pad(Backward &b) {
  auto begins = ir::ints_attribute(b.node(), "pads", {});
  begins.resize(b.shape(0).size());
  b.give(0, slice(b, begins, b.shape(0)));
}

void differentiate_concat(Backward &b) {
  const auto axis = static_cast<std::size_t>(ir::int_attribute(b.node(), "axis", 0));
  std::vector<std::int64_t> begins(b.shape(0).size(), 0);
  for (std::size_t i = 0; i < b.node().inputs.size(); ++i) {
    if (b.wants(i)) {
      b.give(i, slice(b, begins, b.shape(i)));
    }
    begins[axis] += b.shape(i)[axis];
  }
}

/// dy repeated over the axes that were reduced.
ValueId spread(Backward &b) {
  ir::Shape kept = b.shape(0);
  std::vector<std::int64_t> repeats(kept.size(), 1);
  for (const std::int64_t axis : ir::ints_attribute(b.node(), "axes", {})) {
    std::swap(kept[static_cast<std::size_t>(axis)], repeats[static_cast<std::size_t>(axis)]);
  }
  return b.write().emit(Op::kTile, {b.write().reshape(b.dy(), kept)}, {{"repeats", repeats}});
}

void differentiate_mean(Backward &b) {
  const double count = static_cast<double>(ir::element_count(b.shape(0))) /
                       static_cast<double>(ir::element_count(b.write().shape(b.y())));
  b.give(0, b.write().scale(spread(b), 1 / count));
}

void differentiate_reduce(Backward &b) {
  const std::string function = ir::text_attribute(b.node(), "function", "");
  if (function != "sum") {
    return b.write().refuse(b.node(), "cannot learn: '" + function + "' has no gradient here");
  }
  b.give(0, spread(b));
}

} // namespace

bool differentiate_movement(Backward &b) {
  switch (b.node().op) {
  case Op::kReshape:
    b.give(0, b.write().reshape(b.dy(), b.shape(0)));
    return true;
  case Op::kTranspose:
    differentiate_transpose(b);
    return true;
  case Op::kPad:
    differentiate_pad(b);
    return true;
  case Op::kConcat:
    differentiate_concat(b);
    return true;
  case Op::kMean:
    differentiate_mean(b);
    return true;
  case Op::kReduce:
    differentiate_reduce(b);
    return true;
  default:
    return false;
  }
}

} // namespace tinyml::autodiff
