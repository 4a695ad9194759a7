// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/infer.hpp"
#include "compiler/ir/slide.hpp"

#include <algorithm>

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

/// float32 images in a layout that training knows.
Expected<void> check_gradient_image(const InferenceInput &in, const TensorType &image) {
  if (auto checked = check_window_attributes(in.node); !checked) {
    return checked;
  }
  const bool fits = image.element == ElementType::kFloat32 && image.shape.size() == 4 &&
                    layout_of(in.node) != Layout::kNchw;
  return fits ? Expected<void>{}
              : invalid("needs float32 images in NHWC or HWCN, not " + type_text(image));
}

/// The image that a window makes of `x` must be `dy`, but for its channels.
Expected<void> check_slides_to(const Window &window, const Shape &x, const Shape &dy,
                               const ImageAxes &axes) {
  const auto shape = slide(window, x, axes);
  if (!shape) {
    return Failure{shape.error()};
  }
  const bool same = (*shape)[axes.n] == dy[axes.n] && (*shape)[axes.h] == dy[axes.h] &&
                    (*shape)[axes.w] == dy[axes.w];
  return same ? Expected<void>{}
              : invalid("the gradient " + shape_text(dy) + " is not of an output for " +
                        shape_text(x));
}

/// Attribute `sizes` [H, W, C] as the image that the forward operator read.
Expected<Shape> image_of_sizes(const InferenceInput &in, const ImageAxes &axes) {
  const auto sizes = ints_attribute(in.node, "sizes", {});
  if (sizes.size() != 3 ||
      std::any_of(sizes.begin(), sizes.end(), [](std::int64_t size) { return size < 1; })) {
    return invalid("sizes must be the height, width and channels of the image, at least 1");
  }
  Shape x = in.inputs[0].shape;
  x[axes.h] = sizes[0];
  x[axes.w] = sizes[1];
  x[axes.c] = sizes[2];
  return x;
}

/// Does a filter belong between images of so many channels?
bool fits_channels(const Node &node, const Shape &filter, std::int64_t inputs,
                   std::int64_t outputs) {
  if (filter.size() != 4) {
    return false;
  }
  if (node.op == Op::kDepthwiseConv2dInputGradient) {
    return filter[0] == 1 && filter[3] == outputs && outputs % inputs == 0;
  }
  const std::int64_t groups = int_attribute(node, "groups", 1);
  return groups >= 1 && filter[0] == outputs && outputs % groups == 0 &&
         filter[3] * groups == inputs;
}

} // namespace

Expected<TensorType> infer_convolution_input_gradient(const InferenceInput &in) {
  const TensorType &dy = in.inputs[0];
  const TensorType &filter = in.inputs[1];
  if (const auto checked = check_gradient_image(in, dy); !checked) {
    return Failure{checked.error()};
  }
  const ImageAxes axes = image_axes(layout_of(in.node));
  const auto x = image_of_sizes(in, axes);
  if (!x) {
    return Failure{x.error()};
  }
  if (filter.element != ElementType::kFloat32 ||
      !fits_channels(in.node, filter.shape, (*x)[axes.c], dy.shape[axes.c])) {
    return invalid("filter " + type_text(filter) + " does not belong between " + shape_text(*x) +
                   " and " + shape_text(dy.shape));
  }
  const auto slides = check_slides_to(window_of(in.node, filter.shape), *x, dy.shape, axes);
  return slides ? Expected<TensorType>(TensorType{ElementType::kFloat32, *x, {}})
                : Failure{slides.error()};
}

Expected<TensorType> infer_convolution_filter_gradient(const InferenceInput &in) {
  const TensorType &x = in.inputs[0];
  const TensorType &dy = in.inputs[1];
  for (const TensorType *image : {&x, &dy}) {
    if (const auto checked = check_gradient_image(in, *image); !checked) {
      return Failure{checked.error()};
    }
  }
  const ImageAxes axes = image_axes(layout_of(in.node));
  const Window window = window_of(in.node, {});
  if (const auto slides = check_slides_to(window, x.shape, dy.shape, axes); !slides) {
    return Failure{slides.error()};
  }
  const std::int64_t inputs = x.shape[axes.c];
  const std::int64_t outputs = dy.shape[axes.c];
  const bool depthwise = in.node.op == Op::kDepthwiseConv2dFilterGradient;
  const std::int64_t groups = depthwise ? inputs : int_attribute(in.node, "groups", 1);
  if (groups < 1 || inputs % groups != 0 || outputs % groups != 0) {
    return invalid(std::to_string(groups) + " groups do not divide the channels of " +
                   shape_text(x.shape) + " and " + shape_text(dy.shape));
  }
  return TensorType{ElementType::kFloat32,
                    depthwise ? Shape{1, window.kernel_h, window.kernel_w, outputs}
                              : Shape{outputs, window.kernel_h, window.kernel_w, inputs / groups},
                    {}};
}

Expected<TensorType> infer_pool_gradient(const InferenceInput &in) {
  const TensorType &dy = in.inputs.back();
  if (const auto checked = check_gradient_image(in, dy); !checked) {
    return Failure{checked.error()};
  }
  const ImageAxes axes = image_axes(layout_of(in.node));
  auto x = in.node.op == Op::kMaxPool2dGradient ? Expected<Shape>(in.inputs[0].shape)
                                                : image_of_sizes(in, axes);
  if (!x) {
    return Failure{x.error()};
  }
  const bool same_y =
      in.node.op != Op::kMaxPool2dGradient ||
      (in.inputs[0].element == dy.element && in.inputs[1] == dy && x->size() == dy.shape.size());
  if (!same_y || (*x)[axes.c] != dy.shape[axes.c]) {
    return invalid("the gradient " + type_text(dy) + " is not of a pool of " + shape_text(*x));
  }
  const auto slides = check_slides_to(window_of(in.node, {}), *x, dy.shape, axes);
  return slides ? Expected<TensorType>(TensorType{ElementType::kFloat32, *x, {}})
                : Failure{slides.error()};
}

} // namespace tinyml::ir
