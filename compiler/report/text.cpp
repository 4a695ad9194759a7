// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/describe.hpp"
#include "compiler/report/svg.hpp"
#include "compiler/report/text_table.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tinyml::report {
namespace {

constexpr std::size_t kNameCharacters = 28;

/// "########......" in `width` characters.
std::string bar(double part, double whole, std::size_t width) {
  const double share = whole <= 0 ? 0 : std::clamp(part / whole, 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(std::lround(share * static_cast<double>(width)));
  return std::string(filled, '#') + std::string(width - filled, '.');
}

std::string estimated(const std::optional<double> &instructions) {
  return !instructions ? "?" : grouped(static_cast<std::uint64_t>(std::llround(*instructions)));
}

std::string summary_line(const char *what, std::uint64_t used,
                         const std::optional<std::uint64_t> &limit) {
  constexpr std::size_t kBar = 40;
  if (!limit) {
    return fmt::format("  {}  {:>11} bytes\n", what, grouped(used));
  }
  const std::string verdict =
      used > *limit
          ? fmt::format("{} TOO MANY", grouped(used - *limit))
          : fmt::format("{:.0f} %", 100.0 * static_cast<double>(used) /
                                        static_cast<double>(std::max<std::uint64_t>(1, *limit)));
  return fmt::format("  {}  {:>11} of {:>11} bytes  [{}] {}\n", what, grouped(used),
                     grouped(*limit),
                     bar(static_cast<double>(used), static_cast<double>(*limit), kBar), verdict);
}

std::string summary(const Report &report) {
  std::string text =
      fmt::format("{}, {}, {}\n\n", shortened(report.model, 60), report.precision, report.target);
  text += summary_line("ROM", report.rom_bytes, report.rom_limit_bytes);
  text += summary_line("RAM", report.ram_bytes, report.ram_limit_bytes);
  text += fmt::format("  {} MACs", grouped(report.macs));
  if (report.instructions) {
    text += fmt::format(", about {} instructions an inference (estimated)",
                        compact(*report.instructions));
  }
  text += report.whole_image ? "\n  Sizes are those of the whole image, exact.\n"
                             : "\n  Sizes are the model's alone, without the program around it; "
                               "code and stack are estimated.\n";
  for (const std::string &note : report.notes) {
    text += "  Note: " + printable(note) + "\n";
  }
  return text;
}

std::string parts(const Report &report) {
  TextTable table({"WHO", ">ROM", ">RAM"});
  for (const Part &part : report.parts) {
    table.add({part.name, grouped(part.rom_bytes), grouped(part.ram_bytes)});
  }
  table.add({"needed", grouped(report.rom_bytes), grouped(report.ram_bytes)});
  if (report.rom_limit_bytes || report.ram_limit_bytes) {
    const auto limit = [](const std::optional<std::uint64_t> &bytes) {
      return bytes ? grouped(*bytes) : "any";
    };
    table.add({"there is", limit(report.rom_limit_bytes), limit(report.ram_limit_bytes)});
  }
  return table.text();
}

std::string layers(const Report &report) {
  TextTable table({">STEP", "OPERATOR", "NAME", "OUTPUT", ">MACS", ">INSTRUCTIONS*", ">WEIGHTS",
                   ">OTHER ROM", ">RAM IN USE", "RAM OVER TIME"});
  std::uint64_t most = 1;
  for (const Layer &layer : report.layers) {
    most = std::max(most, layer.used_bytes);
  }
  constexpr std::size_t kBar = 24;
  for (std::size_t step = 0; step < report.layers.size(); ++step) {
    const Layer &layer = report.layers[step];
    table.add({std::to_string(step), layer.op + (layer.detail.empty() ? "" : " " + layer.detail),
               shortened(layer.name, kNameCharacters), layer.output_type, grouped(layer.macs),
               estimated(layer.instructions), grouped(layer.weight_bytes),
               grouped(layer.constant_bytes), grouped(layer.used_bytes),
               bar(static_cast<double>(layer.used_bytes), static_cast<double>(most), kBar)});
  }
  return table.text() + (report.cost_source.empty() ? "* this processor was never measured\n"
                                                    : "* estimated: " + report.cost_source + "\n");
}

std::string code(const Report &report) {
  if (report.kernels.empty()) {
    return "";
  }
  TextTable table({"CODE OF THE MODULE", ">BYTES"});
  for (const KernelCode &kernel : report.kernels) {
    table.add({shortened(kernel.name, 40), grouped(kernel.bytes)});
  }
  return "\n" + table.text();
}

std::string memories(const Report &report) {
  std::string text;
  for (const Memory &memory : report.memories) {
    const std::string proof =
        memory.used_bytes == memory.lower_bound_bytes
            ? "the least possible"
            : fmt::format("{}; lower bound {}", memory.optimal ? "optimal" : "best found",
                          grouped(memory.lower_bound_bytes));
    text += fmt::format("\n{} {} bytes ({}); {} if no two tensors could overlap\n",
                        printable(memory.name), grouped(memory.used_bytes), proof,
                        grouped(memory.disjoint_bytes));
  }
  return text;
}

std::string tensors(const Report &report) {
  TextTable table({">OFFSET", ">SIZE", ">FROM", ">TO", "ROLE", "TENSOR"});
  for (const Tensor &tensor : report.tensors) {
    table.add(
        {grouped(tensor.offset_bytes), grouped(tensor.size_bytes),
         std::to_string(tensor.first_step), std::to_string(tensor.last_step), name_of(tensor.role),
         shortened(tensor.names.front(), 40) + (tensor.type.empty() ? "" : " " + tensor.type)});
  }
  return table.text();
}

std::string stack(const Report &report) {
  constexpr std::size_t kMostFunctions = 12;
  std::string text = fmt::format("\nstack {} bytes{}\n", grouped(report.stack_bytes),
                                 report.whole_image ? " (bound)" : " (estimated)");
  const std::size_t count = std::min(report.deepest_chain.size(), kMostFunctions);
  for (std::size_t i = 0; i < count; ++i) {
    // A function of one file only is named with that file in front.
    const std::string &symbol = report.deepest_chain[i];
    text += (i == 0 ? "  " : " > ") +
            shortened(function_name(symbol.substr(symbol.rfind(':') + 1)), 40);
  }
  return text + (count == 0 ? "" : count < report.deepest_chain.size() ? " > …\n" : "\n");
}

std::string variants(const Report &report) {
  const bool none_fits = std::none_of(report.variants.begin(), report.variants.end(),
                                      [](const Variant &variant) { return variant.fits; });
  const std::string advice =
      report.fits() || !none_fits
          ? ""
          : fmt::format("\nNothing that was tried fits. It takes {} bytes of ROM and {} bytes of "
                        "RAM, or a smaller model.\n",
                        grouped(report.rom_bytes), grouped(report.ram_bytes));
  if (report.variants.empty()) {
    return advice;
  }
  TextTable table({"VARIANT", ">ROM", ">RAM", ">INSTRUCTIONS*", "FITS", "WHAT IT COSTS"});
  for (const Variant &variant : report.variants) {
    table.add({shortened(variant.name, 60), grouped(variant.rom_bytes), grouped(variant.ram_bytes),
               estimated(variant.instructions), variant.fits ? "yes" : "no", variant.costs});
  }
  return "\n" + table.text() + advice;
}

} // namespace

std::string to_text(const Report &report) {
  return summary(report) + "\n" + parts(report) + "\n" + layers(report) + code(report) +
         memories(report) + tensors(report) + stack(report) + variants(report);
}

} // namespace tinyml::report
