// SPDX-License-Identifier: Apache-2.0
// Windowed kernels over many odd shapes: equal to the reference, and equal again when the output
// lies over the input at exactly the distance the planner relies on.
#include "compiler/codegen/pack.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/plan/kernel_facts.hpp"
#include "kernels/generic/average_pool2d.hpp"
#include "kernels/generic/conv2d.hpp"
#include "kernels/generic/conv2d_sparse.hpp"
#include "kernels/generic/depthwise_conv2d.hpp"
#if TINYML_SWEEP_LINES
#include "kernels/generic/depthwise_lines.hpp"
#endif
#include "kernels/generic/fully_connected.hpp"
#include "kernels/generic/max_pool2d.hpp"
#include "kernels/generic/sub.hpp"
#include "kernels/reference/depthwise_conv2d.hpp"
#include "kernels/reference/pool2d.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <random>

namespace tinyml::kernels::generic {
namespace {

using Bytes = std::vector<std::int8_t>;

std::size_t size(std::int32_t value) { return static_cast<std::size_t>(value); }

std::size_t elements(const reference::Image &image) {
  return size(image.batches) * size(image.height) * size(image.width) * size(image.channels);
}

/// A random window that fits its input, and data for it.
struct Case {
  reference::Conv2dShape shape{};
  Bytes input;
  ir::ConstantData filter; ///< OHWI, or 1HWC for depthwise
  std::vector<std::int32_t> bias;
  std::vector<std::int32_t> multipliers;
  std::vector<std::int8_t> shifts;
  std::vector<std::int8_t> right_shifts; ///< the same for Int8Arithmetic
  std::vector<Multiplier> pairs;

  [[nodiscard]] std::size_t outputs() const { return elements(shape.out); }
};

class Random {
public:
  explicit Random(unsigned seed) : engine_(seed) {}
  std::int32_t pick(std::int32_t low, std::int32_t high) {
    return std::uniform_int_distribution<std::int32_t>(low, high)(engine_);
  }
  std::int8_t byte() { return static_cast<std::int8_t>(pick(-128, 127)); }

private:
  std::mt19937 engine_;
};

std::int32_t out_size(std::int32_t size, std::int32_t pads, std::int32_t kernel,
                      std::int32_t dilation, std::int32_t stride) {
  const std::int32_t room = size + pads - ((kernel - 1) * dilation + 1);
  return room < 0 ? 0 : room / stride + 1;
}

enum class Kind { kDense, kSparse, kDepthwise, kPool };

bool is_sparse(const reference::Conv2dShape &s) {
  return s.groups > 1 || s.window.dilation_h > 1 || s.window.dilation_w > 1;
}

/// Shape with at least one output; pools never have an empty window. Most are small, one in eight
/// has more channels than a tile of any kernel set.
reference::Conv2dShape random_shape(Random &random, Kind kind) {
  reference::Conv2dShape s{};
  const bool deep = random.pick(0, 7) == 0;
  const std::int32_t most_channels = deep ? 70 : 7;
  const std::int32_t most_pixels = deep ? 5 : 9;
  do {
    s.groups = kind == Kind::kSparse ? random.pick(1, 3) : 1;
    s.in = {random.pick(1, 2), random.pick(1, most_pixels), random.pick(1, most_pixels),
            s.groups * random.pick(1, most_channels)};
    s.window = {random.pick(1, 4), random.pick(1, 4), random.pick(1, 3), random.pick(1, 3)};
    if (kind == Kind::kSparse) {
      s.window.dilation_h = random.pick(1, 3);
      s.window.dilation_w = random.pick(1, 3);
    }
    s.window.pad_top = random.pick(0, s.window.kernel_h - 1);
    s.window.pad_left = random.pick(0, s.window.kernel_w - 1);
    const std::int32_t bottom = random.pick(0, s.window.pad_top);
    const std::int32_t right = random.pick(0, s.window.pad_left);
    s.out = {s.in.batches,
             out_size(s.in.height, s.window.pad_top + bottom, s.window.kernel_h,
                      s.window.dilation_h, s.window.stride_h),
             out_size(s.in.width, s.window.pad_left + right, s.window.kernel_w, s.window.dilation_w,
                      s.window.stride_w),
             kind == Kind::kDense || kind == Kind::kSparse
                 ? s.groups * random.pick(1, most_channels)
                 : s.in.channels};
  } while (s.out.height < 1 || s.out.width < 1 || (kind == Kind::kSparse && !is_sparse(s)));
  return s;
}

/// `wide`: with scales of 1/2 and more.
Case filled_case(Random &random, const reference::Conv2dShape &shape, Kind kind, bool wide) {
  Case c;
  c.shape = shape;
  const auto &in = c.shape.in;
  c.input.resize(elements(in));
  std::generate(c.input.begin(), c.input.end(), [&] { return random.byte(); });
  const std::int32_t depth = kind == Kind::kDepthwise ? 1 : in.channels / c.shape.groups;
  c.filter.resize(size(c.shape.window.kernel_h) * size(c.shape.window.kernel_w) * size(depth) *
                  size(c.shape.out.channels));
  std::generate(c.filter.begin(), c.filter.end(),
                [&] { return static_cast<std::uint8_t>(random.byte()); });
  for (std::int32_t channel = 0; channel < c.shape.out.channels; ++channel) {
    c.bias.push_back(random.pick(-20000, 20000));
    c.pairs.push_back({random.pick(1 << 30, std::numeric_limits<std::int32_t>::max()),
                       random.pick(-12, wide ? 1 : -1)});
    c.multipliers.push_back(c.pairs.back().value);
    c.shifts.push_back(static_cast<std::int8_t>(c.pairs.back().shift));
    c.right_shifts.push_back(static_cast<std::int8_t>(-1 - c.pairs.back().shift));
  }
  return c;
}

Case random_case(Random &random, Kind kind, bool wide) {
  return filled_case(random, random_shape(random, kind), kind, wide);
}

Window window_of(const reference::Conv2dShape &s) {
  const auto narrow = [](std::int32_t value) { return static_cast<std::uint16_t>(value); };
  const auto &w = s.window;
  return {narrow(s.in.height),
          narrow(s.in.width),
          narrow(s.in.channels),
          narrow(s.out.height),
          narrow(s.out.width),
          narrow(s.out.channels),
          narrow((w.kernel_h - 1) * w.dilation_h + 1),
          narrow((w.kernel_w - 1) * w.dilation_w + 1),
          narrow(w.stride_h),
          narrow(w.stride_w),
          narrow(w.pad_top),
          narrow(w.pad_left),
          narrow(s.in.batches)};
}

constexpr std::int32_t kInputZero = -7;
constexpr std::int32_t kOutputZero = 5;

/// Scales of 1/2 and more take another arithmetic, see Int8WideArithmetic.
template <typename A> A arithmetic_of(const Case &c, const std::vector<std::int32_t> &bias) {
  const auto &shifts = std::is_same_v<A, Int8Arithmetic> ? c.right_shifts : c.shifts;
  return {bias.data(), c.multipliers.data(), shifts.data(), kOutputZero, -100, 120, 1};
}

/// What the code generator folds into the bias for kernels that sum products of held inputs.
std::vector<std::int32_t> folded_bias(const Case &c, std::int32_t zero, bool depthwise = false) {
  std::vector<std::int32_t> bias = c.bias;
  const std::size_t depth = c.filter.size() / bias.size();
  for (std::size_t i = 0; i < c.filter.size(); ++i) {
    bias[depthwise ? i % bias.size() : i / depth] -= zero * static_cast<std::int8_t>(c.filter[i]);
  }
  return bias;
}

/// The distance the planner would keep, asked as it asks.
std::int64_t lead_of(const Case &c, ir::Op op) {
  const auto &s = c.shape;
  const auto &w = s.window;
  const auto image = [](const reference::Image &i) {
    return ir::TensorType{ir::ElementType::kInt8, {i.batches, i.height, i.width, i.channels}, {}};
  };
  ir::Graph graph;
  const ir::Shape filter =
      op == ir::Op::kDepthwiseConv2d
          ? ir::Shape{1, w.kernel_h, w.kernel_w, s.out.channels}
          : ir::Shape{s.out.channels, w.kernel_h, w.kernel_w, s.in.channels / s.groups};
  graph.values = {{"x", image(s.in), {}},
                  {"w", {ir::ElementType::kInt8, filter, {}}, {}},
                  {"y", image(s.out), {}}};
  using Ints = std::vector<std::int64_t>;
  ir::Node node{op, "", {0, 1}, {2}, {}};
  node.attributes["strides"] = Ints{w.stride_h, w.stride_w};
  node.attributes["groups"] = std::int64_t{s.groups};
  node.attributes["dilations"] = Ints{w.dilation_h, w.dilation_w};
  node.attributes["pads"] = Ints{w.pad_top, w.pad_left, 0, 0};
  node.attributes["kernel"] = Ints{w.kernel_h, w.kernel_w};
  // The kernel that goes by lines has a sweep of its own.
  isa::Packing packing = isa::kPacking;
  packing.int8_depthwise_lines = false;
  const auto lead = plan::overlap_lead_bytes(graph, node, 0, packing);
  EXPECT_TRUE(lead.has_value());
  return lead.value_or(0);
}

/// Runs `kernel(input, output)` apart and overlapped; both must give `wanted`.
template <typename Kernel>
void expect_both(const Case &c, ir::Op op, const Bytes &wanted, const Kernel &kernel) {
  Bytes apart(c.outputs());
  kernel(c.input.data(), apart.data());
  ASSERT_EQ(apart, wanted);

  const auto lead = static_cast<std::size_t>(std::max<std::int64_t>(0, lead_of(c, op)));
  Bytes arena(std::max(lead + c.input.size(), c.outputs()));
  std::copy(c.input.begin(), c.input.end(), arena.begin() + static_cast<std::ptrdiff_t>(lead));
  kernel(arena.data() + lead, arena.data());
  arena.resize(c.outputs());
  ASSERT_EQ(arena, wanted) << "with the output " << lead << " bytes below the input";
}

constexpr const isa::ProductPacking &kPatches = isa::kPacking.int8_patches;

/// Working memory as the plan gives it; its old content must not matter.
std::vector<std::uint8_t> dirty_scratch(int depth) {
  return std::vector<std::uint8_t>(static_cast<std::size_t>(kPatches.scratch_bytes(depth)) + 16,
                                   0xA5);
}
void *aligned(std::vector<std::uint8_t> &scratch) {
  const auto address = reinterpret_cast<std::uintptr_t>(scratch.data());
  return scratch.data() + (16 - address % 16) % 16;
}
constexpr int kRounds = 400;

const std::int8_t *as_int8(const ir::ConstantData &data) {
  return reinterpret_cast<const std::int8_t *>(data.data());
}

Bytes reference_convolution(const Case &c, bool depthwise) {
  const reference::Int8Output output{c.pairs.data(), kOutputZero, -100, 120};
  Bytes out(c.outputs());
  if (depthwise) {
    reference::depthwise_conv2d(c.shape, c.input.data(), kInputZero, as_int8(c.filter),
                                c.bias.data(), output, out.data());
  } else {
    reference::conv2d(c.shape, c.input.data(), kInputZero, as_int8(c.filter), c.bias.data(), output,
                      out.data());
  }
  return out;
}

template <typename A> void sweep_conv2d(unsigned seed) {
  Random random(seed);
  for (int round = 0; round < kRounds; ++round) {
    const Case c = random_case(random, Kind::kDense, std::is_same_v<A, Int8WideArithmetic>);
    const std::size_t inputs = c.filter.size() / size(c.shape.out.channels);
    const auto packed =
        codegen::pack_dense(c.filter, {1, size(c.shape.out.channels), inputs}, 1, kPatches);
    const auto bias = folded_bias(c, kInputZero + kPatches.held_offset);
    auto scratch = dirty_scratch(static_cast<int>(inputs));
    const Conv2d<A> layer{window_of(c.shape), as_int8(packed),
                          kPatches.padded(static_cast<int>(inputs)), kInputZero,
                          arithmetic_of<A>(c, bias)};
    expect_both(
        c, ir::Op::kConv2d, reference_convolution(c, false),
        [&](const std::int8_t *x, std::int8_t *y) { conv2d<A>(layer, x, y, aligned(scratch)); });
    ASSERT_FALSE(::testing::Test::HasFailure()) << "round " << round;
  }
}

TEST(Sweep, Conv2dEqualsTheReference) { sweep_conv2d<Int8Arithmetic>(1); }
TEST(Sweep, Conv2dWithLargeScalesEqualsTheReference) { sweep_conv2d<Int8WideArithmetic>(5); }

TEST(Sweep, GroupedAndDilatedConv2dEqualsTheReference) {
  Random random(2);
  const auto narrow = [](std::int32_t value) { return static_cast<std::uint16_t>(value); };
  for (int round = 0; round < kRounds; ++round) {
    const Case c = random_case(random, Kind::kSparse, false);
    const std::size_t depth = c.filter.size() / size(c.shape.out.channels);
    const auto packed = codegen::pack_dense(
        c.filter, {size(c.shape.groups), size(c.shape.out.channels / c.shape.groups), depth}, 1,
        kPatches);
    const auto bias = folded_bias(c, kInputZero + kPatches.held_offset);
    auto scratch = dirty_scratch(static_cast<int>(depth));
    const Conv2dSparse<Int8Arithmetic> layer{window_of(c.shape),
                                             narrow(c.shape.window.dilation_h),
                                             narrow(c.shape.window.dilation_w),
                                             narrow(c.shape.groups),
                                             as_int8(packed),
                                             kPatches.padded(static_cast<int>(depth)),
                                             kInputZero,
                                             arithmetic_of<Int8Arithmetic>(c, bias)};
    expect_both(c, ir::Op::kConv2d, reference_convolution(c, false),
                [&](const std::int8_t *x, std::int8_t *y) {
                  conv2d_sparse<Int8Arithmetic>(layer, x, y, aligned(scratch));
                });
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

template <typename A> void sweep_depthwise(unsigned seed) {
  constexpr const isa::DepthwisePacking &kDepthwise = isa::kPacking.int8_depthwise;
  Random random(seed);
  for (int round = 0; round < kRounds; ++round) {
    const Case c = random_case(random, Kind::kDepthwise, std::is_same_v<A, Int8WideArithmetic>);
    const auto packed = codegen::pack_depthwise(
        c.filter, {c.shape.window.kernel_h, c.shape.window.kernel_w, size(c.shape.out.channels)}, 1,
        kDepthwise);
    const auto bias = kDepthwise.folds_zero_point
                          ? folded_bias(c, kInputZero + kDepthwise.held_offset, true)
                          : c.bias;
    const DepthwiseConv2d<A> layer{window_of(c.shape), as_int8(packed), -kInputZero,
                                   arithmetic_of<A>(c, bias)};
    expect_both(c, ir::Op::kDepthwiseConv2d, reference_convolution(c, true),
                [&](const std::int8_t *x, std::int8_t *y) { depthwise_conv2d<A>(layer, x, y); });
    ASSERT_FALSE(::testing::Test::HasFailure()) << "round " << round;
  }
}

TEST(Sweep, DepthwiseConv2dEqualsTheReference) { sweep_depthwise<Int8Arithmetic>(3); }
TEST(Sweep, DepthwiseWithLargeScalesEqualsTheReference) { sweep_depthwise<Int8WideArithmetic>(6); }

#if TINYML_SWEEP_LINES
/// Small images, many channels, both strides; apart and exactly in place.
template <typename A> void sweep_lines(unsigned seed) {
  Random random(seed);
  for (int round = 0; round < kRounds; ++round) {
    reference::Conv2dShape s{};
    const std::int32_t stride = random.pick(1, 2);
    s.in = {random.pick(1, 2), random.pick(2, 9), random.pick(2, 9), random.pick(1, 9)};
    s.window = {3, 3, stride, stride, 1, 1, random.pick(0, 1), random.pick(0, 1)};
    s.out = {
        s.in.batches, out_size(s.in.height, s.window.pad_top + random.pick(0, 1), 3, 1, stride),
        out_size(s.in.width, s.window.pad_left + random.pick(0, 1), 3, 1, stride), s.in.channels};
    if (s.out.height < 1 || s.out.width < 1) {
      continue;
    }
    const Case c = filled_case(random, s, Kind::kDepthwise, std::is_same_v<A, Int8WideArithmetic>);
    const std::size_t channels = size(s.out.channels);
    const auto packed =
        codegen::pack_depthwise(c.filter, {3, 3, channels}, 1, isa::kDepthwiseLines);
    std::vector<std::int32_t> bias = c.bias;
    for (std::size_t i = 0; i < c.filter.size(); ++i) {
      bias[i % channels] -= kInputZero * static_cast<std::int8_t>(c.filter[i]);
    }
    std::vector<std::uint8_t> scratch(static_cast<std::size_t>(isa::depthwise_lines_bytes(
                                          s.in.width, s.out.width, stride, s.window.pad_left)) +
                                          16,
                                      0xA5);
    const DepthwiseLines<A> layer{window_of(s), as_int8(packed), kInputZero,
                                  arithmetic_of<A>(c, bias)};
    const Bytes wanted = reference_convolution(c, true);
    Bytes apart(c.outputs());
    depthwise_lines<A>(layer, c.input.data(), apart.data(), aligned(scratch));
    ASSERT_EQ(apart, wanted) << "round " << round;
    Bytes in_place = c.input;
    depthwise_lines<A>(layer, in_place.data(), in_place.data(), aligned(scratch));
    in_place.resize(c.outputs());
    ASSERT_EQ(in_place, wanted) << "in place, round " << round;
  }
}

TEST(Sweep, DepthwiseLinesEqualTheReference) { sweep_lines<Int8Arithmetic>(9); }
TEST(Sweep, DepthwiseLinesWithLargeScalesEqualTheReference) { sweep_lines<Int8WideArithmetic>(10); }
#endif

/// One row of inputs, as long as a channel count can be.
template <typename A> void sweep_row(unsigned seed) {
  constexpr const isa::ProductPacking &kRow = isa::kPacking.int8_row;
  Random random(seed);
  for (int round = 0; round < kRounds; ++round) {
    const std::int32_t inputs = random.pick(1, 200);
    const std::int32_t outputs = random.pick(1, 40);
    const reference::Conv2dShape shape{{1, 1, 1, inputs}, {1, 1, 1, outputs}, {1, 1, 1, 1}, 1};
    const Case c = filled_case(random, shape, Kind::kDense, std::is_same_v<A, Int8WideArithmetic>);
    const auto packed = codegen::pack_dense(c.filter, {1, size(outputs), size(inputs)}, 1, kRow);
    const auto bias = folded_bias(c, kInputZero + kRow.held_offset);
    std::vector<std::uint8_t> scratch(static_cast<std::size_t>(kRow.scratch_bytes(inputs)) + 16,
                                      0xA5);
    const FullyConnected<A> layer{inputs, outputs, as_int8(packed), arithmetic_of<A>(c, bias)};
    Bytes out(size(outputs));
    fully_connected<A>(layer, c.input.data(), out.data(), aligned(scratch));
    ASSERT_EQ(out, reference_convolution(c, false)) << "round " << round;
  }
}

TEST(Sweep, FullyConnectedEqualsTheReference) { sweep_row<Int8Arithmetic>(7); }
TEST(Sweep, FullyConnectedWithLargeScalesEqualsTheReference) { sweep_row<Int8WideArithmetic>(8); }

/// Sums of any length, in place and apart, against the operation on one element at a time.
template <typename Operation> void sweep_sums(const Operation &operation) {
  Random random(11);
  for (std::int32_t count = 1; count < 70; ++count) {
    Bytes a(size(count));
    Bytes b(size(count));
    std::generate(a.begin(), a.end(), [&] { return random.byte(); });
    std::generate(b.begin(), b.end(), [&] { return random.byte(); });
    Bytes wanted(a.size());
    std::transform(a.begin(), a.end(), b.begin(), wanted.begin(), operation);
    const Binary<Operation, 1> layer{{{count}, {1}, {1}}, operation};
    Bytes made(a.size());
    binary(layer, a.data(), b.data(), made.data());
    ASSERT_EQ(made, wanted) << count << " elements";
    binary(layer, a.data(), b.data(), b.data());
    ASSERT_EQ(b, wanted) << count << " elements in place";
  }
}

TEST(Sweep, SumsAndDifferencesTreatEveryElementAlike) {
  for (const float output_scale : {0.02F, 0.0004F, 3.0F}) {
    const Add<std::int8_t> add{
        add_multipliers(0.05F, 0.013F, output_scale), -128, 17, -3, -100, 120};
    sweep_sums(add);
    sweep_sums(Sub<std::int8_t>{add});
  }
}

TEST(Sweep, PoolsEqualTheReference) {
  Random random(4);
  for (int round = 0; round < kRounds; ++round) {
    const Case c = random_case(random, Kind::kPool, false);
    const reference::Pool2dShape shape{c.shape.in, c.shape.out, c.shape.window};
    const MaxPool2d max{window_of(c.shape)};
    const AveragePool2d mean{window_of(c.shape)};
    Bytes wanted(c.outputs());
    reference::max_pool2d(shape, c.input.data(), wanted.data());
    expect_both(c, ir::Op::kMaxPool2d, wanted,
                [&](const std::int8_t *x, std::int8_t *y) { max_pool2d(max, x, y); });
    reference::average_pool2d(shape, c.input.data(), wanted.data());
    expect_both(c, ir::Op::kAveragePool2d, wanted,
                [&](const std::int8_t *x, std::int8_t *y) { average_pool2d(mean, x, y); });
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

} // namespace
} // namespace tinyml::kernels::generic
