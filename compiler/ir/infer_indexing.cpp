// SPDX-License-Identifier: Apache-2.0
// slice, tile, gather and scatter.
#include "compiler/ir/infer.hpp"

#include <algorithm>

namespace tinyml::ir {
namespace {

Failure<HostError> invalid(std::string message) {
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

bool is_index(ElementType element) {
  return element == ElementType::kInt32 || element == ElementType::kInt64;
}

Expected<TensorType> infer_slice(const InferenceInput &in) {
  const Shape &x = in.inputs[0].shape;
  const auto begins = ints_attribute(in.node, "begins", {});
  const auto sizes = ints_attribute(in.node, "sizes", {});
  const auto steps = ints_attribute(in.node, "steps", std::vector<std::int64_t>(x.size(), 1));
  if (begins.size() != x.size() || sizes.size() != x.size() || steps.size() != x.size()) {
    return invalid("needs begins, sizes and steps for " + std::to_string(x.size()) + " dimensions");
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::int64_t last = begins[i] + (sizes[i] - 1) * steps[i];
    if (sizes[i] < 1 || steps[i] == 0 || begins[i] < 0 || begins[i] >= x[i] || last < 0 ||
        last >= x[i]) {
      return invalid("slices dimension " + std::to_string(i) + " of " + shape_text(x) +
                     " outside of it");
    }
  }
  return TensorType{in.inputs[0].element, sizes, {}};
}

Expected<TensorType> infer_tile(const InferenceInput &in) {
  Shape shape = in.inputs[0].shape;
  const auto repeats = ints_attribute(in.node, "repeats", {});
  if (repeats.size() != shape.size() ||
      std::any_of(repeats.begin(), repeats.end(), [](std::int64_t r) { return r < 1; })) {
    return invalid("repeats must be " + std::to_string(shape.size()) + " numbers of at least 1");
  }
  for (std::size_t i = 0; i < shape.size(); ++i) {
    shape[i] *= repeats[i];
  }
  return TensorType{in.inputs[0].element, shape, {}};
}

Expected<std::size_t> checked_axis(const InferenceInput &in) {
  const std::int64_t axis = int_attribute(in.node, "axis", 0);
  const std::size_t rank = in.inputs[0].shape.size();
  if (axis < 0 || axis >= static_cast<std::int64_t>(rank)) {
    return invalid("axis " + std::to_string(axis) + " is outside of " + std::to_string(rank) +
                   " dimensions");
  }
  return static_cast<std::size_t>(axis);
}

Expected<TensorType> infer_gather(const InferenceInput &in) {
  const auto axis = checked_axis(in);
  if (!axis) {
    return Failure{axis.error()};
  }
  Shape shape = in.inputs[0].shape;
  const Shape &indices = in.inputs[1].shape;
  const auto at = shape.erase(shape.begin() + static_cast<std::ptrdiff_t>(*axis));
  shape.insert(at, indices.begin(), indices.end());
  return TensorType{in.inputs[0].element, shape, {}};
}

/// Indices as long as the data, but for the axis; shared by gather_elements and scatter_elements.
Expected<void> check_elements(const InferenceInput &in) {
  const auto axis = checked_axis(in);
  if (!axis) {
    return Failure{axis.error()};
  }
  const Shape &x = in.inputs[0].shape;
  const Shape &indices = in.inputs[1].shape;
  bool fits = x.size() == indices.size();
  for (std::size_t i = 0; fits && i < x.size(); ++i) {
    fits = i == *axis || indices[i] <= x[i];
  }
  return fits ? Expected<void>{}
              : invalid("indices " + shape_text(indices) + " do not fit data " + shape_text(x));
}

/// Shape of what the rows of the indices name: batches, rows, slice.
Expected<Shape> named_slices(const InferenceInput &in) {
  const Shape &x = in.inputs[0].shape;
  const Shape &indices = in.inputs[1].shape;
  const std::int64_t batch_dims = int_attribute(in.node, "batch_dims", 0);
  const bool has_depth =
      !indices.empty() && batch_dims >= 0 && batch_dims < static_cast<std::int64_t>(indices.size());
  const std::int64_t depth = has_depth ? indices.back() : 0;
  if (!has_depth || batch_dims + depth > static_cast<std::int64_t>(x.size()) ||
      !std::equal(x.begin(), x.begin() + batch_dims, indices.begin())) {
    return invalid("indices " + shape_text(indices) + " do not fit data " + shape_text(x));
  }
  Shape shape(indices.begin(), indices.end() - 1);
  shape.insert(shape.end(), x.begin() + batch_dims + depth, x.end());
  return shape;
}

Expected<TensorType> infer_scatter(const InferenceInput &in) {
  Shape updates = in.inputs[1].shape;
  if (in.node.op == Op::kScatterElements) {
    if (const auto checked = check_elements(in); !checked) {
      return Failure{checked.error()};
    }
  } else {
    auto named = named_slices(in);
    if (!named) {
      return Failure{named.error()};
    }
    updates = *named;
  }
  if (in.inputs[2].shape != updates || in.inputs[2].element != in.inputs[0].element) {
    return invalid("updates " + type_text(in.inputs[2]) + " do not fit " + shape_text(updates));
  }
  const std::string reduction = text_attribute(in.node, "reduction", "none");
  if (reduction != "none" && reduction != "add" && reduction != "mul" && reduction != "max" &&
      reduction != "min") {
    return invalid("has no reduction '" + reduction + "'");
  }
  return TensorType{in.inputs[0].element, in.inputs[0].shape, {}};
}

} // namespace

Expected<TensorType> infer_indexing(const InferenceInput &in) {
  if (in.inputs.size() > 1 && !is_index(in.inputs[1].element)) {
    return invalid("needs int32 or int64 indices, not " + type_text(in.inputs[1]));
  }
  switch (in.node.op) {
  case Op::kSlice:
    return infer_slice(in);
  case Op::kTile:
    return infer_tile(in);
  case Op::kGather:
    return infer_gather(in);
  case Op::kGatherElements: {
    const auto checked = check_elements(in);
    return checked ? Expected<TensorType>(TensorType{in.inputs[0].element, in.inputs[1].shape, {}})
                   : Failure{checked.error()};
  }
  case Op::kGatherNd: {
    const auto shape = named_slices(in);
    return shape ? Expected<TensorType>(TensorType{in.inputs[0].element, *shape, {}})
                 : Failure{shape.error()};
  }
  default:
    return infer_scatter(in);
  }
}

} // namespace tinyml::ir
