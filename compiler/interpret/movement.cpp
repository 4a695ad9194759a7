// SPDX-License-Identifier: Apache-2.0
#include "compiler/interpret/element.hpp"
#include "kernels/reference/cast.hpp"
#include "kernels/reference/mean.hpp"
#include "kernels/reference/mean_quantized.hpp"
#include "kernels/reference/unary.hpp"

#include <cstring>

namespace tinyml::interpret {
namespace {

namespace reference = kernels::reference;

Step make_reshape(const StepContext &c) {
  return [=, size = ir::byte_size(c.out_type())] {
    std::memcpy(c.out<std::uint8_t>(), c.in<std::uint8_t>(0), size);
  };
}

Step make_transpose(const StepContext &c) {
  const reference::Dims in = full_dims(c.in_type(0).shape);
  const auto given = ir::ints_attribute(c.node, "permutation", {});
  std::array<std::size_t, 6> permutation = {0, 1, 2, 3, 4, 5};
  const std::size_t missing = permutation.size() - given.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    permutation[missing + i] = missing + static_cast<std::size_t>(given[i]);
  }
  return [=, size = ir::element_size(c.out_type().element)] {
    reference::transpose(in, permutation, size, c.in<std::uint8_t>(0), c.out<std::uint8_t>());
  };
}

/// Bytes of the padding's element.
Expected<std::vector<std::uint8_t>> pad_value(const StepContext &c) {
  const double value = ir::double_attribute(c.node, "value", 0);
  if (c.out_type().element == ir::ElementType::kFloat32) {
    return ir::constant_data<float>({static_cast<float>(value)});
  }
  if (c.is_int16()) {
    const ir::Range range = ir::clamp_range(value, ir::kInfinity, c.out_type());
    return ir::constant_data<std::int16_t>({static_cast<std::int16_t>(range.low)});
  }
  if (!c.out_type().quantization) {
    return with_element(c.out_type().element, [&](auto element) {
      using T = decltype(element);
      return Expected<std::vector<std::uint8_t>>(
          ir::constant_data<T>({kernels::cast_element<T>(value)}));
    });
  }
  if (!c.is_int8()) {
    return float_only(c.node);
  }
  std::int8_t quantized = 0;
  const auto real = static_cast<float>(value);
  reference::quantize(1, &real, c.scale(c.out_type()), c.zero(c.out_type()), &quantized);
  return ir::constant_data<std::int8_t>({quantized});
}

Expected<Step> make_pad(const StepContext &c) {
  auto value = pad_value(c);
  if (!value) {
    return Failure{value.error()};
  }
  const ir::Shape &shape = c.in_type(0).shape;
  const auto pads = ir::ints_attribute(c.node, "pads", {});
  reference::Dims begin{};
  std::copy_backward(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(shape.size()),
                     begin.end());
  return Step([=, in = full_dims(shape), out = full_dims(c.out_type().shape), filler = *value] {
    reference::pad(in, out, begin, filler.size(), filler.data(), c.in<std::uint8_t>(0),
                   c.out<std::uint8_t>());
  });
}

Step make_concat(const StepContext &c) {
  const auto axis = static_cast<std::size_t>(ir::int_attribute(c.node, "axis", 0));
  const reference::Dims out = full_dims(c.out_type().shape);
  const std::size_t full_axis = axis + out.size() - c.out_type().shape.size();
  return [=, size = ir::element_size(c.out_type().element)] {
    std::int64_t position = 0;
    for (std::size_t i = 0; i < c.node.inputs.size(); ++i) {
      const reference::Dims in = full_dims(c.in_type(i).shape);
      reference::concat_part(in, out, full_axis, position, size, c.in<std::uint8_t>(i),
                             c.out<std::uint8_t>());
      position += in[full_axis];
    }
  };
}

template <typename T>
Step make_quantized_mean(const StepContext &c, const reference::Dims &in,
                         const reference::Dims &kept) {
  const double ratio =
      static_cast<double>(c.scale(c.in_type(0))) / static_cast<double>(c.scale(c.out_type()));
  const std::int64_t count = ir::element_count(c.in_type(0).shape) / c.count();
  const bool is_sum = ir::text_attribute(c.node, "function", "mean") == "sum";
  const kernels::Multiplier scales = kernels::quantize_multiplier(ratio);
  const reference::QuantizedSum q{c.zero(c.in_type(0)),
                                  is_sum ? scales : kernels::mean_multiplier(scales, count),
                                  c.zero(c.out_type())};
  return [=] { reference::reduce_sum(in, kept, q, c.in<T>(0), c.out<T>()); };
}

Expected<Step> make_mean(const StepContext &c) {
  ir::Shape kept = c.in_type(0).shape;
  for (const std::int64_t axis : ir::ints_attribute(c.node, "axes", {})) {
    kept[static_cast<std::size_t>(axis)] = 1;
  }
  const reference::Dims in = full_dims(c.in_type(0).shape);
  const reference::Dims out = full_dims(kept);
  switch (c.in_type(0).element) {
  case ir::ElementType::kFloat32:
    return Step([=] { reference::mean(in, out, c.in<float>(0), c.out<float>()); });
  case ir::ElementType::kInt8:
    return make_quantized_mean<std::int8_t>(c, in, out);
  case ir::ElementType::kInt16:
    return make_quantized_mean<std::int16_t>(c, in, out);
  default:
    return float_only(c.node);
  }
}

} // namespace

Expected<Step> make_movement(const StepContext &c) {
  switch (c.node.op) {
  case ir::Op::kReshape:
    return make_reshape(c);
  case ir::Op::kTranspose:
    return make_transpose(c);
  case ir::Op::kPad:
    return make_pad(c);
  case ir::Op::kConcat:
    return make_concat(c);
  default:
    return make_mean(c);
  }
}

} // namespace tinyml::interpret
