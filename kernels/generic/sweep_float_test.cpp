// SPDX-License-Identifier: Apache-2.0
// Float kernels over many odd shapes: every bit is the reference's, because each lane adds in its
// order.
#include "compiler/codegen/pack.hpp"
#include "kernels/generic/clamp.hpp"
#include "kernels/generic/conv2d.hpp"
#include "kernels/generic/depthwise_conv2d.hpp"
#include "kernels/generic/fully_connected.hpp"
#include "kernels/generic/max_pool2d.hpp"
#include "kernels/reference/conv2d.hpp"
#include "kernels/reference/depthwise_conv2d.hpp"
#include "kernels/reference/pool2d.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>
#include <random>

namespace tinyml::kernels::generic {
namespace {

using Floats = std::vector<float>;

constexpr int kRounds = 150;
constexpr float kLow = -3.5F;
constexpr float kHigh = 6.0F;

std::size_t size(std::int32_t value) { return static_cast<std::size_t>(value); }

class Random {
public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::int32_t pick(std::int32_t low, std::int32_t high) {
    return std::uniform_int_distribution<std::int32_t>(low, high)(engine_);
  }
  Floats floats(std::size_t count) {
    Floats values(count);
    for (float &value : values) {
      value = std::uniform_real_distribution<float>(-1, 1)(engine_);
    }
    return values;
  }

private:
  std::mt19937 engine_;
};

/// A window over a small image; one in eight has more channels than a tile of any kernel set.
reference::Conv2dShape random_shape(Random &random, bool per_channel) {
  const std::int32_t most = random.pick(0, 7) == 0 ? 70 : 9;
  const std::int32_t channels = random.pick(1, most);
  reference::Conv2dShape s{};
  do {
    s.in = {random.pick(1, 2), random.pick(1, 6), random.pick(1, 6), channels};
    s.window = {random.pick(1, 3), random.pick(1, 3), random.pick(1, 2), random.pick(1, 2)};
    s.window.pad_top = random.pick(0, s.window.kernel_h - 1);
    s.window.pad_left = random.pick(0, s.window.kernel_w - 1);
    const auto out = [](std::int32_t length, std::int32_t pad, std::int32_t kernel,
                        std::int32_t stride) { return (length + 2 * pad - kernel) / stride + 1; };
    const auto &w = s.window;
    s.out = {s.in.batches, out(s.in.height, w.pad_top, w.kernel_h, w.stride_h),
             out(s.in.width, w.pad_left, w.kernel_w, w.stride_w),
             per_channel ? channels : random.pick(1, most)};
  } while (s.in.height + s.window.pad_top < s.window.kernel_h ||
           s.in.width + s.window.pad_left < s.window.kernel_w);
  s.groups = 1;
  return s;
}

std::size_t elements(const reference::Image &image) {
  return size(image.batches * image.height * image.width * image.channels);
}

Window window_of(const reference::Conv2dShape &s) {
  const auto narrow = [](std::int32_t value) { return static_cast<std::uint16_t>(value); };
  const auto &w = s.window;
  return {narrow(s.in.height), narrow(s.in.width),     narrow(s.in.channels), narrow(s.out.height),
          narrow(s.out.width), narrow(s.out.channels), narrow(w.kernel_h),    narrow(w.kernel_w),
          narrow(w.stride_h),  narrow(w.stride_w),     narrow(w.pad_top),     narrow(w.pad_left),
          narrow(s.in.batches)};
}

ir::ConstantData bytes_of(const Floats &values) {
  ir::ConstantData bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

const float *as_floats(const ir::ConstantData &bytes) {
  return reinterpret_cast<const float *>(bytes.data());
}

/// Working memory as the plan gives it, aligned to 16; its old content must not matter.
struct Scratch {
  struct alignas(16) Block {
    std::uint8_t bytes[16];
  };
  explicit Scratch(long long bytes) : blocks(static_cast<std::size_t>(bytes / 16 + 1)) {
    std::memset(blocks.data(), 0xA5, blocks.size() * sizeof(Block));
  }
  std::vector<Block> blocks;
};

void expect_same_bits(const Floats &made, const Floats &wanted, int round) {
  ASSERT_EQ(made.size(), wanted.size());
  ASSERT_EQ(std::memcmp(made.data(), wanted.data(), made.size() * sizeof(float)), 0)
      << "round " << round;
}

TEST(FloatSweep, Conv2dEqualsTheReference) {
  constexpr const isa::ProductPacking &kPacking = isa::kPacking.float_patches;
  Random random(1);
  for (int round = 0; round < kRounds; ++round) {
    const auto shape = random_shape(random, false);
    const std::int32_t outputs = shape.out.channels;
    const std::int32_t depth = shape.window.kernel_h * shape.window.kernel_w * shape.in.channels;
    const Floats x = random.floats(elements(shape.in));
    const Floats filter = random.floats(size(depth * outputs));
    const Floats bias = random.floats(size(outputs));
    Floats wanted(elements(shape.out));
    reference::conv2d(shape, x.data(), filter.data(), bias.data(), {kLow, kHigh}, wanted.data());

    const auto packed =
        codegen::pack_dense(bytes_of(filter), {1, size(outputs), size(depth)}, 4, kPacking);
    const Conv2d<FloatArithmetic> layer{
        window_of(shape), as_floats(packed), kPacking.padded(depth), 0, {bias.data(), kLow, kHigh}};
    Scratch scratch(kPacking.scratch_bytes(depth));
    Floats made(wanted.size());
    conv2d<FloatArithmetic>(layer, x.data(), made.data(), scratch.blocks.data());
    expect_same_bits(made, wanted, round);
  }
}

TEST(FloatSweep, DepthwiseConv2dEqualsTheReference) {
  Random random(2);
  for (int round = 0; round < kRounds; ++round) {
    const auto shape = random_shape(random, true);
    const auto &w = shape.window;
    const Floats x = random.floats(elements(shape.in));
    const Floats filter = random.floats(size(w.kernel_h * w.kernel_w * shape.in.channels));
    const Floats bias = random.floats(size(shape.in.channels));
    Floats wanted(elements(shape.out));
    reference::depthwise_conv2d(shape, x.data(), filter.data(), bias.data(), {kLow, kHigh},
                                wanted.data());

    const auto packed =
        codegen::pack_depthwise(bytes_of(filter), {w.kernel_h, w.kernel_w, size(shape.in.channels)},
                                4, isa::kPacking.float_depthwise);
    const DepthwiseConv2d<FloatArithmetic> layer{
        window_of(shape), as_floats(packed), 0, {bias.data(), kLow, kHigh}};
    Floats made(wanted.size());
    depthwise_conv2d<FloatArithmetic>(layer, x.data(), made.data());
    expect_same_bits(made, wanted, round);
  }
}

TEST(FloatSweep, FullyConnectedEqualsTheReference) {
  constexpr const isa::ProductPacking &kPacking = isa::kPacking.float_row;
  Random random(3);
  for (int round = 0; round < kRounds; ++round) {
    const std::int32_t inputs = random.pick(1, 300);
    const std::int32_t outputs = random.pick(1, 70);
    const reference::Conv2dShape shape{{1, 1, 1, inputs}, {1, 1, 1, outputs}, {1, 1, 1, 1}, 1};
    const Floats x = random.floats(size(inputs));
    const Floats weights = random.floats(size(inputs * outputs));
    const Floats bias = random.floats(size(outputs));
    Floats wanted(size(outputs));
    reference::conv2d(shape, x.data(), weights.data(), bias.data(), {kLow, kHigh}, wanted.data());

    const auto packed =
        codegen::pack_dense(bytes_of(weights), {1, size(outputs), size(inputs)}, 4, kPacking);
    const FullyConnected<FloatArithmetic> layer{
        inputs, outputs, as_floats(packed), {bias.data(), kLow, kHigh}};
    Scratch scratch(kPacking.scratch_bytes(inputs));
    Floats made(wanted.size());
    fully_connected<FloatArithmetic>(layer, x.data(), made.data(), scratch.blocks.data());
    expect_same_bits(made, wanted, round);
  }
}

TEST(FloatSweep, MaxPoolEqualsTheReference) {
  Random random(4);
  for (int round = 0; round < kRounds; ++round) {
    const auto shape = random_shape(random, true);
    const Floats x = random.floats(elements(shape.in));
    Floats wanted(elements(shape.out));
    reference::max_pool2d({shape.in, shape.out, shape.window}, x.data(), wanted.data());
    Floats made(wanted.size());
    max_pool2d(MaxPool2d{window_of(shape)}, x.data(), made.data());
    expect_same_bits(made, wanted, round);
  }
}

/// Of any length, in place, with numbers that compare with nothing.
TEST(FloatSweep, ClampingTreatsEveryElementAlike) {
  Random random(5);
  for (std::int32_t count = 1; count < 70; ++count) {
    Floats x = random.floats(size(count));
    x[0] = std::numeric_limits<float>::quiet_NaN();
    x[size(count / 2)] = std::numeric_limits<float>::infinity();
    x.back() = -0.0F;
    const Clamp<float> layer{count, 0.0F, 0.5F};
    Floats wanted(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) { // one element at a time
      clamp_elements(Clamp<float>{1, layer.low, layer.high}, &x[i], &wanted[i]);
    }
    clamp_elements(layer, x.data(), x.data());
    expect_same_bits(x, wanted, count);
  }
}

} // namespace
} // namespace tinyml::kernels::generic
