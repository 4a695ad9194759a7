// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/describe.hpp"

#include "compiler/plan/kernel_facts.hpp"

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <map>
#include <memory>

namespace tinyml::report {
namespace {

/// The symbol of ".rodata._ZN…": what follows the section kind.
std::string symbol_of(const std::string &section) {
  const std::size_t dot = section.find('.', 1);
  return dot == std::string::npos ? "" : section.substr(dot + 1);
}

std::string demangled(const std::string &symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text ? text.get() : symbol;
}

/// The number behind the first "layer" or "kLayer", as the code generator names what belongs to a
/// step.
std::optional<std::size_t> layer_of(const std::string &symbol) {
  const std::size_t at = std::min(symbol.find("layer"), symbol.find("kLayer"));
  if (at == std::string::npos) {
    return std::nullopt;
  }
  const std::size_t digits = symbol.find_first_not_of("kLlayer", at);
  if (digits == std::string::npos || symbol[digits] < '0' || symbol[digits] > '9') {
    return std::nullopt;
  }
  constexpr int kDecimal = 10;
  return std::strtoul(symbol.c_str() + digits, nullptr, kDecimal);
}

void count_layers(Report &report) {
  for (KernelCode &kernel : report.kernels) {
    kernel.layers = static_cast<std::uint32_t>(
        std::count_if(report.layers.begin(), report.layers.end(),
                      [&](const Layer &layer) { return layer.kernel == kernel.name; }));
  }
}

/// Largest first, then by name.
void sort_kernels(Report &report) {
  std::sort(report.kernels.begin(), report.kernels.end(), [](const auto &a, const auto &b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.name < b.name;
  });
}

} // namespace

std::string function_name(const std::string &symbol) {
  std::string text = demangled(symbol);
  text = text.substr(0, std::min(text.find('<'), text.find('(')));
  const std::size_t colon = text.rfind("::");
  const std::size_t space = text.rfind(' ');
  const std::size_t begin = std::max(colon == std::string::npos ? 0 : colon + 2,
                                     space == std::string::npos ? 0 : space + 1);
  return text.substr(begin);
}

void take_sections(const std::vector<Section> &sections, Report &report) {
  std::map<std::string, std::uint64_t> code;
  std::vector<std::uint64_t> constants(report.layers.size(), 0);
  for (const Section &section : sections) {
    const std::string symbol = symbol_of(section.name);
    if (section.is_code) {
      code[function_name(symbol)] += section.bytes;
    } else if (const auto layer = layer_of(symbol); layer && *layer < constants.size()) {
      constants[*layer] += section.bytes;
    }
  }
  for (std::size_t i = 0; i < constants.size(); ++i) {
    Layer &layer = report.layers[i];
    layer.constant_bytes = constants[i] - std::min(constants[i], layer.weight_bytes);
  }
  for (const auto &[name, bytes] : code) {
    report.kernels.push_back({name, bytes, 0});
  }
  sort_kernels(report);
}

void estimate_sizes(const Subject &subject, Report &report) {
  std::map<std::string, KernelCost> used;
  for (std::size_t step = 0; step < report.layers.size(); ++step) {
    const ir::Node &node = subject.graph.nodes[subject.plan.order[step]];
    const KernelCost *cost =
        subject.costs == nullptr ? nullptr : subject.costs->find(subject.graph, node);
    if (cost != nullptr && !plan::shares_storage(node)) {
      report.layers[step].constant_bytes = cost->constant_bytes;
      used.emplace(report.layers[step].kernel, *cost);
    }
  }
  std::uint64_t code = 0;
  std::uint64_t library = 0;
  for (const auto &[name, cost] : used) {
    report.kernels.push_back({name, cost.code_bytes, 0});
    code += cost.code_bytes;
    library = std::max<std::uint64_t>(library, cost.library_bytes);
    report.stack_bytes = std::max<std::uint64_t>(report.stack_bytes, cost.stack_bytes);
  }
  std::uint64_t constants = 0;
  for (const Layer &layer : report.layers) {
    constants += layer.weight_bytes + layer.constant_bytes;
  }
  report.parts = {{"module code (estimated)", code, 0},
                  {"module weights and constants", constants, 0},
                  {"module arena", 0, subject.plan.arena_bytes},
                  {"module state", 0, subject.plan.state_bytes},
                  {"toolchain library (estimated)", library, 0},
                  {"stack of the module (estimated)", 0, report.stack_bytes}};
  for (const Part &part : report.parts) {
    report.rom_bytes += part.rom_bytes;
    report.ram_bytes += part.ram_bytes;
  }
  count_layers(report);
  sort_kernels(report);
}

} // namespace tinyml::report
