// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/pack.hpp"

#include "kernels/isa/registry.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace tinyml::codegen {
namespace {

/// Copies one element; both indices count elements.
void copy_element(const ir::ConstantData &from, std::size_t source, ir::ConstantData &to,
                  std::size_t target, std::size_t bytes) {
  std::memcpy(to.data() + target * bytes, from.data() + source * bytes, bytes);
}

} // namespace

Expected<Packing> packing_of(std::string_view isa) {
  if (const Packing *packing = kernels::isa::find_packing(isa)) {
    return *packing;
  }
  return fail(ErrorCode::kUnsupported, "there are no kernels for the instruction set '" +
                                           std::string(isa) +
                                           "'; there are: " + kernels::isa::kernel_set_names());
}

ir::ConstantData pack_dense(const ir::ConstantData &rows, const DenseWeights &shape,
                            std::size_t element_bytes, const ProductPacking &packing) {
  const auto tile = static_cast<std::size_t>(packing.output_tile);
  const auto block = static_cast<std::size_t>(packing.depth_block);
  const auto depth = static_cast<std::size_t>(packing.padded(static_cast<int>(shape.inputs)));
  const std::size_t tiles = (shape.outputs + tile - 1) / tile;
  ir::ConstantData packed(shape.groups * tiles * tile * depth * element_bytes, 0);
  for (std::size_t row = 0; row < shape.groups * shape.outputs; ++row) {
    const std::size_t group = row / shape.outputs;
    const std::size_t output = row % shape.outputs;
    const std::size_t first =
        (group * tiles + output / tile) * tile * depth + output % tile * block;
    for (std::size_t i = 0; i < shape.inputs; ++i) {
      copy_element(rows, row * shape.inputs + i, packed,
                   first + i / block * block * tile + i % block, element_bytes);
    }
  }
  return packed;
}

ir::ConstantData pack_depthwise(const ir::ConstantData &taps_by_channels,
                                const DepthwiseWeights &shape, std::size_t element_bytes,
                                const DepthwisePacking &packing) {
  const auto size = [](int count) { return static_cast<std::size_t>(count); };
  const std::size_t block = size(packing.tap_block);
  const std::size_t depth = size(packing.padded_taps(shape.height, shape.width));
  const std::size_t in_tiles = shape.channels / size(packing.tile) * size(packing.tile);
  const std::size_t rest_tile = size(packing.rest_tile);
  const std::size_t rest = (shape.channels - in_tiles + rest_tile - 1) / rest_tile * rest_tile;
  ir::ConstantData packed((in_tiles + rest) * depth * element_bytes, 0);
  std::size_t source = 0;
  for (int tap = 0; tap < shape.height * shape.width; ++tap) {
    const std::size_t at =
        size(packing.tap_at(tap / shape.width, tap % shape.width, shape.height, shape.width));
    for (std::size_t channel = 0; channel < shape.channels; ++channel) {
      const std::size_t lanes = channel < in_tiles ? size(packing.tile) : rest_tile;
      const std::size_t lane = (channel < in_tiles ? channel : channel - in_tiles) % lanes;
      copy_element(taps_by_channels, source++, packed,
                   (channel - lane) * depth + at / block * block * lanes + lane * block +
                       at % block,
                   element_bytes);
    }
  }
  return packed;
}

ir::ConstantData transposed(const ir::ConstantData &matrix, std::size_t rows, std::size_t columns,
                            std::size_t element_bytes) {
  ir::ConstantData result(matrix.size());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      copy_element(matrix, row * columns + column, result, column * rows + row, element_bytes);
    }
  }
  return result;
}

} // namespace tinyml::codegen
