// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/boxes.hpp"

namespace tinyml::codegen {

std::vector<BoxAxis> joined(const std::vector<BoxAxis> &axes) {
  std::vector<BoxAxis> result;
  for (const BoxAxis &axis : axes) {
    if (axis.length == 1) {
      continue;
    }
    const bool continues = !result.empty() &&
                           result.back().first_step == axis.first_step * axis.length &&
                           result.back().second_step == axis.second_step * axis.length;
    if (continues) {
      result.back() = {result.back().length * axis.length, axis.first_step, axis.second_step};
    } else {
      result.push_back(axis);
    }
  }
  if (result.empty()) {
    result.push_back({1, 1, 1});
  }
  return result;
}

std::vector<std::int64_t> dense_steps(const ir::Shape &shape) {
  std::vector<std::int64_t> steps(shape.size());
  std::int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    steps[i] = step;
    step *= shape[i];
  }
  return steps;
}

std::vector<std::int64_t> broadcast_steps(const ir::Shape &operand, const ir::Shape &out) {
  const std::vector<std::int64_t> dense = dense_steps(operand);
  std::vector<std::int64_t> steps(out.size(), 0);
  const std::size_t missing = out.size() - operand.size();
  for (std::size_t i = 0; i < operand.size(); ++i) {
    steps[missing + i] = operand[i] == out[missing + i] ? dense[i] : 0;
  }
  return steps;
}

Fields box_fields(const std::vector<BoxAxis> &axes) {
  std::vector<std::int64_t> lengths;
  std::vector<std::int64_t> first;
  std::vector<std::int64_t> second;
  for (const BoxAxis &axis : axes) {
    lengths.push_back(axis.length);
    first.push_back(axis.first_step);
    second.push_back(axis.second_step);
  }
  return Fields()
      .add_list("length", lengths)
      .add_list("first_step", first)
      .add_list("second_step", second);
}

} // namespace tinyml::codegen
