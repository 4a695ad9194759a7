// SPDX-License-Identifier: Apache-2.0
// slice, tile, gather, scatter.
#include "kernels/reference/indexing.hpp"
#include "compiler/interpret/element.hpp"
#include "kernels/reference/binary_functions.hpp"

namespace tinyml::interpret {
namespace {

namespace reference = kernels::reference;

Step make_slice(const StepContext &c) {
  const ir::Shape &x = c.in_type(0).shape;
  const auto begins = full_dims(ir::ints_attribute(c.node, "begins", {}), 0);
  const auto steps =
      full_dims(ir::ints_attribute(c.node, "steps", std::vector<std::int64_t>(x.size(), 1)), 1);
  return [=, in = full_dims(x), out = full_dims(c.out_type().shape),
          size = ir::element_size(c.out_type().element)] {
    reference::slice(in, begins, steps, out, size, c.in<std::uint8_t>(0), c.out<std::uint8_t>());
  };
}

Step make_tile(const StepContext &c) {
  return [=, in = full_dims(c.in_type(0).shape), out = full_dims(c.out_type().shape),
          size = ir::element_size(c.out_type().element)] {
    reference::tile(in, out, size, c.in<std::uint8_t>(0), c.out<std::uint8_t>());
  };
}

template <typename Index> Step make_gather(const StepContext &c) {
  const ir::Shape &x = c.in_type(0).shape;
  const std::int64_t axis = ir::int_attribute(c.node, "axis", 0);
  const auto rank = static_cast<std::int64_t>(x.size());
  const reference::GatherShape shape = {product(x, 0, axis), x[static_cast<std::size_t>(axis)],
                                        product(x, axis + 1, rank),
                                        ir::element_count(c.in_type(1).shape)};
  return [=, size = ir::element_size(c.out_type().element)] {
    reference::gather(shape, size, c.in<std::uint8_t>(0), c.in<Index>(1), c.out<std::uint8_t>());
  };
}

template <typename Index> Step make_gather_elements(const StepContext &c) {
  const ir::Shape &x = c.in_type(0).shape;
  const std::size_t axis = full_axis(x, ir::int_attribute(c.node, "axis", 0));
  return [=, in = full_dims(x), indices = full_dims(c.in_type(1).shape),
          size = ir::element_size(c.out_type().element)] {
    reference::for_each_indexed(
        in, indices, axis, c.in<Index>(1), [&](std::int64_t from, std::int64_t to) {
          std::memcpy(c.out<std::uint8_t>() + static_cast<std::size_t>(to) * size,
                      c.in<std::uint8_t>(0) + static_cast<std::size_t>(from) * size, size);
        });
  };
}

reference::GatherNdShape nd_shape(const StepContext &c) {
  const ir::Shape &x = c.in_type(0).shape;
  const ir::Shape &indices = c.in_type(1).shape;
  const std::int64_t batch_dims = ir::int_attribute(c.node, "batch_dims", 0);
  const std::int64_t depth = indices.back();
  reference::GatherNdShape shape = {
      product(x, 0, batch_dims),
      product(indices, batch_dims, static_cast<std::int64_t>(indices.size()) - 1),
      depth,
      product(x, batch_dims + depth, static_cast<std::int64_t>(x.size())),
      {}};
  std::copy(x.begin() + batch_dims, x.begin() + batch_dims + depth, shape.dims.begin());
  return shape;
}

template <typename Index> Step make_gather_nd(const StepContext &c) {
  return [=, shape = nd_shape(c), element = ir::element_size(c.out_type().element)] {
    const std::size_t size = static_cast<std::size_t>(shape.slice) * element;
    reference::for_each_slice(shape, c.in<Index>(1), [&](std::int64_t from, std::int64_t row) {
      std::memcpy(c.out<std::uint8_t>() + static_cast<std::size_t>(row) * size,
                  c.in<std::uint8_t>(0) + static_cast<std::size_t>(from) * element, size);
    });
  };
}

/// What becomes of an element that an update meets.
template <typename T> T updated(const std::string &reduction, T old, T update) {
  using kernels::BinaryFunction;
  if (reduction == "none") {
    return update;
  }
  return kernels::combine<T>(reduction == "add"   ? BinaryFunction::kAdd
                             : reduction == "mul" ? BinaryFunction::kMul
                             : reduction == "max" ? BinaryFunction::kMax
                                                  : BinaryFunction::kMin,
                             old, update);
}

template <typename T, typename Index> Step make_scatter(const StepContext &c) {
  const ir::Shape &x = c.in_type(0).shape;
  const std::string reduction = ir::text_attribute(c.node, "reduction", "none");
  const auto update = [=](std::int64_t to, std::int64_t from) {
    T &element = c.out<T>()[to];
    element = updated<T>(reduction, element, c.in<T>(2)[from]);
  };
  const std::size_t bytes = ir::byte_size(c.out_type());
  if (c.node.op == ir::Op::kScatterElements) {
    return [=, in = full_dims(x), indices = full_dims(c.in_type(1).shape),
            axis = full_axis(x, ir::int_attribute(c.node, "axis", 0))] {
      std::memcpy(c.out<std::uint8_t>(), c.in<std::uint8_t>(0), bytes);
      reference::for_each_indexed(in, indices, axis, c.in<Index>(1), update);
    };
  }
  return [=, shape = nd_shape(c)] {
    std::memcpy(c.out<std::uint8_t>(), c.in<std::uint8_t>(0), bytes);
    reference::for_each_slice(shape, c.in<Index>(1), [&](std::int64_t to, std::int64_t row) {
      for (std::int64_t i = 0; i < shape.slice; ++i) {
        update(to + i, row * shape.slice + i);
      }
    });
  };
}

template <typename Index> Step make_indexed(const StepContext &c) {
  switch (c.node.op) {
  case ir::Op::kGather:
    return make_gather<Index>(c);
  case ir::Op::kGatherElements:
    return make_gather_elements<Index>(c);
  case ir::Op::kGatherNd:
    return make_gather_nd<Index>(c);
  default:
    return with_element(c.out_type().element,
                        [&](auto element) { return make_scatter<decltype(element), Index>(c); });
  }
}

} // namespace

Expected<Step> make_indexing(const StepContext &c) {
  if (c.node.op == ir::Op::kSlice) {
    return make_slice(c);
  }
  if (c.node.op == ir::Op::kTile) {
    return make_tile(c);
  }
  return with_index(c.in_type(1).element,
                    [&](auto index) { return make_indexed<decltype(index)>(c); });
}

} // namespace tinyml::interpret
