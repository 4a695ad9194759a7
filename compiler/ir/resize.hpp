// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/infer.hpp"
#include "kernels/reference/resize.hpp"
#include "kernels/reference/resize_bilinear.hpp"

#include <optional>

/// A `resize` node read into what the kernels take.
namespace tinyml::ir {

struct Resize {
  kernels::reference::ResizeShape shape;
  kernels::reference::ResizeTaps rows, columns;
  bool weighted;       ///< mode linear or cubic
  float extrapolation; ///< for positions outside of a crop
};

/// Of a node that infer_resize accepted.
[[nodiscard]] Resize resize_of(const Node &node, const TensorType &in, const TensorType &out);

/// How int8 is resized between neighbours; absent where it has no such form.
[[nodiscard]] std::optional<kernels::reference::BilinearGrid>
bilinear_grid(const Node &node, const TensorType &in, const TensorType &out);

[[nodiscard]] Expected<TensorType> infer_resize(const InferenceInput &in);

} // namespace tinyml::ir
