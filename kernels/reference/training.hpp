// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/reference/conv2d.hpp"
#include "kernels/reference/fully_connected.hpp"
#include "kernels/reference/pool2d.hpp"

#include <cmath>

/// What a training step computes beyond inference: gradients, losses, updates. Images are NHWC,
/// matrices [batch, features], filters as in the forward operators. Sums run in the order of the
/// loops below, in float32.
namespace tinyml::kernels::reference {

/// Calls `visit(x offset, filter offset, y offset)` for every product of a convolution.
template <typename Visit> void for_each_product(const Conv2dShape &s, bool depthwise, Visit visit) {
  const WindowShape &w = s.window;
  const std::int32_t groups = depthwise ? s.in.channels : s.groups;
  const std::int32_t depth = s.in.channels / groups;
  const std::int32_t outputs = s.out.channels / groups;
  const Image filters = depthwise ? Image{1, w.kernel_h, w.kernel_w, s.out.channels}
                                  : Image{s.out.channels, w.kernel_h, w.kernel_w, depth};
  std::size_t y = 0;
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t oc) {
    const std::int32_t y0 = oy * w.stride_h - w.pad_top;
    const std::int32_t x0 = ox * w.stride_w - w.pad_left;
    const KernelRange rows = kernel_range(y0, w.dilation_h, w.kernel_h, s.in.height);
    const KernelRange columns = kernel_range(x0, w.dilation_w, w.kernel_w, s.in.width);
    const std::int32_t first = oc / outputs * depth;
    for (std::int32_t ky = rows.begin; ky < rows.end; ++ky) {
      for (std::int32_t kx = columns.begin; kx < columns.end; ++kx) {
        for (std::int32_t ic = 0; ic < depth; ++ic) {
          visit(s.in.offset(n, y0 + ky * w.dilation_h, x0 + kx * w.dilation_w, first + ic),
                depthwise ? filters.offset(0, ky, kx, oc) : filters.offset(oc, ky, kx, ic), y);
        }
      }
    }
    ++y;
  });
}

/// `dx` has the input's, `dy` the output's shape. The order of filters is the forward operator's.
inline void conv2d_input_gradient(const Conv2dShape &s, bool depthwise, const float *dy,
                                  const float *filter, float *dx) {
  std::fill_n(dx, s.in.offset(s.in.batches, 0, 0, 0), 0.0F);
  for_each_product(s, depthwise, [=](std::size_t x, std::size_t f, std::size_t y) {
    dx[x] += dy[y] * filter[f];
  });
}

/// `filter_count`: elements of the filter.
inline void conv2d_filter_gradient(const Conv2dShape &s, bool depthwise, std::size_t filter_count,
                                   const float *x, const float *dy, float *dfilter) {
  std::fill_n(dfilter, filter_count, 0.0F);
  for_each_product(s, depthwise, [=](std::size_t i, std::size_t f, std::size_t y) {
    dfilter[f] += dy[y] * x[i];
  });
}

[[nodiscard]] constexpr std::size_t elements(std::int32_t rows, std::int32_t columns) {
  return static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
}

inline void fully_connected_input_gradient(const FullyConnectedShape &s, const float *dy,
                                           const float *weights, float *dx) {
  std::fill_n(dx, elements(s.rows, s.inputs), 0.0F);
  for (std::int64_t r = 0; r < s.rows; ++r) {
    for (std::int64_t n = 0; n < s.outputs; ++n) {
      for (std::int64_t k = 0; k < s.inputs; ++k) {
        dx[r * s.inputs + k] += dy[r * s.outputs + n] * weights[n * s.inputs + k];
      }
    }
  }
}

inline void fully_connected_filter_gradient(const FullyConnectedShape &s, const float *x,
                                            const float *dy, float *dweights) {
  std::fill_n(dweights, elements(s.outputs, s.inputs), 0.0F);
  for (std::int64_t r = 0; r < s.rows; ++r) {
    for (std::int64_t n = 0; n < s.outputs; ++n) {
      for (std::int64_t k = 0; k < s.inputs; ++k) {
        dweights[n * s.inputs + k] += dy[r * s.outputs + n] * x[r * s.inputs + k];
      }
    }
  }
}

/// Calls `visit(x offset)` for the real elements of one window, row by row.
template <typename Visit>
void for_window_offsets(const Pool2dShape &s, std::int32_t n, std::int32_t oy, std::int32_t ox,
                        std::int32_t c, Visit visit) {
  const std::int32_t y0 = oy * s.window.stride_h - s.window.pad_top;
  const std::int32_t x0 = ox * s.window.stride_w - s.window.pad_left;
  const KernelRange rows = kernel_range(y0, 1, s.window.kernel_h, s.in.height);
  const KernelRange columns = kernel_range(x0, 1, s.window.kernel_w, s.in.width);
  for (std::int32_t ky = rows.begin; ky < rows.end; ++ky) {
    for (std::int32_t kx = columns.begin; kx < columns.end; ++kx) {
      visit(s.in.offset(n, y0 + ky, x0 + kx, c));
    }
  }
}

/// The gradient goes to the first of the largest elements of a window.
inline void max_pool2d_gradient(const Pool2dShape &s, const float *x, const float *dy, float *dx) {
  std::fill_n(dx, s.in.offset(s.in.batches, 0, 0, 0), 0.0F);
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t c) {
    std::size_t largest = static_cast<std::size_t>(-1);
    for_window_offsets(s, n, oy, ox, c, [&](std::size_t at) {
      largest = largest == static_cast<std::size_t>(-1) || x[at] > x[largest] ? at : largest;
    });
    dx[largest] += *dy++;
  });
}

inline void average_pool2d_gradient(const Pool2dShape &s, const float *dy, float *dx) {
  std::fill_n(dx, s.in.offset(s.in.batches, 0, 0, 0), 0.0F);
  for_each_element(s.out, [&](std::int32_t n, std::int32_t oy, std::int32_t ox, std::int32_t c) {
    std::int32_t count = 0;
    for_window_offsets(s, n, oy, ox, c, [&](std::size_t) { ++count; });
    const float share = *dy++ / static_cast<float>(count);
    for_window_offsets(s, n, oy, ox, c, [&](std::size_t at) { dx[at] += share; });
  });
}

/// Probabilities of one row of logits; returns the logarithm of the sum of their exponentials.
inline float softmax_row(const float *logits, std::int32_t classes, float *probabilities) {
  const float largest = *std::max_element(logits, logits + classes);
  float sum = 0;
  for (std::int32_t i = 0; i < classes; ++i) {
    probabilities[i] = std::exp(logits[i] - largest);
    sum += probabilities[i];
  }
  for (std::int32_t i = 0; i < classes; ++i) {
    probabilities[i] /= sum;
  }
  return largest + std::log(sum);
}

/// A label outside of the classes belongs to a sample that does not count: its loss and its
/// gradient are 0. So the last batch of a data set need not be whole.
inline bool counts(std::int32_t label, std::int32_t classes) {
  return label >= 0 && label < classes;
}

/// `losses`: -log of the probability of each sample's label. `scratch` holds `classes` floats.
inline void softmax_cross_entropy(std::int32_t rows, std::int32_t classes, const float *logits,
                                  const std::int32_t *labels, float *scratch, float *losses) {
  for (std::int32_t r = 0; r < rows; ++r, logits += classes) {
    const float log_sum = softmax_row(logits, classes, scratch);
    losses[r] = counts(labels[r], classes) ? log_sum - logits[labels[r]] : 0;
  }
}

/// Gradient of the mean loss of the batch.
inline void softmax_cross_entropy_gradient(std::int32_t rows, std::int32_t classes,
                                           const float *logits, const std::int32_t *labels,
                                           float *gradient) {
  for (std::int32_t r = 0; r < rows; ++r, logits += classes, gradient += classes) {
    static_cast<void>(softmax_row(logits, classes, gradient));
    const bool used = counts(labels[r], classes);
    for (std::int32_t i = 0; i < classes; ++i) {
      const float wanted = i == labels[r] ? 1.0F : 0.0F;
      gradient[i] = used ? (gradient[i] - wanted) / static_cast<float>(rows) : 0;
    }
  }
}

inline void sgd(std::size_t count, float rate, const float *gradient, float *variable) {
  for (std::size_t i = 0; i < count; ++i) {
    variable[i] -= rate * gradient[i];
  }
}

inline void momentum(std::size_t count, float rate, float factor, const float *gradient,
                     float *velocity, float *variable) {
  for (std::size_t i = 0; i < count; ++i) {
    velocity[i] = factor * velocity[i] + gradient[i];
    variable[i] -= rate * velocity[i];
  }
}

/// Kingma and Ba, ICLR 2015, algorithm 1, in the form of its section 2: the bias corrections are in
/// `rate`.
struct AdamFactors {
  float beta1, beta2, epsilon;
};
inline void adam(std::size_t count, float rate, const AdamFactors &f, const float *gradient,
                 float *mean, float *square, float *variable) {
  for (std::size_t i = 0; i < count; ++i) {
    mean[i] = f.beta1 * mean[i] + (1 - f.beta1) * gradient[i];
    square[i] = f.beta2 * square[i] + (1 - f.beta2) * gradient[i] * gradient[i];
    variable[i] -= rate * mean[i] / (std::sqrt(square[i]) + f.epsilon);
  }
}

} // namespace tinyml::kernels::reference
