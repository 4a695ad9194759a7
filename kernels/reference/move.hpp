// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Operators that move elements without looking at them. Elements have `size` bytes; shapes have
/// six dimensions, shorter ones are filled up with ones in front.
namespace tinyml::kernels::reference {

using Dims = std::array<std::int64_t, 6>;

/// Distance, in elements, of neighbours along each dimension of a dense tensor.
[[nodiscard]] inline Dims steps_of(const Dims &shape) {
  Dims steps{};
  std::int64_t step = 1;
  for (std::size_t d = shape.size(); d-- > 0;) {
    steps[d] = step;
    step *= shape[d];
  }
  return steps;
}

/// Copies element `index` of a `box` from source to target, both strided.
struct StridedCopy {
  Dims box;
  Dims source_steps;
  Dims target_steps;
  std::size_t size;

  void operator()(const std::uint8_t *source, std::uint8_t *target) const {
    std::int64_t count = 1;
    for (const std::int64_t dim : box) {
      count *= dim;
    }
    for (std::int64_t flat = 0; flat < count; ++flat) {
      std::int64_t rest = flat;
      std::int64_t from = 0;
      std::int64_t to = 0;
      for (std::size_t d = box.size(); d-- > 0;) {
        const std::int64_t index = rest % box[d];
        rest /= box[d];
        from += index * source_steps[d];
        to += index * target_steps[d];
      }
      const auto bytes = static_cast<std::int64_t>(size); // steps may be negative
      std::memcpy(target + to * bytes, source + from * bytes, size);
    }
  }
};

/// Output dimension i is input dimension permutation[i].
inline void transpose(const Dims &in, const std::array<std::size_t, 6> &permutation,
                      std::size_t size, const std::uint8_t *x, std::uint8_t *out) {
  const Dims in_steps = steps_of(in);
  Dims out_shape{};
  Dims moved_steps{};
  for (std::size_t d = 0; d < in.size(); ++d) {
    out_shape[d] = in[permutation[d]];
    moved_steps[d] = in_steps[permutation[d]];
  }
  StridedCopy{out_shape, moved_steps, steps_of(out_shape), size}(x, out);
}

/// `out` is filled with the `size` bytes at `value`, then x is laid at `begin`.
inline void pad(const Dims &in, const Dims &out_shape, const Dims &begin, std::size_t size,
                const std::uint8_t *value, const std::uint8_t *x, std::uint8_t *out) {
  const Dims out_steps = steps_of(out_shape);
  std::int64_t origin = 0;
  for (std::size_t d = 0; d < in.size(); ++d) {
    origin += begin[d] * out_steps[d];
  }
  for (std::int64_t i = 0; i < out_steps[0] * out_shape[0]; ++i) {
    std::memcpy(out + static_cast<std::size_t>(i) * size, value, size);
  }
  StridedCopy{in, steps_of(in), out_steps, size}(x, out + static_cast<std::size_t>(origin) * size);
}

/// Lays one of the joined tensors at `position` along its axis.
inline void concat_part(const Dims &in, const Dims &out_shape, std::size_t axis,
                        std::int64_t position, std::size_t size, const std::uint8_t *x,
                        std::uint8_t *out) {
  const Dims out_steps = steps_of(out_shape);
  StridedCopy{in, steps_of(in), out_steps,
              size}(x, out + static_cast<std::size_t>(position * out_steps[axis]) * size);
}

} // namespace tinyml::kernels::reference
