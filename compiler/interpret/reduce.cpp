// SPDX-License-Identifier: Apache-2.0
#include "kernels/reference/reduce.hpp"
#include "compiler/interpret/element.hpp"
#include "compiler/ir/functions.hpp"

namespace tinyml::interpret {
namespace {

namespace reference = kernels::reference;

template <typename T> Step make_arg_reduce_of(const StepContext &c) {
  const ir::Shape &x = c.in_type(0).shape;
  const std::int64_t axis = ir::int_attribute(c.node, "axis", 0);
  const reference::ArgReduceShape shape = {
      product(x, 0, axis), x[static_cast<std::size_t>(axis)],
      product(x, axis + 1, static_cast<std::int64_t>(x.size())),
      ir::text_attribute(c.node, "function", "") == "min",
      ir::int_attribute(c.node, "last", 0) != 0};
  return with_index(c.out_type().element, [&](auto index) -> Step {
    return [=] { reference::arg_reduce(shape, c.in<T>(0), c.out<decltype(index)>()); };
  });
}

/// Quantised maxima and minima are those of the numbers; sums are not.
bool is_computable(const StepContext &c, kernels::ReduceFunction function) {
  const bool quantized =
      c.in_type(0).element != ir::ElementType::kFloat32 && c.in_type(0).quantization.has_value();
  const bool picks =
      function == kernels::ReduceFunction::kMax || function == kernels::ReduceFunction::kMin;
  return !quantized || (picks && c.in_type(0).quantization == c.out_type().quantization);
}

} // namespace

Expected<Step> make_reduce(const StepContext &c) {
  if (c.node.op == ir::Op::kArgReduce) {
    return with_element(c.in_type(0).element,
                        [&](auto element) { return make_arg_reduce_of<decltype(element)>(c); });
  }
  const auto *info = ir::find_reduce_function(ir::text_attribute(c.node, "function", ""));
  const bool sums = info != nullptr && (info->function == kernels::ReduceFunction::kSum ||
                                        info->function == kernels::ReduceFunction::kMean);
  if (sums && (c.is_int8() || c.is_int16())) {
    return make_movement(c);
  }
  if (info == nullptr || !is_computable(c, info->function)) {
    return float_only(c.node);
  }
  ir::Shape kept = c.in_type(0).shape;
  for (const std::int64_t axis : ir::ints_attribute(c.node, "axes", {})) {
    kept[static_cast<std::size_t>(axis)] = 1;
  }
  return with_element(c.in_type(0).element, [&](auto element) -> Step {
    using T = decltype(element);
    return [=, in = full_dims(c.in_type(0).shape), out = full_dims(kept)] {
      reference::reduce<T>(info->function, in, out, c.in<T>(0), c.out<T>());
    };
  });
}

} // namespace tinyml::interpret
