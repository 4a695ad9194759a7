// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"

#include <array>
#include <string>

/// How much a node makes its kernel do: the quantities that the cost model weighs.
namespace tinyml::report {

/// Kernels compute several output channels together and several inputs of a product together; what
/// does not fill such a bundle costs as much as a full one.
struct Bundles {
  std::int64_t channels = 1;
  std::int64_t inputs = 1;

  bool operator==(const Bundles &) const = default;
};

/// The name under which a kernel's cost is kept: operator, what decides between its kernels, and
/// the element type of its input, e.g. "conv2d.1x1.i8".
[[nodiscard]] std::string kernel_name(const ir::Graph &graph, const ir::Node &node);

/// In the order of the coefficients in kernel_costs.json. Taps that fall on padding do not count.
enum class Quantity : std::uint8_t {
  kCalls,     ///< always 1
  kPositions, ///< pixels, rows: whatever the kernel's outermost loop goes through
  kOutputs,   ///< output elements
  kRuns,      ///< contiguous runs of products, one an output element and kernel row
  kProducts,  ///< multiply-accumulates, compared taps of a pool, elements read
};
inline constexpr std::size_t kQuantities = 5;
inline constexpr std::array<const char *, kQuantities> kQuantityNames = {
    "calls", "positions", "outputs", "runs", "products"};

using Work = std::array<double, kQuantities>;

[[nodiscard]] Work work_of(const ir::Graph &graph, const ir::Node &node, const Bundles &bundles);

} // namespace tinyml::report
