// SPDX-License-Identifier: Apache-2.0
// Constant, Flatten, Reshape, Transpose, Pad.
#include "compiler/frontends/onnx/node_import.hpp"

#include <algorithm>
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

/// Pads of all axes, begins then ends; since opset 18 they may be given for some axes only.
std::vector<std::int64_t> pads_of_all_axes(NodeImport &n, const std::vector<std::int64_t> &given,
                                           std::size_t rank) {
  if (!n.has_input(3)) {
    return given;
  }
  const auto axes = n.constant_ints(3, "axes");
  std::vector<std::int64_t> all(2 * rank, 0);
  if (given.size() != 2 * axes.size()) {
    n.invalid("has " + std::to_string(given.size()) + " pads for " + std::to_string(axes.size()) +
              " axes");
  }
  for (std::size_t i = 0; n.ok() && i < axes.size(); ++i) {
    const std::size_t axis = n.axis(axes[i], rank);
    all[axis] = given[i];
    all[axis + rank] = given[i + axes.size()];
  }
  return all;
}

double pad_value(NodeImport &n) {
  if (n.opset() < 11) {
    return static_cast<double>(n.float_or("value", 0));
  }
  if (!n.has_input(2)) {
    return 0;
  }
  const auto value = n.constant_floats(2, "padding value");
  if (n.ok() && value.size() != 1) {
    n.invalid("has a padding value that is not one number");
  }
  return n.ok() ? static_cast<double>(value[0]) : 0;
}

} // namespace

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
  n.define(0, ir::add_constant(n.graph(), n.name(), value->type, *value->constant));
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

void convert_pad(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  if (const std::string mode = n.text_or("mode", "constant"); mode != "constant") {
    n.unsupported("is supported with mode 'constant' only, not '" + mode + "'");
  }
  const auto given = n.opset() < 11 ? n.ints_or("pads", {}) : n.constant_ints(1, "pads");
  const auto pads = pads_of_all_axes(n, given, n.shape(x).size());
  if (std::any_of(pads.begin(), pads.end(), [](std::int64_t p) { return p < 0; })) {
    n.unsupported("cannot cut off elements (negative pads)");
  }
  n.define(0, n.emit(ir::Op::kPad, {x}, {{"pads", pads}, {"value", pad_value(n)}}));
}

} // namespace tinyml::onnx
