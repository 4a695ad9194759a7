// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compiler/codegen/text.hpp"

#include <vector>

/// Strided boxes for kernels/generic/strided.hpp, with as few axes as possible.
namespace tinyml::codegen {

struct BoxAxis {
  std::int64_t length;
  std::int64_t first_step;
  std::int64_t second_step;
};

/// Drops axes of length 1 and joins neighbours that both tensors walk through without a jump. At
/// least one axis remains.
[[nodiscard]] std::vector<BoxAxis> joined(const std::vector<BoxAxis> &axes);

/// Distance of neighbours along each axis of a dense tensor.
[[nodiscard]] std::vector<std::int64_t> dense_steps(const ir::Shape &shape);

/// Steps of an operand while the output is walked; 0 where it is broadcast.
[[nodiscard]] std::vector<std::int64_t> broadcast_steps(const ir::Shape &operand,
                                                        const ir::Shape &out);

[[nodiscard]] Fields box_fields(const std::vector<BoxAxis> &axes);

} // namespace tinyml::codegen
