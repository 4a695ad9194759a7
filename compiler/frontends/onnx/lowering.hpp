// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/frontends/onnx/node_import.hpp"

/// Short names for the IR operators that composed ONNX operators are made of. All do nothing after
/// the node's first error.
namespace tinyml::onnx {

using Axes = std::vector<std::int64_t>;

[[nodiscard]] ir::ValueId unary(NodeImport &n, const std::string &function, ir::ValueId x,
                                double alpha = 0, double beta = 0);
[[nodiscard]] ir::ValueId binary(NodeImport &n, const std::string &function, ir::ValueId a,
                                 ir::ValueId b);
[[nodiscard]] ir::ValueId reduce(NodeImport &n, const std::string &function, ir::ValueId x,
                                 const Axes &axes, bool keep_dims = true);
[[nodiscard]] ir::ValueId mean(NodeImport &n, ir::ValueId x, const Axes &axes,
                               bool keep_dims = true);
/// x itself when it has that type already.
[[nodiscard]] ir::ValueId cast(NodeImport &n, ir::ValueId x, ir::ElementType to);
[[nodiscard]] ir::ValueId select(NodeImport &n, ir::ValueId condition, ir::ValueId a,
                                 ir::ValueId b);
/// `count` neighbours along one axis.
[[nodiscard]] ir::ValueId slice(NodeImport &n, ir::ValueId x, std::size_t axis, std::int64_t begin,
                                std::int64_t count);
[[nodiscard]] ir::ValueId concat(NodeImport &n, const std::vector<ir::ValueId> &parts,
                                 std::size_t axis);
[[nodiscard]] ir::ValueId tile(NodeImport &n, ir::ValueId x, const Axes &repeats);
/// Repeats x along dimensions of one, and puts such in front, until it has this shape.
[[nodiscard]] ir::ValueId expand(NodeImport &n, ir::ValueId x, const ir::Shape &shape);

/// Constants; a scalar broadcasts against everything.
[[nodiscard]] ir::ValueId number(NodeImport &n, ir::ElementType element, double value);
[[nodiscard]] ir::ValueId numbers(NodeImport &n, const ir::Shape &shape, ir::ElementType element,
                                  const std::vector<double> &values);

/// Constants that a converter makes up have at most this many elements; a small model could ask for
/// gigabytes.
inline constexpr std::int64_t kMaxMadeUp = 1 << 20;
/// An error when a constant of this shape would have more.
void check_made_up(NodeImport &n, const ir::Shape &shape);

/// Every axis of a tensor from `first` on.
[[nodiscard]] Axes axes_from(std::size_t first, std::size_t rank);
/// Given axes, counted from the back when negative, ascending and without doubles.
[[nodiscard]] Axes sorted_axes(NodeImport &n, const Axes &given, std::size_t rank);

} // namespace tinyml::onnx
