// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/cost_table.hpp"

#include "compiler/report/built_in_costs.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tinyml::report {
namespace {

using nlohmann::json;

std::string normal_isa(std::string_view isa) {
  std::string text;
  for (const char c : isa) {
    if (c != '-' && c != '_' && c != '.') {
      text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return text;
}

KernelCost kernel_from(const json &from) {
  KernelCost cost;
  cost.bundles = {from.at("channel_bundle"), from.at("input_bundle")};
  for (std::size_t i = 0; i < kQuantities; ++i) {
    cost.instructions[i] = from.at("instructions").value(kQuantityNames[i], 0.0);
  }
  cost.code_bytes = from.at("code_bytes");
  cost.constant_bytes = from.at("constant_bytes");
  cost.library_bytes = from.at("library_bytes");
  cost.stack_bytes = from.at("stack_bytes");
  cost.largest_error = from.at("largest_error");
  cost.cases = from.at("cases");
  return cost;
}

json kernel_to(const KernelCost &cost) {
  json instructions = json::object();
  for (std::size_t i = 0; i < kQuantities; ++i) {
    if (cost.instructions[i] != 0) {
      instructions[kQuantityNames[i]] = cost.instructions[i];
    }
  }
  return {{"channel_bundle", cost.bundles.channels},
          {"input_bundle", cost.bundles.inputs},
          {"instructions", instructions},
          {"code_bytes", cost.code_bytes},
          {"constant_bytes", cost.constant_bytes},
          {"library_bytes", cost.library_bytes},
          {"stack_bytes", cost.stack_bytes},
          {"largest_error", cost.largest_error},
          {"cases", cost.cases}};
}

IsaCosts isa_from(const json &from) {
  IsaCosts isa{.isa = from.at("isa"),
               .kernels = from.at("kernel_set"),
               .optimize = from.at("optimize"),
               .board = from.at("board"),
               .toolchain = from.at("toolchain"),
               .compile_flags = from.at("compile_flags"),
               .by_kernel = {}};
  for (const auto &[name, cost] : from.at("kernels").items()) {
    isa.by_kernel.emplace(name, kernel_from(cost));
  }
  return isa;
}

json isa_to(const IsaCosts &isa) {
  json kernels = json::object();
  for (const auto &[name, cost] : isa.by_kernel) {
    kernels[name] = kernel_to(cost);
  }
  return {{"isa", isa.isa},     {"kernel_set", isa.kernels},  {"optimize", isa.optimize},
          {"board", isa.board}, {"toolchain", isa.toolchain}, {"compile_flags", isa.compile_flags},
          {"kernels", kernels}};
}

} // namespace

const KernelCost *IsaCosts::find(const ir::Graph &graph, const ir::Node &node) const {
  const auto found = by_kernel.find(kernel_name(graph, node));
  return found == by_kernel.end() ? nullptr : &found->second;
}

const IsaCosts *CostTable::find(std::string_view isa, std::string_view optimize) const {
  const IsaCosts *best = nullptr;
  for (const IsaCosts &one : isas) {
    if (normal_isa(one.isa) == normal_isa(isa) && (best == nullptr || one.optimize == optimize)) {
      best = &one;
    }
  }
  return best;
}

std::string CostTable::known() const {
  std::string text;
  for (const IsaCosts &one : isas) {
    if (text.find(one.isa) == std::string::npos) {
      text += (text.empty() ? "" : ", ") + one.isa;
    }
  }
  return text;
}

Expected<CostTable> parse_costs(std::string_view json_text) {
  try {
    CostTable table;
    const json document = json::parse(json_text);
    for (const json &isa : document.at("isas")) {
      table.isas.push_back(isa_from(isa));
    }
    return table;
  } catch (const json::exception &error) {
    return fail(ErrorCode::kInvalidInput,
                std::string("the table of kernel costs is malformed: ") + error.what());
  }
}

json to_json(const CostTable &table) {
  json isas = json::array();
  for (const IsaCosts &isa : table.isas) {
    isas.push_back(isa_to(isa));
  }
  return {{"unit", "instructions and bytes; written by tools/costs"}, {"isas", isas}};
}

const CostTable &built_in_costs() {
  static const CostTable kTable = [] {
    auto parsed = parse_costs(kBuiltInCosts);
    return parsed.ok() ? *std::move(parsed) : CostTable{};
  }();
  return kTable;
}

double estimated_instructions(const KernelCost &cost, const ir::Graph &graph,
                              const ir::Node &node) {
  const Work work = work_of(graph, node, cost.bundles);
  double sum = 0;
  for (std::size_t i = 0; i < kQuantities; ++i) {
    sum += work[i] * cost.instructions[i];
  }
  return sum;
}

} // namespace tinyml::report
