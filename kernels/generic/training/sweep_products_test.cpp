// SPDX-License-Identifier: Apache-2.0
// Convolutions and matrix products over many odd shapes: outputs are the reference's to the bit,
// gradients but for the order in which samples are added.
#include "kernels/generic/training/bias_gradient.hpp"
#include "kernels/generic/training/conv2d.hpp"
#include "kernels/generic/training/conv2d_filter_gradient.hpp"
#include "kernels/generic/training/conv2d_input_gradient.hpp"
#include "kernels/generic/training/fully_connected.hpp"
#include "kernels/generic/training/sweep_layers.hpp"
#include "kernels/generic/training/sweep_matchers.hpp"
#include "kernels/reference/depthwise_conv2d.hpp"
#include "kernels/reference/training.hpp"

namespace tinyml::kernels::generic::training {
namespace {

template <unsigned Seed> struct Depthwise {
  static constexpr Convolution kShape = random_convolution(Seed, Kind::kDepthwise);
};
template <unsigned Seed> struct Convolutions {
  static constexpr Convolution kShape = random_convolution(Seed, Kind::kAny);
};
template <unsigned Seed> struct Products { static constexpr Dense kShape = random_dense(Seed); };

template <const Convolution &kShape> void expect_convolution_like_reference() {
  const PerLayer<kShape> layer;
  const reference::Conv2dShape s = reference_shape(kShape);
  const int batch = kShape.batch;
  const int x_count = static_cast<int>(s.in.offset(batch, 0, 0, 0));
  const int y_count = static_cast<int>(s.out.offset(batch, 0, 0, 0));
  const Floats x = random_floats(x_count, 1);
  const Floats dy = random_floats(y_count, 2);
  const Floats filter = random_floats(kShape.filter_size(), 3);
  const Floats bias = random_floats(kShape.output_channels, 4);
  Floats wanted(dy.size());
  const auto forward = [&](auto kernel) {
    kernel(s, x.data(), filter.data(), bias.data(), clamp_of(kShape.activation), wanted.data());
  };
  kShape.depthwise ? forward([](auto... of) { reference::depthwise_conv2d(of...); })
                   : forward([](auto... of) { reference::conv2d(of...); });
  Floats made(dy.size());
  const Floats turned_x = batch_innermost(x, batch);
  conv2d(layer, turned_x.data(), filter.data(), bias.data(), made.data());
  expect_same(batch_outermost(made, batch), wanted);

  const Floats turned_dy = batch_innermost(dy, batch);
  Floats dx(x.size());
  reference::conv2d_input_gradient(s, kShape.depthwise, dy.data(), filter.data(), dx.data());
  Floats made_dx(x.size(), 7);
  conv2d_input_gradient(layer, turned_dy.data(), filter.data(), made_dx.data());
  expect_same(batch_outermost(made_dx, batch), dx);

  Floats dfilter(filter.size());
  reference::conv2d_filter_gradient(s, kShape.depthwise, filter.size(), x.data(), dy.data(),
                                    dfilter.data());
  Floats made_dfilter(filter.size(), 7);
  conv2d_filter_gradient(layer, turned_x.data(), turned_dy.data(), made_dfilter.data());
  expect_near(made_dfilter, dfilter);

  Floats descended = filter;
  conv2d_filter_sgd(layer, turned_x.data(), turned_dy.data(), 0.125F, descended.data());
  Floats wanted_filter = filter;
  reference::sgd(filter.size(), 0.125F, made_dfilter.data(), wanted_filter.data());
  expect_same(descended, wanted_filter);
}

TEST(TrainingSweep, Conv2d) {
  for_each_seed<8>([](auto seed) {
    SCOPED_TRACE(seed);
    expect_convolution_like_reference<Convolutions<seed>::kShape>();
  });
}

TEST(TrainingSweep, DepthwiseConv2d) {
  for_each_seed<4>([](auto seed) {
    SCOPED_TRACE(seed);
    expect_convolution_like_reference<Depthwise<seed>::kShape>();
  });
}

template <const Dense &kShape> void expect_product_like_reference() {
  const PerLayer<kShape> layer;
  const reference::FullyConnectedShape s{kShape.batch, kShape.inputs, kShape.outputs};
  const Floats x = random_floats(kShape.inputs * kShape.batch, 1);
  const Floats dy = random_floats(kShape.outputs * kShape.batch, 2);
  const Floats weights = random_floats(kShape.inputs * kShape.outputs, 3);
  const Floats bias = random_floats(kShape.outputs, 4);
  const Floats turned_x = batch_innermost(x, kShape.batch);
  const Floats turned_dy = batch_innermost(dy, kShape.batch);
  Floats wanted(dy.size());
  reference::fully_connected(s, x.data(), weights.data(), bias.data(), clamp_of(kShape.activation),
                             wanted.data());
  Floats made(dy.size());
  fully_connected(layer, turned_x.data(), weights.data(), bias.data(), made.data());
  expect_same(batch_outermost(made, kShape.batch), wanted);

  Floats dx(x.size());
  reference::fully_connected_input_gradient(s, dy.data(), weights.data(), dx.data());
  Floats made_dx(x.size());
  fully_connected_input_gradient(layer, turned_dy.data(), weights.data(), made_dx.data());
  expect_same(batch_outermost(made_dx, kShape.batch), dx);

  Floats dweights(weights.size());
  reference::fully_connected_filter_gradient(s, x.data(), dy.data(), dweights.data());
  Floats made_dweights(weights.size());
  fully_connected_filter_gradient(layer, turned_x.data(), turned_dy.data(), made_dweights.data());
  expect_same(made_dweights, dweights);

  Floats descended = weights;
  fully_connected_filter_sgd(layer, turned_x.data(), turned_dy.data(), 0.125F, descended.data());
  Floats wanted_weights = weights;
  reference::sgd(weights.size(), 0.125F, dweights.data(), wanted_weights.data());
  expect_same(descended, wanted_weights);
}

TEST(TrainingSweep, FullyConnected) {
  for_each_seed<6>([](auto seed) {
    SCOPED_TRACE(seed);
    expect_product_like_reference<Products<seed>::kShape>();
  });
}

/// Parameters as halves compute as the floats that they are, and descend to the nearest half.
template <const Dense &kShape> void expect_halves_like_floats() {
  const PerLayer<kShape> layer;
  const Floats x = random_floats(kShape.inputs * kShape.batch, 1);
  const Floats dy = random_floats(kShape.outputs * kShape.batch, 2);
  Floats floats = random_floats(kShape.inputs * kShape.outputs, 3);
  std::vector<isa::Half> halves;
  for (float &value : floats) {
    halves.push_back(isa::to_half(value));
    value = isa::to_float(halves.back());
  }
  Floats wanted(dy.size());
  Floats made(dy.size());
  fully_connected(layer, x.data(), floats.data(), nullptr, wanted.data());
  fully_connected(layer, x.data(), halves.data(), nullptr, made.data());
  expect_same(made, wanted);
  fully_connected_filter_sgd(layer, x.data(), dy.data(), 0.25F, floats.data());
  fully_connected_filter_sgd(layer, x.data(), dy.data(), 0.25F, halves.data());
  for (std::size_t i = 0; i < floats.size(); ++i) {
    ASSERT_EQ(halves[i].bits, isa::to_half(floats[i]).bits) << "element " << i;
  }
}

TEST(TrainingSweep, HalvesComputeAsTheFloatsThatTheyAre) {
  static constexpr Dense kOne{1, 38, 11};
  static constexpr Dense kMany{13, 21, 5};
  expect_halves_like_floats<kOne>();
  expect_halves_like_floats<kMany>();
}

TEST(TrainingSweep, BiasGradientAddsRowsThenSamples) {
  static constexpr Biased kShape{21, 9, 5};
  const Floats dy = random_floats(21 * 9 * 5, 1);
  Floats wanted(5);
  for (std::size_t i = 0; i < dy.size(); ++i) {
    wanted[i / 21 % 5] += dy[i];
  }
  Floats made(5);
  bias_gradient(PerLayer<kShape>{}, dy.data(), made.data());
  expect_near(made, wanted);
  Floats bias = random_floats(5, 2);
  Floats wanted_bias = bias;
  reference::sgd(5, 0.5F, made.data(), wanted_bias.data());
  bias_sgd(PerLayer<kShape>{}, dy.data(), 0.5F, bias.data());
  expect_same(bias, wanted_bias);
}

} // namespace
} // namespace tinyml::kernels::generic::training
