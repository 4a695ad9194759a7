// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/rescale.hpp"

#include "compiler/ir/types.hpp"
#include "kernels/reference/requantize.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace tinyml::codegen {
namespace {

using ir::ElementType;
using kernels::Multiplier;

std::size_t size(std::int64_t dim) { return static_cast<std::size_t>(dim); }

/// One entry an output channel, or a single one when all are equal.
Expected<std::vector<Multiplier>> multipliers_of(const LayerContext &c, std::int64_t outputs) {
  const ir::Quantization &filter = *c.in(1).quantization;
  if (filter.scales.size() != 1 && filter.scales.size() != size(outputs)) {
    return c.unsupported("the weights have " + std::to_string(filter.scales.size()) +
                         " scales for " + std::to_string(outputs) + " output channels");
  }
  if (std::any_of(filter.zero_points.begin(), filter.zero_points.end(),
                  [](std::int32_t zero) { return zero != 0; })) {
    return c.unsupported("the weights have a zero point other than 0");
  }
  std::vector<Multiplier> multipliers;
  auto *const multiplier = filter.scales.size() == 1 && c.node.op == ir::Op::kFullyConnected
                               ? kernels::fully_connected_multiplier
                               : kernels::convolution_multiplier;
  for (const float scale : filter.scales) {
    multipliers.push_back(multiplier(c.scale(c.in()), scale, c.scale(c.out())));
    Multiplier &last = multipliers.back();
    if (last.shift > 30) {
      return c.unsupported("the output's scale is too small for its inputs' scales");
    }
    last.shift = last.value == 0 ? -1 : last.shift;
  }
  if (std::equal(multipliers.begin() + 1, multipliers.end(), multipliers.begin())) {
    multipliers.resize(1);
  }
  return multipliers;
}

/// Kernels double sums before they scale them: products and bias each may reach this.
constexpr std::int64_t kProductsLimit = 1LL << 29;

/// Biases of channels that never leave one end of the range can be huge.
bool is_small(std::int32_t bias) {
  return bias > -kernels::kSmallBias && bias < kernels::kSmallBias;
}

Expected<std::vector<std::int32_t>> fold_biases(const LayerContext &c, const Filters &filters,
                                                std::int32_t folded_zero) {
  const auto given = c.node.inputs.size() > 2 ? ir::elements_of<std::int32_t>(c.input(2))
                                              : std::vector<std::int32_t>(size(filters.outputs));
  // Inputs as the kernel sums them lie within -255...255, whatever zero point they contain.
  constexpr std::int64_t kLargestInput = 255;
  std::vector<std::int32_t> biases;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::int64_t folded = given[i] - folded_zero * filters.sums[i];
    const std::int64_t products = filters.magnitudes[i] * kLargestInput;
    const std::int64_t bias = std::max(std::abs(folded), std::abs(std::int64_t{given[i]}));
    if (products >= kProductsLimit || products + bias > std::numeric_limits<std::int32_t>::max()) {
      return c.unsupported("its sums of products can exceed 32 bits");
    }
    biases.push_back(static_cast<std::int32_t>(folded));
  }
  return biases;
}

std::string add_array(const LayerContext &c, const std::string &what, ElementType element,
                      ir::ConstantData data, Layer &layer) {
  const std::string name = c.name + "_" + what;
  layer.weights.push_back({name, element, std::move(data)});
  return "weights::" + name;
}

RescaleFields float_fields(const LayerContext &c, const Filters &filters, Layer &layer) {
  const FloatRange range = float_range(ir::activation_of(c.node));
  ir::ConstantData bias = c.node.inputs.size() > 2
                              ? *c.input(2).constant
                              : ir::ConstantData(size(filters.outputs) * sizeof(float), 0);
  Fields fields;
  fields.add("bias", add_array(c, "bias", ElementType::kFloat32, std::move(bias), layer))
      .add_float("low", range.low)
      .add_float("high", range.high);
  return {"FloatArithmetic", std::move(fields)};
}

} // namespace

Filters int8_filters(const ir::ConstantData &rows, std::int64_t outputs) {
  Filters filters{outputs, {}, {}};
  const std::size_t depth = rows.size() / size(outputs);
  for (std::size_t output = 0; output < size(outputs); ++output) {
    std::int64_t sum = 0;
    std::int64_t magnitude = 0;
    for (std::size_t i = 0; i < depth; ++i) {
      const auto weight = static_cast<std::int8_t>(rows[output * depth + i]);
      sum += weight;
      magnitude += std::abs(weight);
    }
    filters.sums.push_back(sum);
    filters.magnitudes.push_back(magnitude);
  }
  return filters;
}

Expected<RescaleFields> rescale_fields(const LayerContext &c, const Filters &filters,
                                       std::int32_t folded_zero, bool wide, Layer &layer) {
  if (!c.is_int8()) {
    return float_fields(c, filters, layer);
  }
  const auto multipliers = multipliers_of(c, filters.outputs);
  const auto biases = fold_biases(c, filters, folded_zero);
  if (!multipliers || !biases) {
    return Failure{multipliers ? biases.error() : multipliers.error()};
  }
  // The usual case has its own, shorter arithmetic: see Int8Arithmetic.
  const bool narrow = !wide && std::all_of(biases->begin(), biases->end(), is_small) &&
                      std::all_of(multipliers->begin(), multipliers->end(),
                                  [](const Multiplier &m) { return m.shift <= -1; });
  std::vector<std::int32_t> values;
  std::vector<std::int8_t> shifts;
  for (const Multiplier &multiplier : *multipliers) {
    values.push_back(multiplier.value);
    shifts.push_back(static_cast<std::int8_t>(narrow ? -1 - multiplier.shift : multiplier.shift));
  }
  const ir::Range range = ir::activation_range(ir::activation_of(c.node), *c.out().quantization);
  Fields fields;
  fields.add("bias", add_array(c, "bias", ElementType::kInt32, ir::constant_data(*biases), layer))
      .add("multipliers",
           add_array(c, "multipliers", ElementType::kInt32, ir::constant_data(values), layer))
      .add("shifts", add_array(c, "shifts", ElementType::kInt8, ir::constant_data(shifts), layer))
      .add("output_zero_point", c.zero_point(c.out()))
      .add("low", range.low)
      .add("high", range.high)
      .add("table_step", multipliers->size() > 1 ? 1 : 0);
  return RescaleFields{narrow ? "Int8Arithmetic" : "Int8WideArithmetic", std::move(fields)};
}

} // namespace tinyml::codegen
