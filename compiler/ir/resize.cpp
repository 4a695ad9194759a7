// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/resize.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace tinyml::ir {
namespace {

using kernels::reference::ResizeCoordinates;
using kernels::reference::ResizeMode;
using kernels::reference::ResizeRounding;

constexpr std::array kModes = {
    std::pair{std::string_view("nearest"), ResizeMode::kNearest},
    std::pair{std::string_view("linear"), ResizeMode::kLinear},
    std::pair{std::string_view("cubic"), ResizeMode::kCubic},
};
constexpr std::array kCoordinates = {
    std::pair{std::string_view("half_pixel"), ResizeCoordinates::kHalfPixel},
    std::pair{std::string_view("half_pixel_symmetric"), ResizeCoordinates::kHalfPixelSymmetric},
    std::pair{std::string_view("pytorch_half_pixel"), ResizeCoordinates::kPytorchHalfPixel},
    std::pair{std::string_view("tf_half_pixel_for_nn"), ResizeCoordinates::kTfHalfPixelForNn},
    std::pair{std::string_view("align_corners"), ResizeCoordinates::kAlignCorners},
    std::pair{std::string_view("asymmetric"), ResizeCoordinates::kAsymmetric},
    std::pair{std::string_view("crop_and_resize"), ResizeCoordinates::kCropAndResize},
};
constexpr std::array kRoundings = {
    std::pair{std::string_view("round_prefer_floor"), ResizeRounding::kPreferFloor},
    std::pair{std::string_view("round_prefer_ceil"), ResizeRounding::kPreferCeil},
    std::pair{std::string_view("floor"), ResizeRounding::kFloor},
    std::pair{std::string_view("ceil"), ResizeRounding::kCeil},
};

template <typename Table>
auto find(const Table &table, const std::string &name)
    -> std::optional<typename Table::value_type::second_type> {
  for (const auto &[known, value] : table) {
    if (known == name) {
      return value;
    }
  }
  return std::nullopt;
}

std::vector<double> doubles_attribute(const Node &node, const std::string &name,
                                      std::vector<double> otherwise) {
  const auto found = node.attributes.find(name);
  const auto *list =
      found == node.attributes.end() ? nullptr : std::get_if<std::vector<double>>(&found->second);
  return list != nullptr ? *list : otherwise;
}

kernels::reference::ResizeRules rules_of(const Node &node) {
  kernels::reference::ResizeRules rules;
  rules.mode = find(kModes, text_attribute(node, "mode", "nearest")).value_or(rules.mode);
  rules.coordinates = find(kCoordinates, text_attribute(node, "coordinates", "half_pixel"))
                          .value_or(rules.coordinates);
  rules.rounding = find(kRoundings, text_attribute(node, "rounding", "round_prefer_floor"))
                       .value_or(rules.rounding);
  rules.cubic_a = double_attribute(node, "cubic_a", rules.cubic_a);
  rules.exclude_outside = int_attribute(node, "exclude_outside", 0) != 0;
  return rules;
}

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

bool is_finite_list(const std::vector<double> &list, std::size_t count) {
  bool good = list.size() == count;
  for (const double value : list) {
    good = good && std::isfinite(value) && std::abs(value) < 1e6;
  }
  return good;
}

Expected<void> check_rules(const Node &node) {
  if (!find(kModes, text_attribute(node, "mode", "nearest")) ||
      !find(kCoordinates, text_attribute(node, "coordinates", "half_pixel")) ||
      !find(kRoundings, text_attribute(node, "rounding", "round_prefer_floor"))) {
    return invalid("has a mode, a rule for coordinates or a rounding that does not exist");
  }
  const auto scales = doubles_attribute(node, "scales", {1, 1});
  if (!is_finite_list(scales, 2) || scales[0] < 1e-6 || scales[1] < 1e-6 ||
      !is_finite_list(doubles_attribute(node, "crop", {0, 0, 1, 1}), 4) ||
      !std::isfinite(double_attribute(node, "cubic_a", 0))) {
    return invalid("needs two positive scales, a crop of four numbers and a finite cubic_a");
  }
  return {};
}

} // namespace

Expected<TensorType> infer_resize(const InferenceInput &in) {
  if (const auto checked = check_rules(in.node); !checked) {
    return Failure{checked.error()};
  }
  Shape shape = in.inputs[0].shape;
  const auto axes = ints_attribute(in.node, "axes", {});
  const auto sizes = ints_attribute(in.node, "sizes", {});
  if (axes.size() != 2 || sizes.size() != 2 || axes[0] < 0 || axes[1] != axes[0] + 1 ||
      axes[1] >= static_cast<std::int64_t>(shape.size()) || sizes[0] < 1 || sizes[1] < 1) {
    return invalid("needs two neighbouring axes and two sizes of at least 1");
  }
  const TensorType &x = in.inputs[0];
  const bool weighted = text_attribute(in.node, "mode", "nearest") != "nearest";
  if (weighted && x.element != ElementType::kFloat32 && !x.quantization) {
    return invalid("needs float32 or quantised data, not " + type_text(x));
  }
  shape[static_cast<std::size_t>(axes[0])] = sizes[0];
  shape[static_cast<std::size_t>(axes[1])] = sizes[1];
  return TensorType{x.element, shape, {}};
}

Resize resize_of(const Node &node, const TensorType &in, const TensorType &out) {
  const auto axis = static_cast<std::size_t>(ints_attribute(node, "axes", {0, 1})[0]);
  const auto begin = in.shape.begin();
  const std::int64_t rows = in.shape[axis];
  const std::int64_t columns = in.shape[axis + 1];
  const kernels::reference::ResizeShape shape = {
      element_count({begin, begin + static_cast<std::ptrdiff_t>(axis)}),
      rows,
      columns,
      out.shape[axis],
      out.shape[axis + 1],
      element_count({begin + static_cast<std::ptrdiff_t>(axis) + 2, in.shape.end()})};
  const auto ratio = [](std::int64_t to, std::int64_t from) {
    return static_cast<double>(to) / static_cast<double>(from);
  };
  const auto scales = doubles_attribute(
      node, "scales", {ratio(shape.out_rows, rows), ratio(shape.out_columns, columns)});
  const auto crop = doubles_attribute(node, "crop", {0, 0, 1, 1});
  const auto rules = rules_of(node);
  return {shape, resize_taps(rules, {rows, shape.out_rows, scales[0], crop[0], crop[2]}),
          resize_taps(rules, {columns, shape.out_columns, scales[1], crop[1], crop[3]}),
          rules.mode != ResizeMode::kNearest,
          static_cast<float>(double_attribute(node, "extrapolation", 0))};
}

std::optional<kernels::reference::BilinearGrid>
bilinear_grid(const Node &node, const TensorType &in, const TensorType &out) {
  using kernels::reference::BilinearGrid;
  if (in.element != ElementType::kInt8 || !in.quantization || in.quantization != out.quantization ||
      text_attribute(node, "mode", "nearest") != "linear") {
    return std::nullopt;
  }
  const std::string coordinates = text_attribute(node, "coordinates", "half_pixel");
  if (coordinates == "half_pixel") {
    return BilinearGrid::kHalfPixel;
  }
  if (coordinates == "align_corners") {
    return BilinearGrid::kAlignCorners;
  }
  return coordinates == "asymmetric" ? std::optional(BilinearGrid::kAsymmetric) : std::nullopt;
}

} // namespace tinyml::ir
