// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <cstdint>

/// Memory for time: the first layers of a net, whose images are the largest, are computed strip by
/// strip, so only a strip of every image between them exists at a time. Rows that two strips need
/// are computed twice. Results stay the same, bit for bit.
namespace tinyml::passes {

/// The longest chain that can be computed in strips: it begins with the graph's first convolution
/// or pool over an image (NHWC, batch 1); everything behind it is a window too or works element by
/// element, has one computed input and one reader. Node indices in order; may be empty.
[[nodiscard]] std::vector<ir::NodeId> find_strip_chain(const ir::Graph &graph);

struct StripOptions {
  std::size_t chain_length = 0; ///< the first nodes of find_strip_chain
  std::int64_t strips = 2;      ///< of the chain's output; at most its rows
};

/// The chain's nodes are repeated for every strip, with the pads that a strip's windows meet; the
/// first one skips rows of the chain's input by negative pads, a concat joins the strips. Constants
/// are shared. kUnsupported: there is no such chain, a single strip, or a strip that would need
/// padding alone.
[[nodiscard]] Expected<ir::Graph> split_into_strips(const ir::Graph &graph,
                                                    const StripOptions &options);

/// Multiplications of convolutions, padding included: what strips cost.
[[nodiscard]] std::uint64_t convolution_macs(const ir::Graph &graph);

} // namespace tinyml::passes
