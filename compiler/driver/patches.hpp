// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

#include <cstdint>
#include <optional>
#include <string>

/// Which layers to compute in strips (compiler/passes/strips.hpp) so that the arena becomes small
/// enough.
namespace tinyml::driver {

struct PatchRequest {
  std::string isa;
  std::uint32_t arena_limit_bytes = 0;
  std::int64_t strips = 0; ///< this many; 0: as few multiplications more as the limit allows
};

struct Patches {
  std::int64_t strips = 0; ///< 0: the graph is computed as a whole
  std::size_t layers = 0;  ///< the first ones
  double extra_macs = 0;   ///< part of the convolutions' MACs: 0.1 is 10 %
};

struct PatchedGraph {
  ir::Graph graph;
  Patches patches;
};

/// The cheapest of some splits with an arena within the limit; when none is, the one with the
/// smallest arena. Absent when nothing makes it smaller than it is.
[[nodiscard]] std::optional<PatchedGraph> find_patches(const ir::Graph &graph,
                                                       const PatchRequest &request);

/// "auto" (0), "off" (1) or a number of strips from 2 on.
[[nodiscard]] Expected<std::int64_t> parse_strips(const std::string &text);

/// "4 strips over 6 layers, +8.1 % MACs"
[[nodiscard]] std::string describe(const Patches &patches);

} // namespace tinyml::driver
