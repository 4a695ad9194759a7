// SPDX-License-Identifier: Apache-2.0
// What a tensor's shape is, and other shapes for the same elements.
#include "compiler/frontends/onnx/lowering.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace tinyml::onnx {
namespace {

/// Resolves 0 (keep the input's dimension) and -1 (whatever is left).
ir::Shape resolve_shape(NodeImport &n, const ir::Shape &x, ir::Shape wanted, bool allow_zero) {
  std::int64_t known = 1;
  std::int64_t *open = nullptr;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == 0 && !allow_zero && i < x.size()) {
      wanted[i] = x[i];
    }
    if (wanted[i] == -1 && open == nullptr) {
      open = &wanted[i];
    } else if (wanted[i] < 1 || wanted[i] > ir::kMaxTensorBytes / known) {
      n.invalid("cannot reshape " + ir::shape_text(x) + " to " + ir::shape_text(wanted));
      return {};
    } else {
      known *= wanted[i];
    }
  }
  if (open != nullptr) {
    *open = std::max<std::int64_t>(1, ir::element_count(x) / known);
  }
  return wanted;
}

void convert_constant(NodeImport &n) {
  const schema::AttributeProto *given = nullptr;
  for (const char *name : {"value", "value_float", "value_int", "value_floats", "value_ints"}) {
    given = given == nullptr ? n.find(name) : given;
  }
  if (given == nullptr) {
    n.unsupported("is supported with value, value_float(s) and value_int(s) only");
    return;
  }
  Expected<ir::Value> value = ir::Value{};
  if (given->name() == "value") {
    value = read_tensor(given->t());
  } else if (given->name() == "value_float" || given->name() == "value_floats") {
    const bool one = given->name() == "value_float";
    const std::vector<float> list =
        one ? std::vector<float>{given->f()}
            : std::vector<float>(given->floats().begin(), given->floats().end());
    const ir::Shape shape = one ? ir::Shape{} : ir::Shape{given->floats_size()};
    value = ir::Value{"", {ir::ElementType::kFloat32, shape, {}}, ir::constant_data(list)};
  } else {
    const bool one = given->name() == "value_int";
    const ir::Shape list =
        one ? ir::Shape{given->i()} : ir::Shape(given->ints().begin(), given->ints().end());
    const ir::Shape shape = one ? ir::Shape{} : ir::Shape{given->ints_size()};
    value = ir::Value{"", {ir::ElementType::kInt64, shape, {}}, ir::constant_data(list)};
  }
  if (!value) {
    n.invalid("has a value that cannot be read: " + value.error().message);
    return;
  }
  n.define(0, n.constant(value->type.shape, value->type.element, *value->constant));
}

void convert_flatten(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  const std::size_t axis = n.axis(n.int_or("axis", 1), shape.size(), true);
  if (!n.ok()) {
    return;
  }
  const auto split = shape.begin() + static_cast<std::ptrdiff_t>(axis);
  n.define(0, n.reshape(x, {ir::element_count({shape.begin(), split}),
                            ir::element_count({split, shape.end()})}));
}

void convert_reshape(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const auto wanted = n.constant_ints(1, "shape");
  if (!n.ok()) {
    return;
  }
  const bool allow_zero = n.int_or("allowzero", 0) != 0;
  const ir::Shape shape = resolve_shape(n, n.shape(x), wanted, allow_zero);
  n.define(0, n.reshape(x, shape));
}

void convert_transpose(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  std::vector<std::int64_t> reversed(n.shape(x).size());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  n.define(0, n.transpose(x, n.ints_or("perm", reversed)));
}

void convert_squeeze(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  const bool given = n.opset() < 13 ? n.has_attribute("axes") : n.has_input(1);
  Axes axes;
  if (given) {
    axes = n.opset() < 13 ? n.ints_or("axes", {}) : n.constant_ints(1, "axes");
    axes = sorted_axes(n, axes, shape.size());
  }
  ir::Shape kept;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool chosen =
        given ? std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(i)) != axes.end()
              : shape[i] == 1;
    if (!chosen) {
      kept.push_back(shape[i]);
    } else if (shape[i] != 1) {
      n.invalid("cannot drop dimension " + std::to_string(i) + " of " + ir::shape_text(shape));
    }
  }
  n.define(0, n.reshape(x, kept));
}

void convert_unsqueeze(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const Axes given = n.opset() < 13 ? n.ints_or("axes", {}) : n.constant_ints(1, "axes");
  ir::Shape shape = n.shape(x);
  const Axes axes = sorted_axes(n, given, shape.size() + given.size());
  for (const std::int64_t axis : axes) {
    if (n.ok() && axis <= static_cast<std::int64_t>(shape.size())) {
      shape.insert(shape.begin() + axis, 1);
    } else {
      n.invalid("has axes that leave a gap");
    }
  }
  n.define(0, n.ok() ? n.reshape(x, shape) : x);
}

void convert_shape(NodeImport &n) {
  const ir::Shape shape = n.shape(n.input(0));
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto inside = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = inside(n.int_or("start", 0));
  const std::int64_t end = std::max(start, inside(n.int_or("end", rank)));
  n.define(
      0, n.constant({end - start}, ir::ElementType::kInt64,
                    ir::constant_data<std::int64_t>({shape.begin() + start, shape.begin() + end})));
}

void convert_size(NodeImport &n) {
  const std::int64_t count = ir::element_count(n.shape(n.input(0)));
  n.define(0, n.constant({}, ir::ElementType::kInt64, ir::constant_data<std::int64_t>({count})));
}

void convert_constant_of_shape(NodeImport &n) {
  const Axes shape = n.constant_ints(0, "shape");
  const schema::AttributeProto *given = n.find("value");
  Expected<ir::Value> value =
      given != nullptr
          ? read_tensor(given->t())
          : ir::Value{"", {ir::ElementType::kFloat32, {1}, {}}, ir::constant_data<float>({0})};
  if (!value || ir::element_count(value->type.shape) != 1) {
    n.unsupported("needs one number as its value");
  }
  if (n.ok() && is_empty(shape)) {
    n.define(0, n.constant(shape, value->type.element, {}));
    return;
  }
  if (n.ok()) {
    if (const auto count = ir::checked_element_count(shape, value->type.element); !count) {
      n.invalid(count.error().message);
    }
  }
  if (n.ok()) {
    n.define(0, expand(n, n.constant({}, value->type.element, *value->constant), shape));
  }
}

/// Numbers from a start on, by constant steps.
void convert_range(NodeImport &n) {
  const ir::ValueId start = n.input(0);
  std::vector<double> bounds;
  for (int i = 0; i < 3 && n.ok(); ++i) {
    const ir::ValueId id = cast(n, n.input(i), ir::ElementType::kFloat32);
    const ir::Value &value = n.value(id);
    if (n.ok() && (!value.constant || ir::element_count(value.type.shape) != 1)) {
      n.unsupported("needs a constant '" + n.proto().input(i) + "' (graph inputs can be fixed)");
    }
    bounds.push_back(n.ok() ? static_cast<double>(ir::elements_of<float>(value)[0]) : 0);
  }
  const double count = n.ok() ? std::ceil((bounds[1] - bounds[0]) / bounds[2]) : 0;
  if (n.ok() && !(count >= 1 && count <= 1 << 20)) {
    n.unsupported("makes no numbers, or more than a million");
  }
  if (!n.ok()) {
    return;
  }
  std::vector<double> values;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(count); ++i) {
    values.push_back(bounds[0] + static_cast<double>(i) * bounds[2]);
  }
  n.define(0, numbers(n, {static_cast<std::int64_t>(count)}, n.element(start), values));
}

void convert_eye_like(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  const auto element = n.has_attribute("dtype")
                           ? element_type(static_cast<std::int32_t>(n.int_or("dtype", 0)))
                           : std::optional(n.element(x));
  if (n.ok() && !element) {
    n.unsupported("cannot make element type " +
                  element_type_name(static_cast<std::int32_t>(n.int_or("dtype", 0))));
  }
  if (n.ok() && shape.size() != 2) {
    n.invalid("needs a matrix, not " + ir::shape_text(shape));
  }
  check_made_up(n, shape);
  if (!n.ok()) {
    return;
  }
  const std::int64_t diagonal = n.int_or("k", 0);
  std::vector<double> values;
  for (std::int64_t r = 0; r < shape[0]; ++r) {
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      values.push_back(c - r == diagonal ? 1 : 0);
    }
  }
  n.define(0, numbers(n, shape, *element, values));
}

/// Without training it does nothing; its mask keeps everything.
void convert_dropout(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  if (n.has_input(2)) {
    const ir::Value &training = n.value(n.input(2));
    const bool off =
        training.constant && training.constant->size() == 1 && (*training.constant)[0] == 0;
    if (n.ok() && !off) {
      n.unsupported("is supported for inference only: its training_mode '" + n.proto().input(2) +
                    "' must be a constant false (a graph input can be fixed)");
    }
  }
  n.define(0, x);
  if (n.ok() && n.proto().output_size() > 1) {
    n.define(1, expand(n, number(n, ir::ElementType::kBool, 1), n.shape(x)));
  }
}

void convert_identity(NodeImport &n) { n.define(0, n.input(0)); }

constexpr std::array kOperators = {
    Operator{"Constant", convert_constant, 1},
    Operator{"ConstantOfShape", convert_constant_of_shape, 9},
    Operator{"Dropout", convert_dropout, 7},
    Operator{"EyeLike", convert_eye_like, 9},
    Operator{"Flatten", convert_flatten, 1},
    Operator{"Identity", convert_identity, 1},
    Operator{"Range", convert_range, 11},
    Operator{"Reshape", convert_reshape, 5},
    Operator{"Shape", convert_shape, 1},
    Operator{"Size", convert_size, 1},
    Operator{"Squeeze", convert_squeeze, 1},
    Operator{"Transpose", convert_transpose, 1},
    Operator{"Unsqueeze", convert_unsqueeze, 1},
};

} // namespace

std::span<const Operator> shape_operators() { return kOperators; }

} // namespace tinyml::onnx
