// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/generic/training/runs.hpp"
#include "kernels/generic/training/taps.hpp"

namespace tinyml::kernels::generic::training {

/// Runs of weights begin at even numbers.
template <const Dense &kShape> inline constexpr bool kEvenRows = kShape.inputs % 2 == 0;

/// Outputs that are summed up at the same time.
template <const Dense &kShape>
inline constexpr int kDenseSums = kShape.batch == 1 ? kSums / 2 : kSums;

/// `Outputs` sums of one sample.
template <const Dense &kShape, int Outputs, typename P>
[[gnu::always_inline]] inline void multiply_rows(const float *x, const P *rows, float *sums) {
  multiply_runs<kShape.inputs, Outputs, kEvenRows<kShape>>(
      x, [&](auto o) TINYML_INLINE { return rows + o * kShape.inputs; }, sums);
}

/// y = activation(weights * x + bias): x [inputs, batch], y [outputs, batch]. `bias` may be null.
template <typename Layer, typename P>
inline void fully_connected(Layer, const float *x, const P *weights, Optional<P> bias, float *y) {
  static constexpr Dense kShape = Layer{};
  for_each_block<kShape.outputs, kDenseSums<kShape>>([&](auto outputs, int first) {
    for_each_bundle<kShape.batch>([&](auto width, int sample) {
      Samples<width> sums[decltype(outputs)::value] = {};
      const P *row = weights + first * kShape.inputs;
      if constexpr (kShape.batch == 1) {
        multiply_rows<kShape, outputs>(x, row, sums);
      } else {
        for (int k = 0; k < kShape.inputs; ++k) {
          const Samples<width> value = load_samples<width>(x + k * kShape.batch + sample);
          unroll<outputs>([&](auto o) TINYML_INLINE {
            sums[o] += value * parameter(row + o * kShape.inputs + k);
          });
        }
      }
      unroll<outputs>([&](auto o) TINYML_INLINE {
        const Samples<width> sum =
            bias != nullptr ? sums[o] + parameter(bias + first + o) : sums[o];
        store_samples<width>(y + (first + o) * kShape.batch + sample,
                             activate<kShape.activation, width>(sum));
      });
    });
  });
}

/// dx = transposed weights * dy for one sample; an output whose gradient is 0 gives nothing.
template <const Dense &kShape, typename P>
inline void add_rows(const float *dy, const P *weights, float *dx) {
  fill_zero<kShape.inputs>(dx);
  for (int o = 0; o < kShape.outputs; ++o, weights += kShape.inputs) {
    if (dy[o] != 0) {
      add_run<kShape.inputs, kEvenRows<kShape>>(dy[o], weights, dx);
    }
  }
}

/// dx = transposed weights * dy, summed in the order of outputs.
template <typename Layer, typename P>
inline void fully_connected_input_gradient(Layer, const float *dy, const P *weights, float *dx) {
  static constexpr Dense kShape = Layer{};
  if constexpr (kShape.batch == 1) {
    return add_rows<kShape>(dy, weights, dx);
  }
  for_each_block<kShape.inputs, kSums>([&](auto inputs, int first) {
    for_each_bundle<kShape.batch>([&](auto width, int sample) {
      Samples<width> sums[decltype(inputs)::value] = {};
      for (int o = 0; o < kShape.outputs; ++o) {
        const Samples<width> slope = load_samples<width>(dy + o * kShape.batch + sample);
        const P *row = weights + o * kShape.inputs + first;
        unroll<inputs>([&](auto k) TINYML_INLINE { sums[k] += slope * parameter(row + k); });
      }
      unroll<inputs>([&](auto k) TINYML_INLINE {
        store_samples<width>(dx + (first + k) * kShape.batch + sample, sums[k]);
      });
    });
  });
}

/// x [inputs, batch] of `Inputs` neighbouring ones as [batch, Inputs].
template <int Batch, int Inputs> inline void turn_inputs(const float *x, float *turned) {
  for (int n = 0; n < Batch; ++n) {
    unroll<Inputs>([&](auto k) TINYML_INLINE { turned[n * Inputs + k] = x[k * Batch + n]; });
  }
}

/// Gradients of `Outputs` x `Inputs` weights; lanes are weights here, and every sum is in the order
/// of samples. `inputs` [batch, Inputs]; the first weight is number `at`.
template <const Dense &kShape, int Outputs, int Inputs, typename Take>
[[gnu::always_inline]] inline void multiply_outer(const float *inputs, const float *dy, int at,
                                                  Take take) {
  constexpr int kWidth = smaller(Inputs, kLanes);
  constexpr int kBundles = Inputs / kWidth;
  Samples<kWidth> sums[Outputs * kBundles] = {};
  for (int n = 0; n < kShape.batch; ++n) {
    Samples<kWidth> values[kBundles];
    unroll<kBundles>([&](auto k) TINYML_INLINE {
      values[k] = load_samples<kWidth>(inputs + n * Inputs + k * kWidth);
    });
    unroll<Outputs>([&](auto o) TINYML_INLINE {
      const float slope = dy[o * kShape.batch + n];
      unroll<kBundles>([&](auto k) TINYML_INLINE { sums[o * kBundles + k] += slope * values[k]; });
    });
  }
  unroll<Outputs * kBundles>([&](auto i) TINYML_INLINE {
    take.template all<kWidth>(at + i / kBundles * kShape.inputs + i % kBundles * kWidth, sums[i]);
  });
}

/// Calls `take` with every gradient of a weight.
template <typename Layer, typename Take>
inline void for_each_weight_gradient(Layer, const float *x, const float *dy, Take take) {
  static constexpr Dense kShape = Layer{};
  constexpr int kBundles = isa::kSampleBlocking.dense_bundles;
  constexpr int kOutputs = (kSums - 2) / kBundles; // two registers are for operands
  const auto block = [&](auto width, int first) {
    alignas(64) float turned[kShape.batch * width];
    const float *inputs = x + first * kShape.batch;
    if constexpr (kShape.batch > 1) {
      turn_inputs<kShape.batch, width>(inputs, turned);
      inputs = turned;
    }
    for_each_block<kShape.outputs, kOutputs>([&](auto outputs, int o) {
      multiply_outer<kShape, outputs, width>(inputs, dy + o * kShape.batch,
                                             o * kShape.inputs + first, take);
    });
  };
  for_each_bundle<kShape.inputs, kBundles * kLanes>(block);
}

template <typename Layer>
inline void fully_connected_filter_gradient(Layer layer, const float *x, const float *dy,
                                            float *dweights) {
  for_each_weight_gradient(layer, x, dy, KeepGradient{dweights});
}

/// weights -= rate * gradient, without an array of gradients.
template <typename Layer, typename P>
inline void fully_connected_filter_sgd(Layer layer, const float *x, const float *dy, float rate,
                                       P *weights) {
  static constexpr Dense kShape = Layer{};
  if constexpr (kShape.batch == 1) {
    for (int o = 0; o < kShape.outputs; ++o, weights += kShape.inputs) {
      if (dy[o] != 0) {
        add_run<kShape.inputs, kEvenRows<kShape>>(-(rate * dy[o]), x, weights);
      }
    }
    return;
  }
  for_each_weight_gradient(layer, x, dy, Descend<P>{weights, rate});
}

} // namespace tinyml::kernels::generic::training
