// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/ir/infer.hpp"
#include "kernels/reference/resize.hpp"

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

[[nodiscard]] Expected<TensorType> infer_resize(const InferenceInput &in);

} // namespace tinyml::ir
