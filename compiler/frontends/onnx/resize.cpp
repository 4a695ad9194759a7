// SPDX-License-Identifier: Apache-2.0
// Resize and Upsample. The IR resizes two neighbouring axes; the others must keep their size.
#include "compiler/frontends/onnx/lowering.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::onnx {
namespace {

/// What is asked for, one entry a dimension.
struct Wanted {
  std::vector<double> scales;
  ir::Shape sizes;
  std::vector<double> crop; ///< begins, then ends
};

/// Numbers that are given for some axes only, spread over all.
template <typename T>
std::vector<T> spread(NodeImport &n, const std::vector<T> &given, const Axes &axes,
                      std::vector<T> all) {
  if (given.size() != axes.size()) {
    n.invalid("needs one scale or size for every axis it names");
    return all;
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    all[n.axis(axes[i], all.size())] = given[i];
  }
  return all;
}

void take_scales(NodeImport &n, int input, const Axes &axes, const ir::Shape &shape,
                 Wanted &wanted) {
  const auto given = n.constant_floats(input, "scales");
  wanted.scales = spread(n, std::vector<double>(given.begin(), given.end()), axes, wanted.scales);
  for (std::size_t i = 0; n.ok() && i < shape.size(); ++i) {
    const double size = std::floor(static_cast<double>(shape[i]) * wanted.scales[i]);
    if (!(size >= 1 && size <= static_cast<double>(ir::kMaxAttribute))) {
      n.invalid("has scales that leave nothing, or too much");
      return;
    }
    wanted.sizes[i] = static_cast<std::int64_t>(size);
  }
}

/// Keeps the ratio of the sides: the smallest (or largest) scale counts for all.
void keep_ratio(const std::string &policy, const Axes &axes, const ir::Shape &shape,
                Wanted &wanted) {
  double scale = policy == "not_larger" ? ir::kInfinity : 0;
  for (const std::int64_t axis : axes) {
    const auto i = static_cast<std::size_t>(axis);
    scale = policy == "not_larger" ? std::min(scale, wanted.scales[i])
                                   : std::max(scale, wanted.scales[i]);
  }
  for (const std::int64_t axis : axes) {
    const auto i = static_cast<std::size_t>(axis);
    wanted.scales[i] = scale;
    wanted.sizes[i] = static_cast<std::int64_t>(std::round(scale * static_cast<double>(shape[i])));
  }
}

void take_sizes(NodeImport &n, int input, const Axes &axes, const ir::Shape &shape,
                Wanted &wanted) {
  wanted.sizes = spread(n, n.constant_ints(input, "sizes"), axes, wanted.sizes);
  if (n.ok() && std::any_of(wanted.sizes.begin(), wanted.sizes.end(), [](std::int64_t size) {
        return size < 1 || size > ir::kMaxAttribute;
      })) {
    n.invalid("has sizes below 1, or too large ones");
  }
  for (std::size_t i = 0; n.ok() && i < shape.size(); ++i) {
    wanted.scales[i] = static_cast<double>(wanted.sizes[i]) / static_cast<double>(shape[i]);
  }
  const std::string policy = n.text_or("keep_aspect_ratio_policy", "stretch");
  if (n.ok() && policy != "stretch") {
    keep_ratio(policy, sorted_axes(n, axes, shape.size()), shape, wanted);
  }
}

/// The two axes that change; any two neighbours when fewer do.
std::optional<std::size_t> first_changed_axis(const ir::Shape &from, const Wanted &wanted) {
  std::vector<std::size_t> changed;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const bool cropped = wanted.crop[i] != 0 || wanted.crop[i + from.size()] != 1;
    if (wanted.sizes[i] != from[i] || wanted.scales[i] != 1 || cropped) {
      changed.push_back(i);
    }
  }
  const std::size_t last = from.size() - 2;
  if (changed.empty()) {
    return last;
  }
  return changed.back() - changed.front() <= 1 ? std::optional(std::min(changed.front(), last))
                                               : std::nullopt;
}

void emit_resize(NodeImport &n, ir::ValueId x, Wanted wanted, ir::Attributes attributes) {
  ir::Shape shape = n.shape(x);
  const ir::Shape sizes = wanted.sizes;
  if (n.ok() && shape.size() == 1) { // one axis becomes the second of two
    x = n.reshape(x, {1, shape[0]});
    wanted = {{1, wanted.scales[0]}, {1, wanted.sizes[0]}, {0, wanted.crop[0], 1, wanted.crop[1]}};
    shape = n.shape(x);
  }
  const auto first = n.ok() && shape.size() >= 2 ? first_changed_axis(shape, wanted) : std::nullopt;
  if (n.ok() && !first) {
    n.unsupported("changes more than two neighbouring dimensions");
  }
  if (!n.ok()) {
    return;
  }
  const std::size_t a = *first;
  const std::size_t rank = shape.size();
  attributes["axes"] = Axes{static_cast<std::int64_t>(a), static_cast<std::int64_t>(a) + 1};
  attributes["sizes"] = Axes{wanted.sizes[a], wanted.sizes[a + 1]};
  attributes["scales"] = std::vector<double>{wanted.scales[a], wanted.scales[a + 1]};
  if (attributes["coordinates"] == ir::Attribute(std::string("crop_and_resize"))) {
    attributes["crop"] = std::vector<double>{wanted.crop[a], wanted.crop[a + 1],
                                             wanted.crop[a + rank], wanted.crop[a + 1 + rank]};
  }
  const ir::ValueId y = n.emit(ir::Op::kResize, {x}, attributes);
  n.define(0, n.shape(y) == sizes ? y : n.reshape(y, sizes));
}

Wanted unchanged(const ir::Shape &shape) {
  Wanted wanted{std::vector<double>(shape.size(), 1), shape, std::vector<double>(shape.size(), 0)};
  wanted.crop.resize(2 * shape.size(), 1);
  return wanted;
}

std::string mode_of(NodeImport &n) {
  const std::string mode = n.text_or("mode", "nearest");
  return mode == "bilinear" ? "linear" : mode;
}

/// The region of crop_and_resize: begins, then ends.
void take_crop(NodeImport &n, const Axes &axes, Wanted &wanted) {
  const auto roi = n.constant_floats(1, "roi");
  const std::size_t rank = wanted.sizes.size();
  if (n.ok() && roi.size() != 2 * axes.size()) {
    n.invalid("needs a region with two numbers an axis");
  }
  for (std::size_t i = 0; n.ok() && i < axes.size(); ++i) {
    const std::size_t axis = n.axis(axes[i], rank);
    wanted.crop[axis] = static_cast<double>(roi[i]);
    wanted.crop[axis + rank] = static_cast<double>(roi[i + axes.size()]);
  }
}

} // namespace

void convert_resize(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  const Axes axes = n.ints_or("axes", axes_from(0, shape.size()));
  Wanted wanted = unchanged(shape);
  const bool by_sizes = n.opset() >= 11 && n.has_elements(3);
  if (n.int_or("antialias", 0) != 0) {
    n.unsupported("is supported without antialias only");
  }
  if (n.ok() && by_sizes) {
    take_sizes(n, 3, axes, shape, wanted);
  } else if (n.ok()) {
    take_scales(n, n.opset() < 11 ? 1 : 2, axes, shape, wanted);
  }
  const std::string coordinates =
      n.opset() < 11 ? "asymmetric" : n.text_or("coordinate_transformation_mode", "half_pixel");
  const bool crops = coordinates == "tf_crop_and_resize";
  if (n.ok() && crops) {
    take_crop(n, axes, wanted);
  }
  const std::string rounding =
      n.opset() < 11 ? "floor" : n.text_or("nearest_mode", "round_prefer_floor");
  emit_resize(n, x, wanted,
              {{"mode", mode_of(n)},
               {"coordinates", crops ? std::string("crop_and_resize") : coordinates},
               {"rounding", rounding},
               {"cubic_a", static_cast<double>(n.float_or("cubic_coeff_a", -0.75F))},
               {"exclude_outside", n.int_or("exclude_outside", 0)},
               {"extrapolation", static_cast<double>(n.float_or("extrapolation_value", 0))}});
}

void convert_upsample(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  Wanted wanted = unchanged(shape);
  if (n.opset() < 9) {
    n.unsupported("is supported as of opset 9");
  }
  take_scales(n, 1, axes_from(0, shape.size()), shape, wanted);
  emit_resize(n, x, wanted,
              {{"mode", mode_of(n)},
               {"coordinates", std::string("asymmetric")},
               {"rounding", std::string("floor")}});
}

} // namespace tinyml::onnx
