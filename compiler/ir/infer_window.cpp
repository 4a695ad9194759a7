// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/infer.hpp"
#include "compiler/ir/slide.hpp"

#include <algorithm>

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

/// One axis of a sliding window.
struct Slide {
  std::int64_t size, kernel, stride, dilation, pad_before, pad_after;

  [[nodiscard]] std::int64_t reach() const { return (kernel - 1) * dilation + 1; }
};

Expected<std::int64_t> output_size(const Slide &s) {
  const std::int64_t room = s.size + s.pad_before + s.pad_after - s.reach();
  if (room < 0) {
    return invalid("the window (" + std::to_string(s.reach()) +
                   ") is larger than the padded input (" +
                   std::to_string(s.size + s.pad_before + s.pad_after) + ")");
  }
  return room / s.stride + 1;
}

/// What a transposed convolution makes of one axis.
std::int64_t spread_size(const Slide &s, std::int64_t output_padding) {
  return (s.size - 1) * s.stride + s.reach() + output_padding - s.pad_before - s.pad_after;
}

Expected<void> check_image(const InferenceInput &in) {
  if (auto checked = check_window_attributes(in.node); !checked) {
    return checked;
  }
  if (in.inputs[0].shape.size() != 4) {
    return invalid("needs a 4-dimensional image, not " + type_text(in.inputs[0]));
  }
  const ElementType element = in.inputs[0].element;
  if (element != ElementType::kFloat32 && element != ElementType::kInt8 &&
      element != ElementType::kInt16) {
    return invalid("needs float32, int8 or int16 data, not " + type_text(in.inputs[0]));
  }
  return {};
}

struct FilterSizes {
  std::int64_t outputs;
  std::int64_t inputs_expected; ///< channels the filter reads, times groups
};

Expected<FilterSizes> filter_sizes(const InferenceInput &in, std::int64_t channels) {
  const Shape &filter = in.inputs[1].shape;
  if (in.node.op == Op::kDepthwiseConv2d) {
    if (filter[0] != 1 || filter[3] % channels != 0) {
      return invalid("depthwise filter " + shape_text(filter) + " does not fit " +
                     std::to_string(channels) + " channels");
    }
    return FilterSizes{filter[3], channels};
  }
  const std::int64_t groups = int_attribute(in.node, "groups", 1);
  if (groups < 1 || filter[0] % groups != 0) {
    return invalid("groups (" + std::to_string(groups) + ") do not divide " +
                   std::to_string(filter[0]) + " filters");
  }
  const std::size_t depth_axis = layout_of(in.node) == Layout::kNchw ? 1 : 3;
  return FilterSizes{filter[0], groups * filter[depth_axis]};
}

/// With int16 data: int8 weights and biases of 64 or 32 bits, which decide how sums are rounded.
Expected<void> check_int16_filter(const InferenceInput &in, std::int64_t outputs) {
  if (in.inputs[1].element != ElementType::kInt8) {
    return invalid("int16 data needs int8 weights, not " + type_text(in.inputs[1]));
  }
  if (in.inputs.size() > 2) {
    const TensorType &bias = in.inputs[2];
    if (bias.shape != Shape{outputs} ||
        (bias.element != ElementType::kInt64 && bias.element != ElementType::kInt32)) {
      return invalid("bias is " + type_text(bias) + ", expected i64 or i32" +
                     shape_text({outputs}));
    }
  }
  return {};
}

Expected<void> check_filter_types(const InferenceInput &in, std::int64_t outputs) {
  const ElementType x = in.inputs[0].element;
  if (x == ElementType::kInt16) {
    return check_int16_filter(in, outputs);
  }
  const bool has_bias = in.inputs.size() > 2;
  if (in.inputs[1].element != x) {
    return invalid("data and weights have different element types");
  }
  const ElementType bias = x == ElementType::kInt8 ? ElementType::kInt32 : x;
  if (has_bias && (in.inputs[2].element != bias || in.inputs[2].shape != Shape{outputs})) {
    return invalid("bias is " + type_text(in.inputs[2]) + ", expected " +
                   type_text({bias, {outputs}, {}}));
  }
  return {};
}

} // namespace

Expected<void> check_window_attributes(const Node &node) {
  const auto has_count = [&](const char *name, std::size_t count, std::int64_t least) {
    const auto list = ints_attribute(node, name, std::vector<std::int64_t>(count, least));
    return list.size() == count &&
           std::all_of(list.begin(), list.end(), [=](std::int64_t v) { return v >= least; });
  };
  if (!has_count("strides", 2, 1) || !has_count("dilations", 2, 1) || !has_count("kernel", 2, 1)) {
    return invalid("strides, dilations and kernel must be two numbers of at least 1");
  }
  const auto pads = ints_attribute(node, "pads", {0, 0, 0, 0});
  if (pads.size() != 4 || pads[1] < 0 || pads[3] < 0) {
    return invalid("pads must be four numbers, at least 0 at the left and at the right");
  }
  const std::string layout = text_attribute(node, "layout", "NHWC");
  if (layout != "NHWC" && layout != "NCHW" && layout != "HWCN") {
    return invalid("layout must be NHWC, NCHW or HWCN, not '" + layout + "'");
  }
  return {};
}

Expected<Shape> slide(const Window &w, const Shape &x, ImageAxes axes) {
  if (std::min(w.pad_top, w.pad_bottom) <= -x[axes.h]) {
    return invalid("negative pads leave no row of the image");
  }
  const auto height =
      output_size({x[axes.h], w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, w.pad_bottom});
  const auto width =
      output_size({x[axes.w], w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, w.pad_right});
  if (!height || !width) {
    return Failure{height ? width.error() : height.error()};
  }
  Shape shape = x;
  shape[axes.h] = *height;
  shape[axes.w] = *width;
  return shape;
}

Expected<TensorType> infer_convolution(const InferenceInput &in) {
  if (const auto checked = check_image(in); !checked) {
    return Failure{checked.error()};
  }
  if (in.inputs[1].shape.size() != 4) {
    return invalid("needs a 4-dimensional filter, not " + type_text(in.inputs[1]));
  }
  const ImageAxes axes = image_axes(layout_of(in.node));
  const std::int64_t channels = in.inputs[0].shape[axes.c];
  const auto sizes = filter_sizes(in, channels);
  if (!sizes) {
    return Failure{sizes.error()};
  }
  if (sizes->inputs_expected != channels) {
    return invalid("filter " + shape_text(in.inputs[1].shape) + " with " +
                   std::to_string(int_attribute(in.node, "groups", 1)) +
                   " groups does not fit data " + shape_text(in.inputs[0].shape));
  }
  if (const auto checked = check_filter_types(in, sizes->outputs); !checked) {
    return Failure{checked.error()};
  }
  auto shape = slide(window_of(in.node, in.inputs[1].shape), in.inputs[0].shape, axes);
  if (!shape) {
    return Failure{shape.error()};
  }
  (*shape)[axes.c] = sizes->outputs;
  return TensorType{in.inputs[0].element, *shape, {}};
}

Expected<TensorType> infer_transpose_convolution(const InferenceInput &in) {
  const auto checked = check_image(in);
  const auto padding = ints_attribute(in.node, "output_padding", {0, 0});
  if (!checked || in.inputs[1].shape.size() != 4 || padding.size() != 2 || padding[0] < 0 ||
      padding[1] < 0) {
    return checked ? invalid("needs a 4-dimensional filter and two output paddings of at least 0")
                   : Failure{checked.error()};
  }
  const ImageAxes axes = image_axes(layout_of(in.node));
  Shape shape = in.inputs[0].shape;
  const auto sizes = filter_sizes(in, shape[axes.c]);
  if (!sizes || sizes->inputs_expected != shape[axes.c]) {
    return sizes ? invalid("filter " + shape_text(in.inputs[1].shape) + " does not fit data " +
                           shape_text(shape))
                 : Failure{sizes.error()};
  }
  if (const auto typed = check_filter_types(in, sizes->outputs); !typed) {
    return Failure{typed.error()};
  }
  const Window w = window_of(in.node, in.inputs[1].shape);
  shape[axes.h] = spread_size(
      {shape[axes.h], w.kernel_h, w.stride_h, w.dilation_h, w.pad_top, w.pad_bottom}, padding[0]);
  shape[axes.w] = spread_size(
      {shape[axes.w], w.kernel_w, w.stride_w, w.dilation_w, w.pad_left, w.pad_right}, padding[1]);
  shape[axes.c] = sizes->outputs;
  return TensorType{in.inputs[0].element, shape, {}};
}

Expected<TensorType> infer_pool(const InferenceInput &in) {
  if (const auto checked = check_image(in); !checked) {
    return Failure{checked.error()};
  }
  const ImageAxes axes = image_axes(layout_of(in.node));
  const Window w = window_of(in.node, {});
  const auto shape = slide(w, in.inputs[0].shape, axes);
  if (!shape) {
    return Failure{shape.error()};
  }
  const auto covers_data = [](std::int64_t outputs, const Slide &s) {
    return s.pad_before < s.kernel && (outputs - 1) * s.stride - s.pad_before < s.size;
  };
  const Shape &x = in.inputs[0].shape;
  if (!covers_data((*shape)[axes.h], {x[axes.h], w.kernel_h, w.stride_h, 1, w.pad_top, 0}) ||
      !covers_data((*shape)[axes.w], {x[axes.w], w.kernel_w, w.stride_w, 1, w.pad_left, 0})) {
    return invalid("a pooling window lies wholly in the padding");
  }
  return TensorType{in.inputs[0].element, *shape, {}};
}

namespace {

bool is_number(ElementType element) {
  return element == ElementType::kFloat32 || element == ElementType::kInt8 ||
         element == ElementType::kInt16;
}

} // namespace

Expected<TensorType> infer_product(const InferenceInput &in) {
  const Shape &a = in.inputs[0].shape;
  const Shape &b = in.inputs[1].shape;
  if (in.node.op == Op::kFullyConnected) {
    const bool batch_last = layout_of(in.node) == Layout::kHwcn;
    const std::size_t axis = batch_last || a.empty() ? 0 : a.size() - 1;
    if (a.empty() || (batch_last && a.size() != 2) || b.size() != 2 || a[axis] != b[1]) {
      return invalid("data " + shape_text(a) + " does not fit weights " + shape_text(b));
    }
    if (const auto checked = check_filter_types(in, b[0]); !checked) {
      return Failure{checked.error()};
    }
    Shape shape = a;
    shape[axis] = b[0];
    return TensorType{in.inputs[0].element, shape, {}};
  }
  if (a.size() < 2 || b.size() < 2 || a.back() != b[b.size() - 2] ||
      !is_number(in.inputs[0].element) || in.inputs[1].element != in.inputs[0].element) {
    return invalid("cannot multiply " + type_text(in.inputs[0]) + " by " + type_text(in.inputs[1]));
  }
  auto shape = broadcast({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2});
  if (!shape) {
    return Failure{shape.error()};
  }
  shape->push_back(a[a.size() - 2]);
  shape->push_back(b.back());
  return TensorType{in.inputs[0].element, *shape, {}};
}

} // namespace tinyml::ir
