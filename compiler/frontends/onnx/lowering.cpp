// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/onnx/lowering.hpp"

#include "kernels/reference/cast.hpp"

#include <algorithm>
#include <numeric>

namespace tinyml::onnx {
namespace {

template <typename T> ir::ConstantData as_data(const std::vector<double> &values) {
  std::vector<T> elements;
  for (const double value : values) {
    elements.push_back(kernels::cast_element<T>(value));
  }
  return ir::constant_data(elements);
}

ir::ConstantData data_of(ir::ElementType element, const std::vector<double> &values) {
  switch (element) {
  case ir::ElementType::kFloat32:
    return as_data<float>(values);
  case ir::ElementType::kInt8:
    return as_data<std::int8_t>(values);
  case ir::ElementType::kInt16:
    return as_data<std::int16_t>(values);
  case ir::ElementType::kInt32:
    return as_data<std::int32_t>(values);
  case ir::ElementType::kInt64:
    return as_data<std::int64_t>(values);
  case ir::ElementType::kUint8:
  case ir::ElementType::kBool:
    break;
  }
  return as_data<std::uint8_t>(values);
}

} // namespace

ir::ValueId unary(NodeImport &n, const std::string &function, ir::ValueId x, double alpha,
                  double beta) {
  ir::Attributes attributes = {{"function", function}};
  if (alpha != 0) {
    attributes["alpha"] = alpha;
  }
  if (beta != 0) {
    attributes["beta"] = beta;
  }
  return n.emit(ir::Op::kUnary, {x}, attributes);
}

ir::ValueId binary(NodeImport &n, const std::string &function, ir::ValueId a, ir::ValueId b) {
  return n.emit(ir::Op::kBinary, {a, b}, {{"function", function}});
}

ir::ValueId reduce(NodeImport &n, const std::string &function, ir::ValueId x, const Axes &axes,
                   bool keep_dims) {
  return n.emit(ir::Op::kReduce, {x},
                {{"function", function},
                 {"axes", axes},
                 {"keep_dims", static_cast<std::int64_t>(keep_dims ? 1 : 0)}});
}

ir::ValueId mean(NodeImport &n, ir::ValueId x, const Axes &axes, bool keep_dims) {
  return n.emit(ir::Op::kMean, {x},
                {{"axes", axes}, {"keep_dims", static_cast<std::int64_t>(keep_dims ? 1 : 0)}});
}

ir::ValueId cast(NodeImport &n, ir::ValueId x, ir::ElementType to) {
  if (!n.ok() || n.element(x) == to) {
    return x;
  }
  return n.emit(ir::Op::kCast, {x}, {{"to", std::string(ir::element_name(to))}});
}

ir::ValueId select(NodeImport &n, ir::ValueId condition, ir::ValueId a, ir::ValueId b) {
  return n.emit(ir::Op::kSelect, {condition, a, b});
}

ir::ValueId slice(NodeImport &n, ir::ValueId x, std::size_t axis, std::int64_t begin,
                  std::int64_t count) {
  ir::Shape sizes = n.shape(x);
  if (!n.ok() || axis >= sizes.size()) {
    return ir::kNoValue;
  }
  Axes begins(sizes.size(), 0);
  begins[axis] = begin;
  sizes[axis] = count;
  return n.emit(ir::Op::kSlice, {x}, {{"begins", begins}, {"sizes", sizes}});
}

ir::ValueId concat(NodeImport &n, const std::vector<ir::ValueId> &parts, std::size_t axis) {
  return parts.size() == 1
             ? parts[0]
             : n.emit(ir::Op::kConcat, parts, {{"axis", static_cast<std::int64_t>(axis)}});
}

ir::ValueId tile(NodeImport &n, ir::ValueId x, const Axes &repeats) {
  const bool once = std::all_of(repeats.begin(), repeats.end(), [](auto r) { return r == 1; });
  return once ? x : n.emit(ir::Op::kTile, {x}, {{"repeats", repeats}});
}

ir::ValueId expand(NodeImport &n, ir::ValueId x, const ir::Shape &shape) {
  ir::Shape from = n.shape(x);
  if (!n.ok() || from.size() > shape.size()) {
    n.invalid("cannot expand " + ir::shape_text(from) + " to " + ir::shape_text(shape));
    return ir::kNoValue;
  }
  from.insert(from.begin(), shape.size() - from.size(), 1);
  const ir::ValueId all = from == n.shape(x) ? x : n.reshape(x, from);
  Axes repeats(shape.size(), 1);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    repeats[i] = from[i] == 1 ? shape[i] : 1;
    if (from[i] != 1 && from[i] != shape[i]) {
      n.invalid("cannot expand " + ir::shape_text(from) + " to " + ir::shape_text(shape));
    }
  }
  return tile(n, all, repeats);
}

ir::ValueId number(NodeImport &n, ir::ElementType element, double value) {
  return numbers(n, {}, element, {value});
}

ir::ValueId numbers(NodeImport &n, const ir::Shape &shape, ir::ElementType element,
                    const std::vector<double> &values) {
  return n.constant(shape, element, data_of(element, values));
}

void check_made_up(NodeImport &n, const ir::Shape &shape) {
  std::int64_t count = 1;
  for (const std::int64_t dim : shape) {
    count = dim > kMaxMadeUp / std::max<std::int64_t>(1, count) ? kMaxMadeUp + 1 : count * dim;
  }
  if (count > kMaxMadeUp) {
    n.unsupported("would need a constant of shape " + ir::shape_text(shape) +
                  ", which is too large");
  }
}

Axes axes_from(std::size_t first, std::size_t rank) {
  Axes axes(rank - std::min(first, rank));
  std::iota(axes.begin(), axes.end(), static_cast<std::int64_t>(first));
  return axes;
}

Axes sorted_axes(NodeImport &n, const Axes &given, std::size_t rank) {
  Axes axes;
  for (const std::int64_t axis : given) {
    axes.push_back(static_cast<std::int64_t>(n.axis(axis, rank)));
  }
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return axes;
}

} // namespace tinyml::onnx
