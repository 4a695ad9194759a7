// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/step.hpp"
#include "compiler/interpret/window_shapes.hpp"
#include "kernels/reference/depthwise_conv2d.hpp"
#include "kernels/reference/fully_connected.hpp"
#include "kernels/reference/move.hpp"
#include "kernels/reference/pool2d.hpp"
#include "kernels/reference/products_int16.hpp"
#include "kernels/reference/transpose_conv2d.hpp"

namespace tinyml::interpret {
namespace {

namespace reference = kernels::reference;
using kernels::Multiplier;

std::vector<Multiplier> multipliers_of(const StepContext &context, std::int64_t outputs) {
  std::vector<Multiplier> multipliers;
  const auto &scales = context.in_type(1).quantization->scales;
  const bool one = scales.size() == 1;
  auto *const multiplier = one && context.node.op == ir::Op::kFullyConnected
                               ? kernels::fully_connected_multiplier
                               : kernels::convolution_multiplier;
  for (std::int64_t c = 0; c < outputs; ++c) {
    const float scale = scales[one ? 0 : static_cast<std::size_t>(c)];
    multipliers.push_back(
        multiplier(context.scale(context.in_type(0)), scale, context.scale(context.out_type())));
  }
  return multipliers;
}

reference::Int8Output int8_output(const StepContext &context,
                                  const std::vector<Multiplier> &multipliers) {
  const ir::Range range =
      ir::activation_range(ir::activation_of(context.node), *context.out_type().quantization);
  return {multipliers.data(), context.zero(context.out_type()), range.low, range.high};
}

/// Four-dimensional tensor with its channels moved last (or back): OIHW to OHWI works the same.
void move_channels(const ir::Shape &shape, bool last, const float *from, float *to) {
  const reference::Dims dims = {1, 1, shape[0], shape[1], shape[2], shape[3]};
  const std::array<std::size_t, 6> permutation = last
                                                     ? std::array<std::size_t, 6>{0, 1, 2, 4, 5, 3}
                                                     : std::array<std::size_t, 6>{0, 1, 2, 5, 3, 4};
  reference::transpose(dims, permutation, sizeof(float),
                       reinterpret_cast<const std::uint8_t *>(from),
                       reinterpret_cast<std::uint8_t *>(to));
}

ir::Shape nhwc_shape(const ir::Shape &nchw) { return {nchw[0], nchw[2], nchw[3], nchw[1]}; }

std::vector<float> room_for(const ir::Shape &shape) {
  return std::vector<float>(static_cast<std::size_t>(ir::element_count(shape)));
}

/// Buffers for running a channels-last kernel on channels-first data.
struct Detour {
  ir::Shape x_shape, out_shape;
  std::vector<float> x, out;

  explicit Detour(const StepContext &context)
      : x_shape(context.in_type(0).shape), out_shape(context.out_type().shape),
        x(room_for(x_shape)), out(room_for(out_shape)) {}

  template <typename Run> void operator()(const float *from, float *to, const Run &run) {
    move_channels(x_shape, true, from, x.data());
    run(x.data(), out.data());
    move_channels(nhwc_shape(out_shape), false, out.data(), to);
  }
};

reference::Conv2dShape conv_shape(const StepContext &context) {
  const ir::Layout layout = ir::layout_of(context.node);
  return {image_of(context.in_type(0).shape, layout), image_of(context.out_type().shape, layout),
          window_shape(ir::window_of(context.node, context.in_type(1).shape)),
          static_cast<std::int32_t>(ir::int_attribute(context.node, "groups", 1))};
}

void run_float_convolution(const StepContext &context, const reference::Conv2dShape &shape,
                           const float *x, const float *filter, float *out) {
  const auto clamp = float_clamp(ir::activation_of(context.node));
  const auto *bias = context.in<float>(2);
  switch (context.node.op) {
  case ir::Op::kDepthwiseConv2d:
    reference::depthwise_conv2d(shape, x, filter, bias, clamp, out);
    break;
  case ir::Op::kTransposeConv2d:
    reference::transpose_conv2d(shape, x, filter, bias, clamp, out);
    break;
  default:
    reference::conv2d(shape, x, filter, bias, clamp, out);
  }
}

Step make_channels_first_convolution(const StepContext &context) {
  const reference::Conv2dShape shape = conv_shape(context);
  const ir::Shape filter_shape = context.in_type(1).shape;
  return [=, detour = Detour(context), filter = room_for(filter_shape)]() mutable {
    move_channels(filter_shape, true, context.in<float>(1), filter.data());
    detour(context.in<float>(0), context.out<float>(), [&](const float *x, float *out) {
      run_float_convolution(context, shape, x, filter.data(), out);
    });
  };
}

Step make_float_convolution(const StepContext &context) {
  return [=, shape = conv_shape(context)] {
    run_float_convolution(context, shape, context.in<float>(0), context.in<float>(1),
                          context.out<float>());
  };
}

Step make_int8_convolution(const StepContext &context) {
  const reference::Conv2dShape shape = conv_shape(context);
  const bool depthwise = context.node.op == ir::Op::kDepthwiseConv2d;
  const std::int32_t x_zero = context.zero(context.in_type(0));
  return [=, multipliers = multipliers_of(context, shape.out.channels)] {
    const auto output = int8_output(context, multipliers);
    const auto *x = context.in<std::int8_t>(0);
    const auto *filter = context.in<std::int8_t>(1);
    const auto *bias = context.in<std::int32_t>(2);
    if (context.node.op == ir::Op::kTransposeConv2d) {
      reference::transpose_conv2d(shape, x, x_zero, filter, bias, output,
                                  context.out<std::int8_t>());
    } else if (depthwise) {
      reference::depthwise_conv2d(shape, x, x_zero, filter, bias, output,
                                  context.out<std::int8_t>());
    } else {
      reference::conv2d(shape, x, x_zero, filter, bias, output, context.out<std::int8_t>());
    }
  };
}

template <typename T> Step make_dense_pool(const StepContext &context) {
  const reference::Pool2dShape shape = {image_of(context.in_type(0).shape, ir::Layout::kNhwc),
                                        image_of(context.out_type().shape, ir::Layout::kNhwc),
                                        window_shape(ir::window_of(context.node, {}))};
  if (context.node.op == ir::Op::kMaxPool2d) {
    return [=] { reference::max_pool2d(shape, context.in<T>(0), context.out<T>()); };
  }
  return [=] { reference::average_pool2d(shape, context.in<T>(0), context.out<T>()); };
}

Step make_channels_first_pool(const StepContext &context) {
  const reference::Pool2dShape shape = {image_of(context.in_type(0).shape, ir::Layout::kNchw),
                                        image_of(context.out_type().shape, ir::Layout::kNchw),
                                        window_shape(ir::window_of(context.node, {}))};
  return [=, detour = Detour(context)]() mutable {
    detour(context.in<float>(0), context.out<float>(), [&](const float *x, float *out) {
      if (context.node.op == ir::Op::kMaxPool2d) {
        reference::max_pool2d(shape, x, out);
      } else {
        reference::average_pool2d(shape, x, out);
      }
    });
  };
}

} // namespace

reference::Image image_of(const ir::Shape &shape, ir::Layout layout) {
  const ir::ImageAxes axes = ir::image_axes(layout);
  const auto dim = [&](std::size_t axis) { return static_cast<std::int32_t>(shape[axis]); };
  return {dim(axes.n), dim(axes.h), dim(axes.w), dim(axes.c)};
}

reference::WindowShape window_shape(const ir::Window &w) {
  const auto narrow = [](std::int64_t v) { return static_cast<std::int32_t>(v); };
  return {narrow(w.kernel_h),   narrow(w.kernel_w),   narrow(w.stride_h), narrow(w.stride_w),
          narrow(w.dilation_h), narrow(w.dilation_w), narrow(w.pad_top),  narrow(w.pad_left)};
}

Expected<Step> make_convolution(const StepContext &context) {
  const bool channels_first = ir::layout_of(context.node) == ir::Layout::kNchw;
  if (context.is_int8()) {
    return channels_first ? Expected<Step>(float_only(context.node))
                          : Expected<Step>(make_int8_convolution(context));
  }
  return channels_first ? make_channels_first_convolution(context)
                        : make_float_convolution(context);
}

Step make_int16_product(const StepContext &context) {
  const bool is_matrix = context.node.op == ir::Op::kFullyConnected;
  const ir::Shape &weights = context.in_type(1).shape;
  const std::int64_t outputs = is_matrix ? weights[0] : context.out_type().shape[3];
  const bool has_bias = context.node.inputs.size() > 2;
  // Models with 32-bit biases sum in 32 bits; convolutions without one as well.
  const bool wide = has_bias ? context.in_type(2).element == ir::ElementType::kInt64
                             : context.node.op != ir::Op::kConv2d;
  const ir::Range range = ir::activation_range(ir::activation_of(context.node), context.out_type());
  const auto shape = is_matrix ? reference::Conv2dShape{} : conv_shape(context);
  const reference::FullyConnectedShape matrix = {
      static_cast<std::int32_t>(context.count() / outputs),
      static_cast<std::int32_t>(is_matrix ? weights[1] : 0), static_cast<std::int32_t>(outputs)};
  return [=, multipliers = multipliers_of(context, outputs)] {
    const reference::Int16Output output{multipliers.data(), wide, range.low, range.high};
    std::vector<std::int64_t> biases(has_bias ? static_cast<std::size_t>(outputs) : 0);
    for (std::size_t i = 0; i < biases.size(); ++i) {
      biases[i] = wide ? context.in<std::int64_t>(2)[i] : context.in<std::int32_t>(2)[i];
    }
    const auto *x = context.in<std::int16_t>(0);
    const auto *filter = context.in<std::int8_t>(1);
    const auto *bias = has_bias ? biases.data() : nullptr;
    auto *out = context.out<std::int16_t>();
    if (is_matrix) {
      reference::fully_connected(matrix, x, filter, bias, output, out);
    } else if (context.node.op == ir::Op::kDepthwiseConv2d) {
      reference::depthwise_conv2d(shape, x, filter, bias, output, out);
    } else {
      reference::conv2d(shape, x, filter, bias, output, out);
    }
  };
}

Expected<Step> make_transpose_convolution(const StepContext &context) {
  if (context.is_int8()) {
    return make_convolution(context);
  }
  return ir::layout_of(context.node) == ir::Layout::kNchw ? make_channels_first_convolution(context)
                                                          : make_float_convolution(context);
}

Expected<Step> make_pool(const StepContext &context) {
  const bool channels_first = ir::layout_of(context.node) == ir::Layout::kNchw;
  if (context.is_int16()) {
    return channels_first ? Expected<Step>(float_only(context.node))
                          : Expected<Step>(make_dense_pool<std::int16_t>(context));
  }
  if (context.is_int8()) {
    return channels_first ? Expected<Step>(float_only(context.node))
                          : Expected<Step>(make_dense_pool<std::int8_t>(context));
  }
  return channels_first ? make_channels_first_pool(context) : make_dense_pool<float>(context);
}

Step make_fully_connected(const StepContext &context) {
  const ir::Shape &weights = context.in_type(1).shape;
  const reference::FullyConnectedShape shape = {
      static_cast<std::int32_t>(context.count() / weights[0]),
      static_cast<std::int32_t>(weights[1]), static_cast<std::int32_t>(weights[0])};
  if (!context.is_int8()) {
    const auto clamp = float_clamp(ir::activation_of(context.node));
    return [=] {
      reference::fully_connected(shape, context.in<float>(0), context.in<float>(1),
                                 context.in<float>(2), clamp, context.out<float>());
    };
  }
  const std::int32_t x_zero = context.zero(context.in_type(0));
  return [=, multipliers = multipliers_of(context, shape.outputs)] {
    reference::fully_connected(shape, context.in<std::int8_t>(0), x_zero,
                               context.in<std::int8_t>(1), context.in<std::int32_t>(2),
                               int8_output(context, multipliers), context.out<std::int8_t>());
  };
}

} // namespace tinyml::interpret
