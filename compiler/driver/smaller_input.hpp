// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"

namespace tinyml::driver {

/// The graph for images of `percent` of the sides it has now, with the same weights: possible where
/// only convolutions, pools and operators on single elements come before a pool over the whole
/// image, whose window shrinks along. kUnsupported says what stands in the way.
[[nodiscard]] Expected<ir::Graph> with_smaller_input(const ir::Graph &graph, int percent);

/// "96x96", the height and width of the first image input; empty when there is none.
[[nodiscard]] std::string image_size_text(const ir::Graph &graph);

} // namespace tinyml::driver
