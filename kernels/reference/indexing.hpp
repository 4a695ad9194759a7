// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/move.hpp"
#include "kernels/reference/safe_index.hpp"

#include <algorithm>

/// Picking and placing elements by position: slice, tile, gather, scatter. Elements have `size`
/// bytes; indices mean what safe_index() makes of them.
namespace tinyml::kernels::reference {

/// out[i] = x[begin + i * step], in every dimension.
inline void slice(const Dims &in, const Dims &begins, const Dims &steps, const Dims &out_shape,
                  std::size_t size, const std::uint8_t *x, std::uint8_t *out) {
  const Dims in_steps = steps_of(in);
  Dims source_steps{};
  std::int64_t origin = 0;
  for (std::size_t d = 0; d < in.size(); ++d) {
    source_steps[d] = in_steps[d] * steps[d];
    origin += begins[d] * in_steps[d];
  }
  StridedCopy{out_shape, source_steps, steps_of(out_shape),
              size}(x + static_cast<std::size_t>(origin) * size, out);
}

/// out[i] = x[i mod the input's dimension], in every dimension.
inline void tile(const Dims &in, const Dims &out_shape, std::size_t size, const std::uint8_t *x,
                 std::uint8_t *out) {
  const Dims in_steps = steps_of(in);
  const Dims out_steps = steps_of(out_shape);
  for (std::int64_t flat = 0; flat < out_steps[0] * out_shape[0]; ++flat) {
    std::int64_t from = 0;
    for (std::size_t d = 0; d < in.size(); ++d) {
      from += flat / out_steps[d] % out_shape[d] % in[d] * in_steps[d];
    }
    std::memcpy(out + static_cast<std::size_t>(flat) * size,
                x + static_cast<std::size_t>(from) * size, size);
  }
}

/// x [outer, depth, inner], out [outer, count, inner].
struct GatherShape {
  std::int64_t outer, depth, inner, count;
};

template <typename Index>
void gather(const GatherShape &s, std::size_t size, const std::uint8_t *x, const Index *indices,
            std::uint8_t *out) {
  const std::size_t row = static_cast<std::size_t>(s.inner) * size;
  for (std::int64_t o = 0; o < s.outer; ++o) {
    for (std::int64_t i = 0; i < s.count; ++i, out += row) {
      const auto from = o * s.depth + safe_index(indices[i], static_cast<std::int32_t>(s.depth));
      std::memcpy(out, x + static_cast<std::size_t>(from) * row, row);
    }
  }
}

/// Calls at(offset in x, position among the indices) for every index: the offset is the index's own
/// position in x, but for `axis`, where the index says it.
template <typename Index, typename At>
void for_each_indexed(const Dims &in, const Dims &index_shape, std::size_t axis,
                      const Index *indices, const At &at) {
  const Dims in_steps = steps_of(in);
  const Dims index_steps = steps_of(index_shape);
  for (std::int64_t flat = 0; flat < index_steps[0] * index_shape[0]; ++flat) {
    std::int64_t offset = 0;
    for (std::size_t d = 0; d < in.size(); ++d) {
      const std::int64_t position =
          d == axis ? safe_index(indices[flat], static_cast<std::int32_t>(in[d]))
                    : flat / index_steps[d] % index_shape[d];
      offset += position * in_steps[d];
    }
    at(offset, flat);
  }
}

/// Rows of an index tensor [batches, count, depth] that each name a slice of x: x is
/// [batches, dims..., slice], `dims` has `depth` entries.
struct GatherNdShape {
  std::int64_t batches, count, depth, slice;
  Dims dims;
};

/// Calls at(first element of the named slice in x, number of the row) for every row.
template <typename Index, typename At>
void for_each_slice(const GatherNdShape &s, const Index *indices, const At &at) {
  std::int64_t batch_size = s.slice;
  for (std::int64_t d = 0; d < s.depth; ++d) {
    batch_size *= s.dims[static_cast<std::size_t>(d)];
  }
  for (std::int64_t row = 0; row < s.batches * s.count; ++row) {
    std::int64_t offset = 0;
    for (std::int64_t d = 0; d < s.depth; ++d) {
      const auto length = static_cast<std::int32_t>(s.dims[static_cast<std::size_t>(d)]);
      offset = offset * length + safe_index(indices[row * s.depth + d], length);
    }
    at(row / s.count * batch_size + offset * s.slice, row);
  }
}

} // namespace tinyml::kernels::reference
