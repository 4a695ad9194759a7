// SPDX-License-Identifier: Apache-2.0
// Host only: the layers that the training kernels are swept over, known at compile time.
#pragma once

#include "kernels/generic/per_layer.hpp"
#include "kernels/generic/training/shapes.hpp"
#include "kernels/reference/shapes.hpp"

#include <random>
#include <utility>
#include <vector>

namespace tinyml::kernels::generic::training {

using Floats = std::vector<float>;

inline std::size_t size(int value) { return static_cast<std::size_t>(value); }

inline Floats random_floats(int count, unsigned seed) {
  std::mt19937 engine(seed);
  Floats values(size(count));
  for (float &value : values) {
    value = std::uniform_real_distribution<float>(-1, 1)(engine);
  }
  return values;
}

/// [batch][rest] to [rest][batch].
inline Floats batch_innermost(const Floats &values, int batch) {
  Floats turned(values.size());
  const std::size_t rest = values.size() / size(batch);
  for (std::size_t n = 0; n < size(batch); ++n) {
    for (std::size_t i = 0; i < rest; ++i) {
      turned[i * size(batch) + n] = values[n * rest + i];
    }
  }
  return turned;
}
inline Floats batch_outermost(const Floats &values, int batch) {
  return values.empty() ? values : batch_innermost(values, static_cast<int>(values.size()) / batch);
}

/// A small generator that the compiler can run.
class Picks {
public:
  constexpr explicit Picks(unsigned seed) : state_(seed * 2654435761U + 1U) {}
  constexpr int pick(int low, int high) {
    state_ = state_ * 1664525U + 1013904223U;
    return low + static_cast<int>((state_ >> 16U) % static_cast<unsigned>(high - low + 1));
  }

private:
  unsigned state_;
};

constexpr int kBatches[] = {1, 3, 8, 32, 21, 16};

constexpr int outputs_along(int length, int pads, int kernel, int dilation, int stride) {
  return (length + pads - ((kernel - 1) * dilation + 1)) / stride + 1;
}

enum class Kind { kAny, kDepthwise, kPooled };

constexpr Convolution random_convolution(unsigned seed, Kind kind) {
  Picks picks(seed);
  Convolution s{};
  s.batch = kBatches[seed % 6];
  s.depthwise = kind == Kind::kDepthwise;
  s.groups = kind == Kind::kAny && seed % 5 == 4 ? 2 : 1;
  s.input_channels = picks.pick(1, 4) * s.groups;
  s.output_channels = s.depthwise ? s.input_channels * picks.pick(1, 2)
                                  : picks.pick(1, seed % 4 == 3 ? 27 : 7) * s.groups;
  s.kernel_height = picks.pick(1, 5);
  s.kernel_width = picks.pick(1, 5);
  s.stride_height = kind == Kind::kPooled ? 1 : picks.pick(1, 2);
  s.stride_width = kind == Kind::kPooled ? 1 : picks.pick(1, 3);
  s.dilation_height = kind == Kind::kPooled ? 1 : picks.pick(1, 2);
  s.dilation_width = kind == Kind::kPooled ? 1 : picks.pick(1, 2);
  s.pad_top = picks.pick(0, s.kernel_height - 1);
  s.pad_left = picks.pick(0, s.kernel_width - 1);
  s.input_height = (s.kernel_height - 1) * s.dilation_height + picks.pick(2, 5);
  s.input_width = (s.kernel_width - 1) * s.dilation_width + picks.pick(2, 5);
  s.output_height = outputs_along(s.input_height, 2 * s.pad_top, s.kernel_height, s.dilation_height,
                                  s.stride_height);
  s.output_width = outputs_along(s.input_width, 2 * s.pad_left, s.kernel_width, s.dilation_width,
                                 s.stride_width);
  s.activation = static_cast<Activation>(kind == Kind::kPooled ? 1 : picks.pick(0, 2));
  return s;
}

constexpr Pool random_pool(unsigned seed) {
  Picks picks(seed + 77);
  Pool s{};
  s.batch = kBatches[seed % 6];
  s.channels = picks.pick(1, 5);
  s.kernel_height = picks.pick(1, 3);
  s.kernel_width = picks.pick(1, 3);
  s.stride_height = picks.pick(1, 3);
  s.stride_width = picks.pick(1, 2);
  s.pad_top = picks.pick(0, s.kernel_height - 1);
  s.pad_left = picks.pick(0, s.kernel_width - 1);
  s.input_height = s.kernel_height + picks.pick(0, 4);
  s.input_width = s.kernel_width + picks.pick(0, 4);
  s.output_height = outputs_along(s.input_height, s.pad_top, s.kernel_height, 1, s.stride_height);
  s.output_width = outputs_along(s.input_width, s.pad_left, s.kernel_width, 1, s.stride_width);
  return s;
}

constexpr Dense random_dense(unsigned seed) {
  Picks picks(seed + 7);
  return {kBatches[seed % 6], picks.pick(1, 70), picks.pick(1, 60),
          static_cast<Activation>(picks.pick(0, 2))};
}

inline reference::FloatClamp clamp_of(Activation activation) {
  switch (activation) {
  case Activation::kRelu:
    return {0, reference::FloatClamp{}.high};
  case Activation::kRelu6:
    return {0, 6};
  case Activation::kNone:
    break;
  }
  return {};
}

inline reference::Conv2dShape reference_shape(const Convolution &s) {
  return {{s.batch, s.input_height, s.input_width, s.input_channels},
          {s.batch, s.output_height, s.output_width, s.output_channels},
          {s.kernel_height, s.kernel_width, s.stride_height, s.stride_width, s.dilation_height,
           s.dilation_width, s.pad_top, s.pad_left},
          s.groups};
}

inline reference::Pool2dShape reference_shape(const Pool &s) {
  return {{s.batch, s.input_height, s.input_width, s.channels},
          {s.batch, s.output_height, s.output_width, s.channels},
          {s.kernel_height, s.kernel_width, s.stride_height, s.stride_width, 1, 1, s.pad_top,
           s.pad_left}};
}

/// Calls `test(Constant<seed>)` for every seed below `Count`.
template <unsigned Count, typename Test> void for_each_seed(Test test) {
  [&]<unsigned... I>(std::integer_sequence<unsigned, I...>) {
    (test(std::integral_constant<unsigned, I>{}), ...);
  }
  (std::make_integer_sequence<unsigned, Count>{});
}

} // namespace tinyml::kernels::generic::training
