// SPDX-License-Identifier: Apache-2.0
// unary, binary, select, cast and the arithmetic of plain integers.
#include "compiler/ir/functions.hpp"
#include "compiler/interpret/element.hpp"
#include "compiler/ir/int8_table.hpp"
#include "kernels/reference/binary_quantized.hpp"
#include "kernels/reference/cast.hpp"
#include "kernels/reference/unary.hpp"

namespace tinyml::interpret {
namespace {

namespace reference = kernels::reference;

Expected<Step> make_unary(const StepContext &c) {
  if (const auto table = ir::int8_table(c.node, c.in_type(0), c.out_type())) {
    return Step([=, count = c.count(), table = *table] {
      reference::lookup(count, c.in<std::int8_t>(0), table.data(), c.out<std::int8_t>());
    });
  }
  const auto *info = ir::find_unary_function(ir::text_attribute(c.node, "function", ""));
  if (info == nullptr || c.in_type(0).element != ir::ElementType::kFloat32) {
    return float_only(c.node);
  }
  const kernels::unary::Numbers numbers = {
      static_cast<float>(ir::double_attribute(c.node, "alpha", 0)),
      static_cast<float>(ir::double_attribute(c.node, "beta", 0))};
  return Step([=, function = info->function, count = c.count()] {
    std::transform(c.in<float>(0), c.in<float>(0) + count, c.out<float>(),
                   [&](float x) { return function(x, numbers); });
  });
}

template <typename T>
Step make_function_of_two(const StepContext &c, kernels::BinaryFunction function) {
  const auto shape = broadcast_shape(c.in_type(0).shape, c.in_type(1).shape, c.out_type().shape);
  if (kernels::is_comparison(function)) {
    return [=] {
      auto *out = c.out<std::uint8_t>();
      reference::for_broadcast(shape, [&](std::int64_t i, std::int64_t j) {
        *out++ = kernels::compare<T>(function, c.in<T>(0)[i], c.in<T>(1)[j]) ? 1 : 0;
      });
    };
  }
  return [=] {
    auto *out = c.out<T>();
    reference::for_broadcast(shape, [&](std::int64_t i, std::int64_t j) {
      *out++ = kernels::combine<T>(function, c.in<T>(0)[i], c.in<T>(1)[j]);
    });
  };
}

Step make_select(const StepContext &c) {
  const ir::Shape &out = c.out_type().shape;
  const auto choice = broadcast_shape(c.in_type(0).shape, c.in_type(1).shape, out);
  const auto operands = broadcast_shape(c.in_type(1).shape, c.in_type(2).shape, out);
  const std::size_t size = ir::element_size(c.out_type().element);
  return [=] {
    std::vector<const std::uint8_t *> chosen;
    reference::for_broadcast(operands, [&](std::int64_t i, std::int64_t j) {
      chosen.push_back(c.in<std::uint8_t>(1) + static_cast<std::size_t>(i) * size);
      chosen.push_back(c.in<std::uint8_t>(2) + static_cast<std::size_t>(j) * size);
    });
    std::size_t at = 0;
    reference::for_broadcast(choice, [&](std::int64_t i, std::int64_t) {
      const bool first = c.in<std::uint8_t>(0)[i] != 0;
      std::memcpy(c.out<std::uint8_t>() + at * size, chosen[2 * at + (first ? 0 : 1)], size);
      ++at;
    });
  };
}

template <typename From> Step make_cast_from(const StepContext &c) {
  const std::int64_t count = c.count();
  if (c.out_type().element == ir::ElementType::kBool) {
    return [=] {
      std::transform(c.in<From>(0), c.in<From>(0) + count, c.out<std::uint8_t>(),
                     [](From x) { return static_cast<std::uint8_t>(x != From{} ? 1 : 0); });
    };
  }
  return with_element(c.out_type().element, [&](auto to) -> Step {
    using To = decltype(to);
    return [=] {
      std::transform(c.in<From>(0), c.in<From>(0) + count, c.out<To>(),
                     kernels::cast_element<To, From>);
    };
  });
}

/// Squared differences and parametric relu of int8 or int16.
template <typename T>
Expected<Step> make_quantized_function(const StepContext &c, kernels::BinaryFunction function) {
  const auto shape = broadcast_shape(c.in_type(0).shape, c.in_type(1).shape, c.out_type().shape);
  const kernels::QuantizedPair zeros{c.zero(c.in_type(0)), c.zero(c.in_type(1)),
                                     c.zero(c.out_type())};
  const float a = c.scale(c.in_type(0));
  const float b = c.scale(c.in_type(1));
  const float out = c.scale(c.out_type());
  const auto run = [=](auto combine, auto multipliers) {
    return Step([=] {
      T *result = c.out<T>();
      reference::for_broadcast(shape, [&](std::int64_t i, std::int64_t j) {
        *result++ = combine(multipliers, zeros, c.in<T>(0)[i], c.in<T>(1)[j]);
      });
    });
  };
  if (function == kernels::BinaryFunction::kPrelu) {
    return run(kernels::prelu<T>, kernels::prelu_multipliers(a, b, out));
  }
  return run(kernels::squared_difference<T>,
             kernels::square_multipliers(a, b, out, kernels::kSquareShift<T>));
}

} // namespace

Expected<Step> make_binary_function(const StepContext &c) {
  const auto function = ir::binary_function_of(c.node);
  if (!function) {
    return float_only(c.node);
  }
  switch (ir::arithmetic_of(*function, c.in_type(0), c.in_type(1), c.out_type())) {
  case ir::CodeArithmetic::kNone:
    return float_only(c.node);
  case ir::CodeArithmetic::kRescaled:
    return c.is_int8() ? make_quantized_function<std::int8_t>(c, *function)
                       : make_quantized_function<std::int16_t>(c, *function);
  case ir::CodeArithmetic::kPlain:
    break;
  }
  return with_element(c.in_type(0).element, [&](auto element) {
    return make_function_of_two<decltype(element)>(c, *function);
  });
}

Expected<Step> make_function(const StepContext &c) {
  switch (c.node.op) {
  case ir::Op::kUnary:
    return make_unary(c);
  case ir::Op::kBinary:
    return make_binary_function(c);
  case ir::Op::kSelect:
    return make_select(c);
  default:
    return with_element(c.in_type(0).element,
                        [&](auto from) { return make_cast_from<decltype(from)>(c); });
  }
}

} // namespace tinyml::interpret
