// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/attributes.hpp"
#include "compiler/ir/edit.hpp"

#include <optional>

namespace tinyml::autodiff {

/// Appends nodes to a graph. The first error sticks: everything later is ignored and gives value 0,
/// so that rules read like formulas; ask ok() at the end.
class Writer {
public:
  explicit Writer(ir::Graph &graph) : graph_(graph) {}

  [[nodiscard]] bool ok() const { return !error_; }
  [[nodiscard]] const Failure<HostError> &error() const { return *error_; }
  void refuse(const ir::Node &node, const std::string &why);

  ir::ValueId emit(ir::Op op, std::vector<ir::ValueId> inputs, ir::Attributes attributes = {},
                   std::optional<ir::TensorType> declared = {});

  ir::ValueId add(ir::ValueId a, ir::ValueId b) { return emit(ir::Op::kAdd, {a, b}); }
  ir::ValueId subtract(ir::ValueId a, ir::ValueId b) { return emit(ir::Op::kSub, {a, b}); }
  ir::ValueId multiply(ir::ValueId a, ir::ValueId b) { return emit(ir::Op::kMul, {a, b}); }
  ir::ValueId divide(ir::ValueId a, ir::ValueId b) { return emit(ir::Op::kDiv, {a, b}); }
  ir::ValueId scale(ir::ValueId a, double factor) { return multiply(a, number(factor)); }
  ir::ValueId unary(const char *function, ir::ValueId a) {
    return emit(ir::Op::kUnary, {a}, {{"function", std::string(function)}});
  }
  ir::ValueId binary(const char *function, ir::ValueId a, ir::ValueId b) {
    return emit(ir::Op::kBinary, {a, b}, {{"function", std::string(function)}});
  }
  ir::ValueId reshape(ir::ValueId a, ir::Shape shape);
  /// Sum over `axes`, which disappear.
  ir::ValueId sum(ir::ValueId a, std::vector<std::int64_t> axes);
  /// The opposite of broadcasting: `a` summed over what broadcasting `shape` to it repeated.
  ir::ValueId sum_to(ir::ValueId a, const ir::Shape &shape);
  /// A constant f32[1].
  ir::ValueId number(double value);

  [[nodiscard]] const ir::Shape &shape(ir::ValueId id) const {
    return graph_.values[id].type.shape;
  }
  [[nodiscard]] ir::Graph &graph() { return graph_; }

private:
  ir::Graph &graph_;
  std::optional<Failure<HostError>> error_;
};

} // namespace tinyml::autodiff
