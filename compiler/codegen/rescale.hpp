// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/codegen/layer.hpp"

/// From sums of products to output elements: the parameters of kernels/generic/arithmetic.hpp.
namespace tinyml::codegen {

/// A layer's filters as the kernels' sums see them.
struct Filters {
  std::int64_t outputs = 0;
  /// Of every filter, the sum of its weights and of their magnitudes; empty for float.
  std::vector<std::int64_t> sums;
  std::vector<std::int64_t> magnitudes;
};

/// `rows`: int8 weights, filter by filter.
[[nodiscard]] Filters int8_filters(const ir::ConstantData &rows, std::int64_t outputs);

struct RescaleFields {
  std::string type; ///< "Int8Arithmetic"
  Fields fields;
};

/// Adds bias and tables to `layer`; `wide`: for Int8WideArithmetic, needed or not. `folded_zero` is
/// taken off every input by way of the bias: for kernels that sum products of inputs as they are
/// (0: the kernel subtracts zero points itself).
[[nodiscard]] Expected<RescaleFields> rescale_fields(const LayerContext &c, const Filters &filters,
                                                     std::int32_t folded_zero, bool wide,
                                                     Layer &layer);

} // namespace tinyml::codegen
