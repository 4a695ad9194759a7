// SPDX-License-Identifier: Apache-2.0
#include "compiler/frontends/onnx/import.hpp"
#include "compiler/frontends/onnx/node_import.hpp"

#include <algorithm>
#include <array>

namespace tinyml::onnx {
namespace {

std::array<std::span<const Operator>, 10> families() {
  return {layer_operators(),  unary_operators(),         binary_operators(),
          reduce_operators(), normalization_operators(), indexing_operators(),
          shape_operators(),  recurrent_operators(),     quantized_operators(),
          loss_operators()};
}

} // namespace

const Operator *find_operator(std::string_view op_type) {
  for (const std::span<const Operator> family : families()) {
    for (const Operator &entry : family) {
      if (entry.name == op_type) {
        return &entry;
      }
    }
  }
  return nullptr;
}

std::vector<std::string> supported_operators() {
  std::vector<std::string> names;
  for (const std::span<const Operator> family : families()) {
    for (const Operator &entry : family) {
      names.emplace_back(entry.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

} // namespace tinyml::onnx
