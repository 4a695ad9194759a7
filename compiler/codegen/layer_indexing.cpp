// SPDX-License-Identifier: Apache-2.0
// slice, tile, gather and scatter.
#include "compiler/codegen/boxes.hpp"
#include "compiler/codegen/layer.hpp"

#include "compiler/ir/types.hpp"

namespace tinyml::codegen {
namespace {

using ir::Op;

std::string ranked(const std::string &name, std::size_t rank) {
  return name + "<" + std::to_string(rank) + ">";
}

std::int64_t product(const ir::Shape &shape, std::int64_t first, std::int64_t end) {
  return ir::element_count({shape.begin() + first, shape.begin() + end});
}

Expected<Layer> make_slice(const LayerContext &c) {
  const ir::Shape &in = c.in().shape;
  const auto begins = ir::ints_attribute(c.node, "begins", {});
  const auto steps = ir::ints_attribute(c.node, "steps", std::vector<std::int64_t>(in.size(), 1));
  const auto in_steps = dense_steps(in);
  const auto out_steps = dense_steps(c.out().shape);
  std::int64_t first = 0;
  std::vector<BoxAxis> axes;
  for (std::size_t i = 0; i < in.size(); ++i) {
    axes.push_back({c.out().shape[i], in_steps[i] * steps[i], out_steps[i]});
    first += begins[i] * in_steps[i];
  }
  axes = joined(axes);
  Layer layer;
  layer.header = "slice.hpp";
  layer.calls.push_back({"slice",
                         ranked("Slice", axes.size()),
                         Fields().add("box", box_fields(axes)).add("first_element", first),
                         {c.input_text(0, layer), c.output_text()},
                         false});
  return layer;
}

Expected<Layer> make_tile(const LayerContext &c) {
  const ir::Shape &in = c.in().shape;
  const auto repeats = ir::ints_attribute(c.node, "repeats", {});
  const auto in_steps = dense_steps(in);
  const auto out_steps = dense_steps(c.out().shape);
  std::vector<BoxAxis> axes;
  for (std::size_t i = 0; i < in.size(); ++i) {
    axes.push_back({repeats[i], 0, out_steps[i] * in[i]});
    axes.push_back({in[i], in_steps[i], out_steps[i]});
  }
  axes = joined(axes);
  Layer layer;
  layer.header = "tile.hpp";
  layer.calls.push_back({"tile",
                         ranked("Tile", axes.size()),
                         Fields().add("box", box_fields(axes)),
                         {c.input_text(0, layer), c.output_text()},
                         false});
  return layer;
}

Expected<Layer> make_gather(const LayerContext &c) {
  const ir::Shape &in = c.in().shape;
  const std::int64_t axis = ir::int_attribute(c.node, "axis", 0);
  Layer layer;
  layer.header = "gather.hpp";
  layer.calls.push_back(
      {"gather",
       "Gather",
       Fields()
           .add("outer", product(in, 0, axis))
           .add("depth", in[static_cast<std::size_t>(axis)])
           .add("inner", product(in, axis + 1, static_cast<std::int64_t>(in.size())))
           .add("count", ir::element_count(c.in(1).shape)),
       {c.input_text(0, layer), c.input_text(1, layer), c.output_text()}});
  return layer;
}

struct IndexedBox {
  Fields fields;
  std::size_t rank;
};

/// IndexedElements of indexed_elements.hpp.
IndexedBox indexed_elements(const LayerContext &c) {
  const ir::Shape &in = c.in().shape;
  const ir::Shape &indices = c.in(1).shape;
  const auto axis = static_cast<std::size_t>(ir::int_attribute(c.node, "axis", 0));
  const auto in_steps = dense_steps(in);
  const auto index_steps = dense_steps(indices);
  std::vector<BoxAxis> axes;
  for (std::size_t i = 0; i < in.size(); ++i) {
    axes.push_back({indices[i], i == axis ? 0 : in_steps[i], index_steps[i]});
  }
  axes = joined(axes);
  return {Fields()
              .add("box", box_fields(axes))
              .add("axis_length", in[axis])
              .add("axis_step", in_steps[axis]),
          axes.size()};
}

/// IndexedSlices of indexed_slices.hpp.
IndexedBox indexed_slices(const LayerContext &c) {
  const ir::Shape &in = c.in().shape;
  const ir::Shape &indices = c.in(1).shape;
  const std::int64_t batch_dims = ir::int_attribute(c.node, "batch_dims", 0);
  const std::int64_t depth = indices.back();
  return {
      Fields()
          .add("batches", product(in, 0, batch_dims))
          .add("count", product(indices, batch_dims, static_cast<std::int64_t>(indices.size()) - 1))
          .add("slice", product(in, batch_dims + depth, static_cast<std::int64_t>(in.size())))
          .add_list("length", {in.begin() + batch_dims, in.begin() + batch_dims + depth}),
      static_cast<std::size_t>(depth)};
}

Expected<Layer> make_indexed_gather(const LayerContext &c) {
  const bool elements = c.node.op == Op::kGatherElements;
  const IndexedBox indexed = elements ? indexed_elements(c) : indexed_slices(c);
  Layer layer;
  layer.header = elements ? "indexed_elements.hpp" : "indexed_slices.hpp";
  layer.calls.push_back({elements ? "gather_elements" : "gather_nd",
                         ranked(elements ? "IndexedElements" : "IndexedSlices", indexed.rank),
                         indexed.fields,
                         {c.input_text(0, layer), c.input_text(1, layer), c.output_text()},
                         false});
  return layer;
}

/// What an update makes of an element, as a type.
std::string merge_type(const LayerContext &c) {
  const std::string reduction = ir::text_attribute(c.node, "reduction", "none");
  if (reduction == "none") {
    return "generic::Replace";
  }
  const std::string function = reduction == "add"   ? "kAdd"
                               : reduction == "mul" ? "kMul"
                               : reduction == "max" ? "kMax"
                                                    : "kMin";
  return "generic::FunctionOfTwo<tinyml::kernels::BinaryFunction::" + function + ", " +
         cpp_type(c.out().element) + ">";
}

Expected<Layer> make_scatter(const LayerContext &c) {
  const bool elements = c.node.op == Op::kScatterElements;
  const IndexedBox indexed = elements ? indexed_elements(c) : indexed_slices(c);
  Layer layer;
  layer.header = elements ? "scatter_elements.hpp" : "scatter_nd.hpp";
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < 3; ++i) {
    arguments.push_back(c.input_text(i, layer));
  }
  arguments.push_back(c.output_text());
  layer.calls.push_back({elements ? "scatter_elements" : "scatter_nd",
                         std::string(elements ? "ScatterElements<" : "ScatterNd<") + merge_type(c) +
                             ", " + std::to_string(indexed.rank) + ">",
                         Fields()
                             .add("count", ir::element_count(c.out().shape))
                             .add(elements ? "indexed" : "slices", indexed.fields),
                         arguments, false});
  return layer;
}

} // namespace

Expected<Layer> make_indexing(const LayerContext &c) {
  switch (c.node.op) {
  case Op::kSlice:
    return make_slice(c);
  case Op::kTile:
    return make_tile(c);
  case Op::kGather:
    return make_gather(c);
  case Op::kGatherElements:
  case Op::kGatherNd:
    return make_indexed_gather(c);
  default:
    return make_scatter(c);
  }
}

} // namespace tinyml::codegen
