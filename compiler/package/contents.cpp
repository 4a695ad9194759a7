// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/contents.hpp"

#include "compiler/ir/types.hpp"

namespace tinyml::package {

std::map<std::string, std::string> Contents::words() const {
  return {{"id", names.id},
          {"ID", names.macro},
          {"display", names.display},
          {"arena", std::to_string(arena_bytes)},
          {"state", std::to_string(state_bytes)},
          {"macs", std::to_string(macs)},
          {"weights", std::to_string(weight_bytes)},
          {"inputs", std::to_string(inputs.size())},
          {"outputs", std::to_string(outputs.size())}};
}

std::vector<Tensor> tensors_of(const driver::CompiledModel &model,
                               const std::vector<ir::ValueId> &values) {
  std::vector<Tensor> tensors;
  for (const ir::ValueId id : values) {
    const ir::Value &value = model.graph.values[id];
    const auto &q = value.type.quantization;
    const bool quantized =
        q && !q->scales.empty() && value.type.element != ir::ElementType::kFloat32;
    tensors.push_back(
        {.display = display_text(value.name),
         .element = value.type.element,
         .shape = value.type.shape,
         .count = static_cast<std::size_t>(ir::element_count(value.type.shape)),
         .bytes = ir::byte_size(value.type),
         .arena_offset = static_cast<std::uint32_t>(model.plan.placements[id]->offset_bytes),
         .quantized = quantized,
         .scale = quantized ? q->scales[0] : 0.0F,
         .zero_point = quantized ? q->zero_points[0] : 0});
  }
  return tensors;
}

std::string dims_text(const ir::Shape &shape) {
  std::string text;
  for (const std::int64_t dim : shape) {
    text += (text.empty() ? "" : "x") + std::to_string(dim);
  }
  return text.empty() ? "scalar" : text;
}

std::string c_type(ir::ElementType element) {
  switch (element) {
  case ir::ElementType::kFloat32:
    return "float";
  case ir::ElementType::kInt8:
    return "int8_t";
  case ir::ElementType::kInt16:
    return "int16_t";
  case ir::ElementType::kInt32:
    return "int32_t";
  case ir::ElementType::kInt64:
    return "int64_t";
  case ir::ElementType::kUint8:
  case ir::ElementType::kBool:
    break;
  }
  return "uint8_t";
}

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) {
      text += ',';
    }
    text += digits[i];
  }
  return text;
}

} // namespace tinyml::package
