// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/report.hpp"
#include "compiler/report/svg.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace tinyml::report {
namespace {

using nlohmann::json;

json optional(const std::optional<std::uint64_t> &number) {
  return number ? json(*number) : json();
}

json whole(const std::optional<double> &number) {
  return number ? json(static_cast<std::uint64_t>(std::llround(*number))) : json();
}

json layer_json(const Layer &layer) {
  return {{"name", printable(layer.name)},
          {"op", layer.op},
          {"detail", layer.detail},
          {"output_type", layer.output_type},
          {"macs", layer.macs},
          {"weight_bytes", layer.weight_bytes},
          {"constant_bytes", layer.constant_bytes},
          {"kernel", layer.kernel},
          {"instructions_estimated", whole(layer.instructions)},
          {"ram_bytes_in_use", layer.used_bytes},
          {"reads", layer.reads},
          {"writes", layer.writes}};
}

json tensor_json(const Tensor &tensor) {
  json names = json::array();
  for (const std::string &name : tensor.names) {
    names.push_back(printable(name));
  }
  return {{"names", names},
          {"type", tensor.type},
          {"role", name_of(tensor.role)},
          {"memory", tensor.memory},
          {"offset_bytes", tensor.offset_bytes},
          {"size_bytes", tensor.size_bytes},
          {"first_step", tensor.first_step},
          {"last_step", tensor.last_step}};
}

json memory_json(const Memory &memory) {
  return {{"name", memory.name},
          {"used_bytes", memory.used_bytes},
          {"lower_bound_bytes", memory.lower_bound_bytes},
          {"disjoint_bytes", memory.disjoint_bytes},
          {"optimal", memory.optimal},
          {"limit_bytes", optional(memory.limit_bytes)}};
}

json variant_json(const Variant &variant) {
  return {{"name", variant.name},
          {"costs", variant.costs},
          {"rom_bytes", variant.rom_bytes},
          {"ram_bytes", variant.ram_bytes},
          {"instructions_estimated", whole(variant.instructions)},
          {"sizes_estimated", variant.estimated_sizes},
          {"fits", variant.fits}};
}

template <typename T> json list(const std::vector<T> &items, json (*of)(const T &)) {
  json array = json::array();
  for (const T &item : items) {
    array.push_back(of(item));
  }
  return array;
}

json value_json(const Value &value) {
  return {{"name", printable(value.name)}, {"type", value.type}, {"tensor", value.tensor}};
}

json part_json(const Part &part) {
  return {{"part", part.name}, {"rom_bytes", part.rom_bytes}, {"ram_bytes", part.ram_bytes}};
}

json kernel_json(const KernelCode &kernel) {
  return {{"name", kernel.name}, {"code_bytes", kernel.bytes}};
}

} // namespace

json to_json(const Report &report) {
  return {{"model", printable(report.model)},
          {"precision", report.precision},
          {"target", report.target},
          {"isa", report.isa},
          {"sizes", report.whole_image ? "image, exact" : "module, estimated"},
          {"fits", report.fits()},
          {"rom_bytes_planned", report.rom_bytes},
          {"ram_bytes_planned", report.ram_bytes},
          {"rom_budget_bytes", optional(report.rom_limit_bytes)},
          {"ram_budget_bytes", optional(report.ram_limit_bytes)},
          {"stack_bytes", report.stack_bytes},
          {"deepest_chain", report.deepest_chain},
          {"macs", report.macs},
          {"instructions_estimated", whole(report.instructions)},
          {"instructions_source", report.cost_source},
          {"budget", list(report.parts, part_json)},
          {"kernels", list(report.kernels, kernel_json)},
          {"layers", list(report.layers, layer_json)},
          {"values", list(report.values, value_json)},
          {"graph_inputs", report.inputs},
          {"graph_outputs", report.outputs},
          {"tensors", list(report.tensors, tensor_json)},
          {"memories", list(report.memories, memory_json)},
          {"notes", report.notes},
          {"variants", list(report.variants, variant_json)}};
}

} // namespace tinyml::report
