// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/attributes.hpp"

/// What sliding windows ask of nodes and make of images; shared by windows and their gradients.
namespace tinyml::ir {

[[nodiscard]] Expected<void> check_window_attributes(const Node &node);
/// The image `x` with the height and width that the window leaves of it.
[[nodiscard]] Expected<Shape> slide(const Window &window, const Shape &x, ImageAxes axes);

} // namespace tinyml::ir
