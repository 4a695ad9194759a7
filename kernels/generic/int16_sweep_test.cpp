// SPDX-License-Identifier: Apache-2.0
// int16 convolutions over many odd shapes: equal to the reference, apart from their input and laid
// over it at exactly the distance the planner relies on.
#include "compiler/codegen/pack.hpp"
#include "compiler/plan/kernel_facts.hpp"
#include "kernels/generic/conv2d_int16.hpp"
#include "kernels/isa/scalar/packing.hpp"
#include "kernels/reference/products_int16.hpp"

#include <gmock/gmock.h>

#include <random>

namespace tinyml::kernels::generic {
namespace {

using Elements = std::vector<std::int16_t>;

std::size_t size(std::int32_t value) { return static_cast<std::size_t>(value); }

std::size_t elements(const reference::Image &image) {
  return size(image.batches) * size(image.height) * size(image.width) * size(image.channels);
}

struct Case {
  reference::Conv2dShape shape{};
  bool depthwise = false;
  Elements input;
  ir::ConstantData filter; ///< OHWI, or 1HWO for depthwise
  std::vector<std::int64_t> bias;
  std::vector<std::int32_t> narrow_bias;
  std::vector<Multiplier> multipliers;
};

class Sweep : public ::testing::Test {
protected:
  std::int32_t pick(std::int32_t low, std::int32_t high) {
    return std::uniform_int_distribution<std::int32_t>(low, high)(random_);
  }

  reference::Conv2dShape shape(bool depthwise) {
    reference::Conv2dShape s{};
    do {
      s.groups = depthwise ? 1 : pick(1, 3);
      s.in = {pick(1, 2), pick(1, 8), pick(1, 8), s.groups * pick(1, 5)};
      s.window = {pick(1, 3), pick(1, 3), pick(1, 3), pick(1, 3), pick(1, 2), pick(1, 2)};
      s.window.pad_top = pick(0, s.window.kernel_h - 1);
      s.window.pad_left = pick(0, s.window.kernel_w - 1);
      const auto out = [](std::int32_t in, std::int32_t pads, std::int32_t span,
                          std::int32_t stride) {
        return in + pads < span ? 0 : (in + pads - span) / stride + 1;
      };
      s.out = {s.in.batches,
               out(s.in.height, s.window.pad_top, (s.window.kernel_h - 1) * s.window.dilation_h + 1,
                   s.window.stride_h),
               out(s.in.width, s.window.pad_left, (s.window.kernel_w - 1) * s.window.dilation_w + 1,
                   s.window.stride_w),
               depthwise ? s.in.channels * pick(1, 2) : s.groups * pick(1, 5)};
    } while (s.out.height < 1 || s.out.width < 1);
    return s;
  }

  Case make(bool depthwise) {
    Case c;
    c.depthwise = depthwise;
    c.shape = shape(depthwise);
    c.input.resize(elements(c.shape.in));
    for (auto &x : c.input) {
      x = static_cast<std::int16_t>(pick(-32768, 32767));
    }
    const std::int32_t depth = depthwise ? 1 : c.shape.in.channels / c.shape.groups;
    c.filter.resize(size(c.shape.window.kernel_h * c.shape.window.kernel_w * depth) *
                    size(c.shape.out.channels));
    for (auto &w : c.filter) {
      w = static_cast<std::uint8_t>(pick(0, 255));
    }
    for (std::int32_t channel = 0; channel < c.shape.out.channels; ++channel) {
      c.narrow_bias.push_back(pick(-2000000, 2000000));
      c.bias.push_back(c.narrow_bias.back());
      c.multipliers.push_back({pick(1 << 30, 2147483647), pick(-14, -3)});
    }
    return c;
  }

  std::mt19937 random_{7};
};

const std::int8_t *as_int8(const ir::ConstantData &data) {
  return reinterpret_cast<const std::int8_t *>(data.data());
}

Elements wanted(const Case &c, bool wide) {
  const reference::Int16Output output{c.multipliers.data(), wide, -30000, 31000};
  Elements out(elements(c.shape.out));
  const auto *filter = as_int8(c.filter);
  if (c.depthwise) {
    reference::depthwise_conv2d(c.shape, c.input.data(), filter, c.bias.data(), output, out.data());
  } else {
    reference::conv2d(c.shape, c.input.data(), filter, c.bias.data(), output, out.data());
  }
  return out;
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

/// The distance the planner would keep, in elements.
std::size_t lead_of(const Case &c) {
  const auto &s = c.shape;
  const auto &w = s.window;
  const auto image = [](const reference::Image &i) {
    return ir::TensorType{ir::ElementType::kInt16, {i.batches, i.height, i.width, i.channels}, {}};
  };
  const ir::Shape filter =
      c.depthwise ? ir::Shape{1, w.kernel_h, w.kernel_w, s.out.channels}
                  : ir::Shape{s.out.channels, w.kernel_h, w.kernel_w, s.in.channels / s.groups};
  ir::Graph graph;
  graph.values = {{"x", image(s.in), {}},
                  {"w", {ir::ElementType::kInt8, filter, {}}, {}},
                  {"y", image(s.out), {}}};
  using Ints = std::vector<std::int64_t>;
  ir::Node node{c.depthwise ? ir::Op::kDepthwiseConv2d : ir::Op::kConv2d, "", {0, 1}, {2}, {}};
  node.attributes["strides"] = Ints{w.stride_h, w.stride_w};
  node.attributes["dilations"] = Ints{w.dilation_h, w.dilation_w};
  node.attributes["pads"] = Ints{w.pad_top, w.pad_left, 0, 0};
  if (!c.depthwise) {
    node.attributes["groups"] = std::int64_t{s.groups};
  }
  const auto lead = plan::overlap_lead_bytes(graph, node, 0, isa::scalar::kPacking);
  EXPECT_TRUE(lead.has_value());
  return (static_cast<std::size_t>(std::max<std::int64_t>(0, lead.value_or(0))) + 1) / 2;
}

/// Runs the kernel apart from its input and over it.
template <typename Sum> void expect_reference(const Case &c, const std::vector<Sum> &bias) {
  constexpr bool kWide = sizeof(Sum) == 8;
  std::vector<std::int32_t> values;
  std::vector<std::int8_t> shifts;
  for (const Multiplier &m : c.multipliers) {
    values.push_back(kWide ? fraction16(m) : m.value);
    shifts.push_back(static_cast<std::int8_t>(m.shift));
  }
  const auto &w = c.shape.window;
  const ir::ConstantData filter = c.depthwise
                                      ? codegen::transposed(c.filter, size(w.kernel_h * w.kernel_w),
                                                            size(c.shape.out.channels), 1)
                                      : c.filter;
  const auto narrow = [](std::int32_t value) { return static_cast<std::uint16_t>(value); };
  const Conv2dInt16<Sum> layer{
      window_of(c.shape),   narrow(w.dilation_h),
      narrow(w.dilation_w), narrow(c.depthwise ? c.shape.in.channels : c.shape.groups),
      as_int8(filter),      {bias.data(), values.data(), shifts.data(), -30000, 31000, 1}};
  const Elements expected = wanted(c, kWide);
  Elements apart(expected.size());
  conv2d_int16<Sum>(layer, c.input.data(), apart.data());
  ASSERT_EQ(apart, expected);
  const std::size_t lead = lead_of(c);
  Elements arena(std::max(lead + c.input.size(), expected.size()));
  std::copy(c.input.begin(), c.input.end(), arena.begin() + static_cast<std::ptrdiff_t>(lead));
  conv2d_int16<Sum>(layer, arena.data() + lead, arena.data());
  arena.resize(expected.size());
  ASSERT_EQ(arena, expected) << "with the output " << lead << " elements below the input";
}

TEST_F(Sweep, Int16ConvolutionsEqualTheReference) {
  for (int round = 0; round < 300 && !HasFailure(); ++round) {
    const Case c = make(round % 2 == 1);
    expect_reference<std::int64_t>(c, c.bias);
    expect_reference<std::int32_t>(c, c.narrow_bias);
  }
}

} // namespace
} // namespace tinyml::kernels::generic
