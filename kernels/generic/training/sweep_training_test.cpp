// SPDX-License-Identifier: Apache-2.0
// Pools, the fused convolution and pool, losses, updates and the numbers they are made of.
#include "kernels/generic/training/bias_gradient.hpp"
#include "kernels/generic/training/conv2d_max_pool.hpp"
#include "kernels/generic/training/pooled_filter_gradient.hpp"
#include "kernels/generic/training/pooled_input_gradient.hpp"
#include "kernels/generic/training/pools.hpp"
#include "kernels/generic/training/relu_gradient.hpp"
#include "kernels/generic/training/softmax_cross_entropy.hpp"
#include "kernels/generic/training/sweep_layers.hpp"
#include "kernels/generic/training/sweep_matchers.hpp"
#include "kernels/generic/training/updates.hpp"
#include "kernels/reference/training.hpp"

#include <limits>

namespace tinyml::kernels::generic::training {
namespace {

template <unsigned Seed> struct Pools { static constexpr Pool kShape = random_pool(Seed); };
template <unsigned Seed> struct Pooled {
  static constexpr Convolution kShape = random_convolution(Seed, Kind::kPooled);
};

template <const Pool &kShape> void expect_pool_like_reference() {
  const PerLayer<kShape> layer;
  const reference::Pool2dShape s = reference_shape(kShape);
  const int batch = kShape.batch;
  Floats x = random_floats(static_cast<int>(s.in.offset(batch, 0, 0, 0)), 1);
  for (float &value : x) {
    value = std::round(value * 3); // several are equal
  }
  const Floats dy = random_floats(static_cast<int>(s.out.offset(batch, 0, 0, 0)), 2);
  const Floats turned_x = batch_innermost(x, batch);
  const Floats turned_dy = batch_innermost(dy, batch);
  Floats wanted(dy.size());
  Floats made(dy.size());
  Floats wanted_dx(x.size());
  Floats made_dx(x.size(), 7);
  reference::average_pool2d(s, x.data(), wanted.data());
  average_pool2d(layer, turned_x.data(), made.data());
  expect_same(batch_outermost(made, batch), wanted);
  reference::average_pool2d_gradient(s, dy.data(), wanted_dx.data());
  average_pool2d_gradient(layer, turned_dy.data(), made_dx.data());
  expect_same(batch_outermost(made_dx, batch), wanted_dx);
  reference::max_pool2d(s, x.data(), wanted.data());
  max_pool2d(layer, turned_x.data(), made.data());
  expect_same(batch_outermost(made, batch), wanted);
  reference::max_pool2d_gradient(s, x.data(), dy.data(), wanted_dx.data());
  max_pool2d_gradient(layer, turned_x.data(), made.data(), turned_dy.data(), made_dx.data());
  expect_same(batch_outermost(made_dx, batch), wanted_dx);
}

TEST(TrainingSweep, Pools) {
  for_each_seed<6>([](auto seed) {
    SCOPED_TRACE(seed);
    expect_pool_like_reference<Pools<seed>::kShape>();
  });
}

/// What the unfused reference makes of a convolution, ReLU and pool.
struct PooledReference {
  Floats pooled, dx, dfilter;
};

PooledReference pooled_reference(const Convolution &shape, const Floats &x, const Floats &filter,
                                 const Floats &bias, const Floats &dpooled) {
  const reference::Conv2dShape s = reference_shape(shape);
  const reference::Image pooled{shape.batch, pooled_height(shape), pooled_width(shape),
                                shape.output_channels};
  const reference::Pool2dShape pool{s.out, pooled, {2, 2, 2, 2}};
  Floats y(s.out.offset(shape.batch, 0, 0, 0));
  PooledReference made{Floats(dpooled.size()), Floats(x.size()), Floats(filter.size())};
  reference::conv2d(s, x.data(), filter.data(), bias.data(), clamp_of(shape.activation), y.data());
  reference::max_pool2d(pool, y.data(), made.pooled.data());
  Floats dy(y.size());
  reference::max_pool2d_gradient(pool, y.data(), dpooled.data(), dy.data());
  for (std::size_t i = 0; i < y.size(); ++i) {
    dy[i] = y[i] > 0 ? dy[i] : 0;
  }
  reference::conv2d_input_gradient(s, false, dy.data(), filter.data(), made.dx.data());
  reference::conv2d_filter_gradient(s, false, filter.size(), x.data(), dy.data(),
                                    made.dfilter.data());
  return made;
}

template <const Convolution &kShape> void expect_pooled_like_reference() {
  const PerLayer<kShape> layer;
  static constexpr Elements kPooled{pooled_count(kShape)};
  const int batch = kShape.batch;
  const Floats x =
      random_floats(batch * kShape.input_height * kShape.input_width * kShape.input_channels, 1);
  const Floats filter = random_floats(kShape.filter_size(), 2);
  const Floats bias = random_floats(kShape.output_channels, 3);
  const Floats dpooled = random_floats(kPooled.count, 4);
  const PooledReference wanted = pooled_reference(kShape, x, filter, bias, dpooled);

  const Floats turned_x = batch_innermost(x, batch);
  Floats pooled(dpooled.size());
  std::vector<std::uint8_t> choices(size(choice_bytes(kShape)), 0xA5);
  conv2d_max_pool(layer, turned_x.data(), filter.data(), bias.data(), pooled.data(),
                  choices.data());
  expect_same(batch_outermost(pooled, batch), wanted.pooled);

  Floats slope = batch_innermost(dpooled, batch);
  relu_gradient(PerLayer<kPooled>{}, pooled.data(), slope.data(), slope.data());
  Floats dx(x.size(), 7);
  pooled_input_gradient(layer, slope.data(), choices.data(), filter.data(), dx.data());
  expect_near(batch_outermost(dx, batch), wanted.dx);
  Floats dfilter(filter.size());
  pooled_filter_gradient(layer, turned_x.data(), slope.data(), choices.data(), dfilter.data());
  expect_near(dfilter, wanted.dfilter);
  Floats descended = filter;
  pooled_filter_sgd(layer, turned_x.data(), slope.data(), choices.data(), 0.25F, descended.data());
  Floats wanted_filter = filter;
  reference::sgd(filter.size(), 0.25F, dfilter.data(), wanted_filter.data());
  expect_near(descended, wanted_filter);
}

TEST(TrainingSweep, ConvolutionReluAndPoolInOne) {
  for_each_seed<6>([](auto seed) {
    SCOPED_TRACE(seed);
    expect_pooled_like_reference<Pooled<seed>::kShape>();
  });
}

template <int Batch, int Count> void expect_losses_like_reference() {
  static constexpr Classes kShape{Batch, Count};
  Floats logits = random_floats(Batch * Count, 5);
  std::vector<std::int32_t> labels(size(Batch));
  for (std::size_t n = 0; n < labels.size(); ++n) {
    labels[n] = static_cast<std::int32_t>(n * 7 % size(Count + 1)) - 1; // -1 is no class
    logits[n * size(Count)] *= n % 2 == 0 ? 40 : 1;
  }
  const Floats turned = batch_innermost(logits, Batch);
  Floats losses(labels.size());
  Floats wanted(labels.size());
  Floats scratch(size(Count));
  softmax_cross_entropy(PerLayer<kShape>{}, turned.data(), labels.data(), losses.data());
  reference::softmax_cross_entropy(Batch, Count, logits.data(), labels.data(), scratch.data(),
                                   wanted.data());
  expect_near(losses, wanted);
  Floats gradient(logits.size());
  Floats wanted_gradient(logits.size());
  softmax_cross_entropy_gradient(PerLayer<kShape>{}, turned.data(), labels.data(), gradient.data());
  reference::softmax_cross_entropy_gradient(Batch, Count, logits.data(), labels.data(),
                                            wanted_gradient.data());
  expect_near(batch_outermost(gradient, Batch), wanted_gradient);
}

TEST(TrainingSweep, SoftmaxCrossEntropy) {
  expect_losses_like_reference<1, 10>();
  expect_losses_like_reference<32, 10>();
  expect_losses_like_reference<21, 3>();
}

TEST(TrainingSweep, Relu6Gradient) {
  static constexpr Elements kShape{37};
  Floats y = random_floats(37, 6);
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = i % 3 == 0 ? 6 : (i % 3 == 1 ? 0 : 3);
  }
  const Floats dy = random_floats(37, 7);
  Floats made(37);
  relu6_gradient(PerLayer<kShape>{}, y.data(), dy.data(), made.data());
  for (std::size_t i = 0; i < y.size(); ++i) {
    EXPECT_EQ(made[i], i % 3 == 2 ? dy[i] : 0);
  }
}

TEST(TrainingSweep, Updates) {
  static constexpr Momentum kMomentum{53, 0.9F};
  static constexpr Adam kAdam{53, 0.9F, 0.999F, 1e-8F};
  const Floats gradient = random_floats(53, 1);
  Floats made = random_floats(53, 2);
  Floats wanted = made;
  Floats velocity(53);
  Floats wanted_velocity(53);
  Floats mean(53);
  Floats wanted_mean(53);
  Floats square(53);
  Floats wanted_square(53);
  for (int step = 0; step < 3; ++step) {
    momentum(PerLayer<kMomentum>{}, gradient.data(), 0.1F, velocity.data(), made.data());
    reference::momentum(53, 0.1F, 0.9F, gradient.data(), wanted_velocity.data(), wanted.data());
    adam(PerLayer<kAdam>{}, gradient.data(), 0.01F, mean.data(), square.data(), made.data());
    reference::adam(53, 0.01F, {0.9F, 0.999F, 1e-8F}, gradient.data(), wanted_mean.data(),
                    wanted_square.data(), wanted.data());
  }
  expect_near(made, wanted);
}

TEST(Exponential, IsWithinFewUnitsOfTheLastPlace) {
  for (float x = -86.5F; x <= 0; x += 0.01171875F) {
    EXPECT_NEAR(exponential(x) / std::exp(static_cast<double>(x)), 1, 3e-7) << x;
    const float y = std::exp(x);
    EXPECT_NEAR(logarithm(y), std::log(static_cast<double>(y)), 2e-7 * (1 - x)) << x;
    EXPECT_NEAR(logarithm(1 - x), std::log(1.0 - x), 2e-7 * (1 - x)) << x;
  }
  EXPECT_EQ(exponential(-1000), 0);
  EXPECT_EQ(exponential(0), 1);
  EXPECT_EQ(logarithm(1), 0);
  EXPECT_TRUE(std::isnan(exponential(std::numeric_limits<float>::quiet_NaN())));
}

TEST(Half, RoundTripsAndRoundsToEven) {
  for (unsigned bits = 0; bits < 0x7C01U; ++bits) {
    const isa::Half half{static_cast<std::uint16_t>(bits)};
    ASSERT_EQ(isa::to_half(isa::to_float(half)).bits, bits);
    ASSERT_EQ(isa::to_half(-isa::to_float(half)).bits, bits | 0x8000U);
  }
  EXPECT_EQ(isa::to_float({0x3C00}), 1);
  EXPECT_EQ(isa::to_float({0x0001}), 0x1p-24F);
  EXPECT_EQ(isa::to_half(1 + 0x1p-11F).bits, 0x3C00);
  EXPECT_EQ(isa::to_half(1 + 0x1.8p-10F).bits, 0x3C02);
  EXPECT_EQ(isa::to_half(0x1p-25F).bits, 0);
  EXPECT_EQ(isa::to_half(0x1.8p-25F).bits, 1);
  EXPECT_EQ(isa::to_half(65520).bits, 0x7C00);
  EXPECT_TRUE(std::isnan(isa::to_float(isa::to_half(std::numeric_limits<float>::quiet_NaN()))));
}

} // namespace
} // namespace tinyml::kernels::generic::training
