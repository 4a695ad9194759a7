// SPDX-License-Identifier: Apache-2.0
#include "compiler/driver/budget.hpp"

#include "compiler/driver/build_image.hpp"
#include "compiler/driver/module_sizes.hpp"
#include "compiler/ir/types.hpp"

#include <algorithm>

namespace tinyml::driver {
namespace {

std::optional<std::uint64_t> smaller(std::optional<std::uint64_t> a, std::uint64_t b) {
  return std::min(a.value_or(b), b);
}

/// What is delivered, or what a board has that nothing can be delivered to.
std::string program_of(const link::Kit &kit) {
  for (const char *name : {"inference", "bare"}) {
    if (kit.programs.contains(name)) {
      return name;
    }
  }
  return "exec";
}

} // namespace

void take_image(const link::ImagePlan &plan, const Target &target, report::Report &report) {
  report.whole_image = true;
  report.target = "board " + target.kit->board;
  for (const link::BudgetPart &part : plan.parts) {
    report.parts.push_back({part.name, part.rom_bytes, part.ram_bytes});
  }
  report.rom_bytes = plan.rom_bytes;
  report.ram_bytes = plan.ram_bytes();
  report.stack_bytes = plan.stack.bytes;
  report.deepest_chain = plan.stack.deepest_chain;
  report.rom_limit_bytes = smaller(target.limits.max_rom_bytes, target.kit->rom.size_bytes);
  report.ram_limit_bytes = smaller(target.limits.max_ram_bytes, target.kit->ram.size_bytes);
  report::take_sections(sections_of(plan), report);
}

Expected<report::Report> report_budget(const CompiledModel &model, const CompileOptions &options,
                                       const Target &target,
                                       const std::filesystem::path &work_folder) {
  const std::string isa = target.kit != nullptr ? target.kit->profile.value("isa", "") : target.isa;
  const report::CostTable &table = report::built_in_costs();
  const report::Subject subject{model.graph, model.plan, model.module,
                                table.find(isa, name_of(options.optimize))};
  if (target.kit == nullptr && subject.costs == nullptr) {
    return fail(ErrorCode::kNotFound, "no kernels were measured for the processor '" + isa +
                                          "'; there are: " + table.known());
  }
  report::Report report = report::describe(subject);
  report.model = options.model_name;
  report.precision = name_of(options.precision);
  report.isa = isa;
  if (target.kit == nullptr) {
    report.target = subject.costs->isa;
    report.rom_limit_bytes = target.limits.max_rom_bytes;
    report.ram_limit_bytes = target.limits.max_ram_bytes;
    report::estimate_sizes(subject, report);
    return report;
  }
  const auto image =
      PlannedImage::create(&model, *target.kit, program_of(*target.kit), work_folder);
  if (!image.ok()) {
    return Failure{image.error()};
  }
  take_image(image->plan(), target, report);
  return report;
}

Expected<std::vector<float>> made_up_samples(ByteView model) {
  const auto graph = load_model(model);
  if (!graph.ok()) {
    return Failure{graph.error()};
  }
  std::size_t count = 0;
  for (const ir::ValueId input : graph->inputs) {
    count += static_cast<std::size_t>(ir::element_count(graph->values[input].type.shape));
  }
  constexpr std::size_t kSamples = 2;
  std::vector<float> samples(kSamples * count);
  std::uint32_t state = 1;
  for (float &sample : samples) {
    state = state * 1664525U + 1013904223U; // a linear congruential generator, as good as any here
    sample = static_cast<float>(state >> 8U) / static_cast<float>(1U << 23U) - 1.0F;
  }
  return samples;
}

} // namespace tinyml::driver
