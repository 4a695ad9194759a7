// SPDX-License-Identifier: Apache-2.0
// SLICE, STRIDED_SLICE, SPLIT, SPLIT_V, PACK, UNPACK, REVERSE_V2.
#include "compiler/frontends/tflite/node_import.hpp"

#include <algorithm>

namespace tinyml::tflite {
namespace {

using Numbers = std::vector<std::int64_t>;

/// Beyond this a position is as good as this, and sums do not overflow.
constexpr std::int64_t kFar = std::int64_t{1} << 40;

Numbers near_numbers(Numbers numbers) {
  for (std::int64_t &number : numbers) {
    number = std::clamp(number, -kFar, kFar);
  }
  return numbers;
}

/// Everything of a tensor, to be narrowed.
struct Region {
  explicit Region(const ir::Shape &shape)
      : begins(shape.size(), 0), sizes(shape), steps(shape.size(), 1) {}

  [[nodiscard]] ir::Attributes attributes() const {
    return {{"begins", begins}, {"sizes", sizes}, {"steps", steps}};
  }

  Numbers begins, sizes, steps;
};

ir::ValueId emit_slice(NodeImport &n, ir::ValueId x, const Region &region) {
  return n.emit(ir::Op::kSlice, {x}, region.attributes());
}

/// The masks of STRIDED_SLICE, bit i for dimension i.
struct Masks {
  int begin, end, shrink;
  [[nodiscard]] static bool has(int mask, std::size_t i) { return ((mask >> i) & 1) != 0; }
};

/// One dimension of STRIDED_SLICE as Python slices: negative positions count from the back, what
/// lies outside is cut.
void narrow(Region &region, std::size_t i, std::int64_t begin, std::int64_t end, std::int64_t step,
            const Masks &masks) {
  const std::int64_t size = region.sizes[i];
  const std::int64_t lowest = step > 0 ? 0 : -1;
  const auto resolved = [&](std::int64_t given) {
    return std::clamp(given < 0 ? given + size : given, lowest, lowest + size);
  };
  if (Masks::has(masks.shrink, i)) {
    region.begins[i] = begin < 0 ? begin + size : begin; // outside: refused when it is emitted
    region.sizes[i] = 1;
    return;
  }
  const std::int64_t first =
      Masks::has(masks.begin, i) ? (step > 0 ? 0 : size - 1) : resolved(begin);
  const std::int64_t limit = Masks::has(masks.end, i) ? (step > 0 ? size : -1) : resolved(end);
  region.begins[i] = first;
  region.sizes[i] = (limit - first + step + (step > 0 ? -1 : 1)) / step;
  region.steps[i] = step;
}

void define_parts(NodeImport &n, ir::ValueId x, std::size_t axis, const Numbers &sizes) {
  Region region(n.shape(x));
  if (n.ok() && static_cast<int>(sizes.size()) != n.output_count()) {
    n.invalid("splits into " + std::to_string(sizes.size()) + " parts but has " +
              std::to_string(n.output_count()) + " outputs");
  }
  for (int i = 0; n.ok() && i < n.output_count(); ++i) {
    region.sizes[axis] = sizes[static_cast<std::size_t>(i)];
    n.define(i, emit_slice(n, x, region));
    region.begins[axis] += sizes[static_cast<std::size_t>(i)];
  }
}

std::size_t constant_axis(NodeImport &n, int index, ir::ValueId x) {
  const Numbers axis = n.constant_ints(index, "axis");
  if (n.ok() && axis.size() != 1) {
    n.invalid("needs one axis");
  }
  return n.ok() ? n.axis(axis[0], n.shape(x).size()) : 0;
}

} // namespace

void convert_slice(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  const Numbers begins = near_numbers(n.constant_ints(1, "begin"));
  const Numbers sizes = near_numbers(n.constant_ints(2, "size"));
  Region region(n.shape(x));
  if (n.ok() && (begins.size() != region.sizes.size() || sizes.size() != region.sizes.size())) {
    n.invalid("needs a begin and a size for each of " + std::to_string(region.sizes.size()) +
              " dimensions");
  }
  for (std::size_t i = 0; n.ok() && i < sizes.size(); ++i) {
    region.begins[i] = begins[i];
    region.sizes[i] = sizes[i] == -1 ? region.sizes[i] - begins[i] : sizes[i];
  }
  n.define(0, emit_slice(n, x, region));
}

void convert_strided_slice(NodeImport &n) {
  const auto &options = n.options<schema::StridedSliceOptions>();
  const ir::ValueId x = n.input(0);
  const Numbers begins = near_numbers(n.constant_ints(1, "begin"));
  Numbers ends = near_numbers(n.constant_ints(2, "end"));
  const Numbers steps = near_numbers(n.constant_ints(3, "strides"));
  if (options.ellipsis_mask() != 0 || options.new_axis_mask() != 0) {
    n.unsupported("is supported without ellipsis and new axes only");
  }
  Region region(n.shape(x));
  if (n.ok() &&
      (begins.size() > region.sizes.size() || ends.size() != begins.size() ||
       steps.size() != begins.size() || std::find(steps.begin(), steps.end(), 0) != steps.end())) {
    n.invalid("has a begin, an end and strides that do not fit " + ir::shape_text(n.shape(x)));
  }
  const Masks masks = {options.begin_mask(), options.end_mask(), options.shrink_axis_mask()};
  ir::Shape kept;
  for (std::size_t i = 0; n.ok() && i < region.sizes.size(); ++i) {
    if (i < begins.size()) {
      narrow(region, i, begins[i], options.offset() ? begins[i] + ends[i] : ends[i], steps[i],
             masks);
    }
    if (i >= begins.size() || !Masks::has(masks.shrink, i)) {
      kept.push_back(region.sizes[i]);
    }
  }
  n.define(0, n.reshape(emit_slice(n, x, region), kept));
}

void convert_split(NodeImport &n) {
  const ir::ValueId x = n.input(1);
  const std::size_t axis = constant_axis(n, 0, x);
  const int parts = n.output_count();
  if (n.ok() && (parts < 1 || n.shape(x)[axis] % parts != 0)) {
    n.invalid("cannot split " + ir::shape_text(n.shape(x)) + " into " + std::to_string(parts) +
              " equal parts");
  }
  if (n.ok()) {
    define_parts(n, x, axis, Numbers(static_cast<std::size_t>(parts), n.shape(x)[axis] / parts));
  }
}

void convert_split_v(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  Numbers sizes = near_numbers(n.constant_ints(1, "sizes"));
  const std::size_t axis = constant_axis(n, 2, x);
  if (!n.ok()) {
    return;
  }
  std::int64_t rest = n.shape(x)[axis];
  for (const std::int64_t size : sizes) {
    rest -= std::clamp<std::int64_t>(size, 0, ir::kMaxTensorBytes);
  }
  std::replace(sizes.begin(), sizes.end(), std::int64_t{-1}, rest);
  define_parts(n, x, axis, sizes);
}

void convert_unpack(NodeImport &n) {
  const auto &options = n.options<schema::UnpackOptions>();
  const ir::ValueId x = n.input(0);
  const std::size_t axis = n.axis(options.axis(), n.shape(x).size());
  if (n.ok() && n.shape(x)[axis] != n.output_count()) {
    n.invalid("unpacks " + ir::shape_text(n.shape(x)) + " into " +
              std::to_string(n.output_count()) + " outputs");
  }
  if (!n.ok()) {
    return;
  }
  Region region(n.shape(x));
  ir::Shape kept = n.shape(x);
  kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(axis));
  region.sizes[axis] = 1;
  for (int i = 0; n.ok() && i < n.output_count(); ++i) {
    region.begins[axis] = i;
    n.define(i, n.reshape(emit_slice(n, x, region), kept));
  }
}

void convert_pack(NodeImport &n) {
  const auto &options = n.options<schema::PackOptions>();
  std::vector<ir::ValueId> inputs;
  std::size_t axis = 0;
  for (int i = 0; n.ok() && i < n.input_count(); ++i) {
    const ir::ValueId x = n.input(i);
    ir::Shape longer = n.shape(x);
    axis = n.axis(options.axis(), longer.size() + 1);
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(n.ok() ? axis : 0), 1);
    inputs.push_back(n.reshape(x, longer));
  }
  if (n.ok() && inputs.empty()) {
    n.invalid("lacks input 0");
  }
  n.produce(ir::Op::kConcat, inputs, {{"axis", static_cast<std::int64_t>(axis)}});
}

void convert_reverse(NodeImport &n) {
  const ir::ValueId x = n.input(0);
  Region region(n.shape(x));
  for (const std::int64_t given : n.constant_ints(1, "axes")) {
    const std::size_t axis = n.axis(given, region.sizes.size());
    if (n.ok()) {
      region.begins[axis] = region.sizes[axis] - 1;
      region.steps[axis] = -1;
    }
  }
  n.define(0, emit_slice(n, x, region));
}

} // namespace tinyml::tflite
