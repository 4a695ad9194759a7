// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/attributes.hpp"
#include "kernels/reference/shapes.hpp"

namespace tinyml::interpret {

/// The IR's shapes as the reference kernels take them.
[[nodiscard]] kernels::reference::Image image_of(const ir::Shape &shape, ir::Layout layout);
[[nodiscard]] kernels::reference::WindowShape window_shape(const ir::Window &window);

} // namespace tinyml::interpret
