// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "compiler/ir/graph.hpp"
#include "kernels/isa/packing.hpp"

#include <cstddef>
#include <string_view>

/// Weights in the order the kernels walk through them (kernels/isa/packing.hpp,
/// kernels/generic/depthwise_conv2d.hpp). Bytes in, bytes out, for elements of any size.
namespace tinyml::codegen {

using kernels::isa::DepthwisePacking;
using kernels::isa::Packing;
using kernels::isa::ProductPacking;

/// kUnsupported, naming those there are, when there is no such kernel set.
[[nodiscard]] Expected<Packing> packing_of(std::string_view isa);

/// Filters of one or more groups: [outputs][inputs] rows to
/// [group][tile][block of inputs][lane][input of the block], filled up with zero at both ends.
struct DenseWeights {
  std::size_t groups;
  std::size_t outputs; ///< of one group
  std::size_t inputs;  ///< elements of one filter
};
[[nodiscard]] ir::ConstantData pack_dense(const ir::ConstantData &rows, const DenseWeights &shape,
                                          std::size_t element_bytes, const ProductPacking &packing);

/// [height][width][channels] to [tile][block of taps][lane][tap of the block], filled up with zero
/// as DepthwisePacking says.
struct DepthwiseWeights {
  int height;
  int width;
  std::size_t channels;
};
[[nodiscard]] ir::ConstantData pack_depthwise(const ir::ConstantData &taps_by_channels,
                                              const DepthwiseWeights &shape,
                                              std::size_t element_bytes,
                                              const DepthwisePacking &packing);

/// [rows][columns] to [columns][rows].
[[nodiscard]] ir::ConstantData transposed(const ir::ConstantData &matrix, std::size_t rows,
                                          std::size_t columns, std::size_t element_bytes);

} // namespace tinyml::codegen
