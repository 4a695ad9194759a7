// SPDX-License-Identifier: Apache-2.0
// Operators that pick, place and repeat elements.
#include "compiler/frontends/onnx/lowering.hpp"

#include <algorithm>
#include <array>

namespace tinyml::onnx {
namespace {

/// Starts, ends, axes and steps of Slice: attributes up to opset 9, then inputs.
struct SliceNumbers {
  Axes starts, ends, axes, steps;
};

SliceNumbers slice_numbers(NodeImport &n, std::size_t rank) {
  SliceNumbers s;
  if (n.opset() < 10) {
    s.starts = n.ints_or("starts", {});
    s.ends = n.ints_or("ends", {});
    s.axes = n.ints_or("axes", axes_from(0, s.starts.size()));
  } else {
    s.starts = n.constant_ints(1, "starts");
    s.ends = n.constant_ints(2, "ends");
    s.axes = n.has_elements(3) ? n.constant_ints(3, "axes") : axes_from(0, s.starts.size());
  }
  s.steps =
      n.opset() >= 10 && n.has_elements(4) ? n.constant_ints(4, "steps") : Axes(s.starts.size(), 1);
  const std::size_t count = s.starts.size();
  if (n.ok() && (s.ends.size() != count || s.axes.size() != count || s.steps.size() != count ||
                 count > rank)) {
    n.invalid("has starts, ends, axes and steps of different lengths");
  }
  return s;
}

/// The part of one axis from `start` to `end`, which count from the back when negative and may lie
/// outside.
struct Range {
  std::int64_t begin, count;
};

Range clipped(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t length) {
  const auto bounded = [length](std::int64_t at, std::int64_t low, std::int64_t high) {
    return std::clamp(at < 0 ? at + length : at, low, high);
  };
  if (step > 0) {
    const std::int64_t begin = bounded(start, 0, length);
    return {begin, (std::max(begin, bounded(end, 0, length)) - begin + step - 1) / step};
  }
  const std::int64_t begin = bounded(start, -1, length - 1);
  return {begin, (begin - std::min(begin, bounded(end, -1, length - 1)) - step - 1) / -step};
}

void convert_slice(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  const SliceNumbers s = slice_numbers(n, shape.size());
  Axes begins(shape.size(), 0);
  Axes sizes = shape;
  Axes steps(shape.size(), 1);
  for (std::size_t i = 0; n.ok() && i < s.starts.size(); ++i) {
    const std::size_t axis = n.axis(s.axes[i], shape.size());
    steps[axis] = std::clamp(s.steps[i], -ir::kMaxAttribute, ir::kMaxAttribute);
    if (steps[axis] == 0) {
      n.invalid("has a step of 0");
      return;
    }
    const Range range = clipped(s.starts[i], s.ends[i], steps[axis], shape[axis]);
    begins[axis] = range.begin;
    sizes[axis] = range.count;
    steps[axis] = range.count == 1 ? 1 : steps[axis];
  }
  if (n.ok() && is_empty(sizes)) {
    // Shape arithmetic of exported models cuts off everything where nothing is in front.
    n.define(0, n.constant(sizes, n.element(x), {}));
    return;
  }
  n.define(0,
           n.emit(ir::Op::kSlice, {x}, {{"begins", begins}, {"sizes", sizes}, {"steps", steps}}));
}

/// Lengths of the parts: given, or as equal as they can be.
Axes split_lengths(NodeImport &n, std::int64_t length) {
  if (n.opset() < 13 && n.has_attribute("split")) {
    return n.ints_or("split", {});
  }
  if (n.opset() >= 13 && n.has_input(1)) {
    return n.constant_ints(1, "split");
  }
  const std::int64_t parts = std::max(1, n.proto().output_size());
  Axes lengths(static_cast<std::size_t>(parts), (length + parts - 1) / parts);
  lengths.back() = length - lengths[0] * (parts - 1);
  return lengths;
}

void convert_split(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  const std::size_t axis = n.axis(n.int_or("axis", 0), shape.size());
  if (!n.ok() || shape.empty()) {
    n.invalid("needs at least one dimension");
    return;
  }
  const Axes lengths = split_lengths(n, shape[axis]);
  std::int64_t begin = 0;
  for (std::size_t i = 0; n.ok() && i < lengths.size(); ++i) {
    if (lengths[i] < 1 || lengths[i] > shape[axis] - begin) {
      n.invalid("has parts that do not fit into " + ir::shape_text(shape));
      return;
    }
    n.define(static_cast<int>(i), slice(n, x, axis, begin, lengths[i]));
    begin += lengths[i];
  }
}

ir::Attributes axis_attribute(NodeImport &n, std::size_t rank) {
  return {{"axis", static_cast<std::int64_t>(n.axis(n.int_or("axis", 0), rank))}};
}

void convert_gather(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const bool elements = n.proto().op_type() == "GatherElements";
  n.define(0, n.emit(elements ? ir::Op::kGatherElements : ir::Op::kGather, {x, n.input(1)},
                     axis_attribute(n, n.shape(x).size())));
}

void convert_gather_nd(NodeImport &n) {
  n.define(0, n.emit(ir::Op::kGatherNd, {n.input(0), n.input(1)},
                     {{"batch_dims", n.int_or("batch_dims", 0)}}));
}

void convert_scatter(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const bool slices = n.proto().op_type() == "ScatterND";
  ir::Attributes attributes = slices ? ir::Attributes{} : axis_attribute(n, n.shape(x).size());
  attributes["reduction"] = n.text_or("reduction", "none");
  n.define(0, n.emit(slices ? ir::Op::kScatterNd : ir::Op::kScatterElements,
                     {x, n.input(1), n.input(2)}, attributes));
}

void convert_concat(NodeImport &n) {
  std::vector<ir::ValueId> parts;
  ir::ValueId last = ir::kNoValue;
  for (int i = 0; i < n.proto().input_size(); ++i) {
    last = n.input(i);
    if (n.ok() && !is_empty(n.shape(last))) {
      parts.push_back(last);
    }
  }
  if (!n.ok() || parts.empty()) {
    n.define(0, last);
    return;
  }
  const std::size_t axis = n.axis(n.int_or("axis", 1), n.shape(parts[0]).size());
  n.define(0, concat(n, parts, axis));
}

void convert_tile(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const Axes repeats = n.constant_ints(1, "repeats");
  if (n.ok() && repeats.size() != n.shape(x).size()) {
    n.invalid("needs one repeat a dimension");
  }
  n.define(0, n.ok() ? tile(n, x, repeats) : x);
}

void convert_expand(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const Axes wanted = n.constant_ints(1, "shape");
  if (!n.ok()) {
    return;
  }
  const auto shape = ir::broadcast(n.shape(x), wanted);
  if (!shape || is_empty(wanted)) {
    n.invalid("cannot expand " + ir::shape_text(n.shape(x)) + " to " + ir::shape_text(wanted));
    return;
  }
  n.define(0, expand(n, x, *shape));
}

/// on where an index names the position along the new axis, else off.
void convert_one_hot(NodeImport &n) {
  ir::ValueId indices = n.input(0);
  const ir::ValueId depth_value = cast(n, n.input(1), ir::ElementType::kInt64);
  const ir::Value &depth_constant = n.value(depth_value);
  if (n.ok() && (!depth_constant.constant || ir::element_count(depth_constant.type.shape) != 1)) {
    n.unsupported("needs its depth '" + n.proto().input(1) +
                  "' as a constant number (a graph input can be fixed)");
  }
  if (!n.ok()) {
    return;
  }
  const std::int64_t depth = ir::elements_of<std::int64_t>(depth_constant)[0];
  ir::Shape shape = n.shape(indices);
  const std::size_t axis = n.axis(n.int_or("axis", -1), shape.size() + 1);
  if (depth < 1 || depth > kMaxMadeUp) {
    n.invalid("has a depth of " + std::to_string(depth));
    return;
  }
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  indices = cast(n, n.reshape(indices, shape), ir::ElementType::kInt64);
  indices =
      binary(n, "mod", indices, number(n, ir::ElementType::kInt64, static_cast<double>(depth)));
  ir::Shape line(shape.size(), 1);
  line[axis] = depth;
  std::vector<double> positions;
  for (std::int64_t i = 0; i < depth; ++i) {
    positions.push_back(static_cast<double>(i));
  }
  const ir::ValueId all = numbers(n, line, ir::ElementType::kInt64, positions);
  const ir::ValueId values = n.input(2);
  const ir::ValueId off = n.reshape(slice(n, values, 0, 0, 1), {});
  const ir::ValueId on = n.reshape(slice(n, values, 0, 1, 1), {});
  n.define(0, select(n, binary(n, "equal", indices, all), on, off));
}

/// Blocks of channels become pixels, or the other way round.
void convert_depth_to_space(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape s = n.shape(x);
  const std::int64_t b = n.int_or("blocksize", 1);
  const bool to_space = n.proto().op_type() == "DepthToSpace";
  const bool fits = s.size() == 4 && b > 0 && b < 4096 &&
                    (to_space ? s[1] % (b * b) == 0 : s[2] % b == 0 && s[3] % b == 0);
  if (n.ok() && !fits) {
    n.invalid("cannot divide " + ir::shape_text(s) + " by blocks of " + std::to_string(b));
  }
  if (!n.ok()) {
    return;
  }
  if (!to_space) {
    const ir::ValueId blocks = n.reshape(x, {s[0], s[1], s[2] / b, b, s[3] / b, b});
    n.define(0, n.reshape(n.transpose(blocks, {0, 3, 5, 1, 2, 4}),
                          {s[0], s[1] * b * b, s[2] / b, s[3] / b}));
    return;
  }
  const bool rows_first = n.text_or("mode", "DCR") == "DCR";
  const std::int64_t depth = s[1] / (b * b);
  const ir::ValueId blocks = n.reshape(x, rows_first ? ir::Shape{s[0], b, b, depth, s[2], s[3]}
                                                     : ir::Shape{s[0], depth, b, b, s[2], s[3]});
  const Axes order = rows_first ? Axes{0, 3, 4, 1, 5, 2} : Axes{0, 1, 4, 2, 5, 3};
  n.define(0, n.reshape(n.transpose(blocks, order), {s[0], depth, s[2] * b, s[3] * b}));
}

/// Keeps what lies on one side of a diagonal.
void convert_trilu(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const ir::Shape shape = n.shape(x);
  const auto diagonal = n.has_input(1) ? n.constant_ints(1, "k") : Axes{0};
  const bool upper = n.int_or("upper", 1) != 0;
  if (n.ok() && (shape.size() < 2 || diagonal.size() != 1)) {
    n.invalid("needs a matrix and one number k");
  }
  if (n.ok()) {
    check_made_up(n, {shape[shape.size() - 2], shape.back()});
  }
  if (!n.ok()) {
    return;
  }
  const std::int64_t rows = shape[shape.size() - 2];
  const std::int64_t columns = shape.back();
  std::vector<double> kept;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      const bool above = static_cast<double>(c - r) >= static_cast<double>(diagonal[0]);
      const bool below = static_cast<double>(c - r) <= static_cast<double>(diagonal[0]);
      kept.push_back((upper ? above : below) ? 1 : 0);
    }
  }
  const ir::ValueId mask = numbers(n, {rows, columns}, ir::ElementType::kBool, kept);
  n.define(0, select(n, mask, x, number(n, n.element(x), 0)));
}

/// With a constant condition it is a gather.
void convert_compress(NodeImport &n) {
  ir::ValueId x = n.input(0);
  const ir::Value &condition = n.value(n.input(1));
  if (n.ok() && (!condition.constant || condition.type.element != ir::ElementType::kBool)) {
    n.unsupported("needs its condition '" + n.proto().input(1) +
                  "' as a constant (a graph input can be fixed)");
  }
  if (!n.ok()) {
    return;
  }
  std::vector<std::int64_t> indices;
  const auto truths = ir::elements_of<std::uint8_t>(condition);
  for (std::size_t i = 0; i < truths.size(); ++i) {
    if (truths[i] != 0) {
      indices.push_back(static_cast<std::int64_t>(i));
    }
  }
  const bool flat = !n.has_attribute("axis");
  x = flat ? n.reshape(x, {ir::element_count(n.shape(x))}) : x;
  const std::size_t axis = flat ? 0 : n.axis(n.int_or("axis", 0), n.shape(x).size());
  if (n.ok() && indices.empty()) {
    n.unsupported("chooses nothing");
  }
  const ir::ValueId chosen = n.constant({static_cast<std::int64_t>(indices.size())},
                                        ir::ElementType::kInt64, ir::constant_data(indices));
  n.define(0, n.emit(ir::Op::kGather, {x, chosen}, {{"axis", static_cast<std::int64_t>(axis)}}));
}

constexpr std::array kOperators = {
    Operator{"Compress", convert_compress, 9},
    Operator{"Concat", convert_concat, 4},
    Operator{"DepthToSpace", convert_depth_to_space, 1},
    Operator{"Expand", convert_expand, 8},
    Operator{"Gather", convert_gather, 1},
    Operator{"GatherElements", convert_gather, 11},
    Operator{"GatherND", convert_gather_nd, 11},
    Operator{"OneHot", convert_one_hot, 9},
    Operator{"Scatter", convert_scatter, 9},
    Operator{"ScatterElements", convert_scatter, 11},
    Operator{"ScatterND", convert_scatter, 11},
    Operator{"Slice", convert_slice, 1},
    Operator{"SpaceToDepth", convert_depth_to_space, 1},
    Operator{"Split", convert_split, 2},
    Operator{"Tile", convert_tile, 6},
    Operator{"Trilu", convert_trilu, 14},
};

} // namespace

std::span<const Operator> indexing_operators() { return kOperators; }

} // namespace tinyml::onnx
