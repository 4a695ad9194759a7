// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/graph.hpp"
#include "kernels/isa/packing.hpp"

#include <cstdint>
#include <optional>

/// What the planner may assume about kernels/generic: in which order each kernel reads and writes.
/// kernels/generic/sweep_test.cpp holds the kernels to it.
namespace tinyml::plan {

/// The operator moves no data: its output is its input's storage.
[[nodiscard]] bool shares_storage(const ir::Node &node);

/// An output may lie over input `input` when it starts far enough below it: then everything that
/// the kernel overwrites has been read before. Returns that distance, the lead, in bytes:
///     output offset + lead <= input offset.
/// 0 means in place. Absent: the two must not share a byte. Only meaningful when the input dies
/// with this node.
[[nodiscard]] std::optional<std::int64_t> overlap_lead_bytes(const ir::Graph &graph,
                                                             const ir::Node &node,
                                                             std::size_t input,
                                                             const kernels::isa::Packing &packing);

/// A depthwise convolution that goes channel by channel through lines it holds: its output lies
/// exactly over its dying input, or apart.
[[nodiscard]] bool works_by_lines(const ir::Graph &graph, const ir::Node &node,
                                  const kernels::isa::Packing &packing);

/// Working memory that the kernel set needs for the node; 0 for most.
[[nodiscard]] std::uint64_t scratch_bytes(const ir::Graph &graph, const ir::Node &node,
                                          const kernels::isa::Packing &packing);

} // namespace tinyml::plan
