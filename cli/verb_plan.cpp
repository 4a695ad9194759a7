// SPDX-License-Identifier: Apache-2.0
#include "cli/context.hpp"
#include "cli/model_source.hpp"
#include "cli/terminal.hpp"
#include "compiler/driver/build_image.hpp"
#include "host/files.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

struct PlanFlags {
  ModelFlags model;
  std::string board;
  std::uint64_t max_ram_bytes = 0;
  std::uint64_t max_rom_bytes = 0;
};

json budget_json(const link::ImagePlan &plan, const link::Kit &kit) {
  json parts = json::array();
  for (const link::BudgetPart &part : plan.parts) {
    parts.push_back(
        {{"part", part.name}, {"rom_bytes", part.rom_bytes}, {"ram_bytes", part.ram_bytes}});
  }
  return {{"board", kit.board},
          {"rom_bytes_planned", plan.rom_bytes},
          {"ram_bytes_planned", plan.ram_bytes()},
          {"rom_budget_bytes", kit.rom.size_bytes},
          {"ram_budget_bytes", kit.ram.size_bytes},
          {"stack_bytes", plan.stack.bytes},
          {"deepest_chain", plan.stack.deepest_chain},
          {"budget", parts}};
}

void print_budget(const driver::CompiledModel &model, const link::ImagePlan &plan,
                  const link::Kit &kit) {
  std::cout << plan::to_text(model.graph, model.plan) << '\n';
  Table table({"WHO", ">ROM", ">RAM"});
  for (const link::BudgetPart &part : plan.parts) {
    table.add({part.name, grouped(part.rom_bytes), grouped(part.ram_bytes)});
  }
  table.add({"needed", grouped(plan.rom_bytes), grouped(plan.ram_bytes())});
  table.add(
      {"board " + kit.board + " has", grouped(kit.rom.size_bytes), grouped(kit.ram.size_bytes)});
  std::cout << table.text();
}

Failure<HostError> with_advice(const HostError &refusal, const std::vector<std::string> &advice) {
  std::string message = refusal.message;
  for (const std::string &line : advice) {
    message += "\n  would fit: " + line;
  }
  return fail(refusal.code, message);
}

Expected<void> plan(const Context &context, const PlanFlags &flags) {
  const auto kits = context.kits_folder();
  const auto kit =
      kits.ok() ? link::find_kit(*kits, flags.board) : Expected<link::Kit>(Failure{kits.error()});
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  const auto source = read_model(context, flags.model);
  if (!source.ok()) {
    return Failure{source.error()};
  }
  driver::CompileOptions options;
  options.model_name = source->name;
  options.precision = flags.model.float32 ? driver::Precision::kFloat32 : driver::Precision::kInt8;
  options.calibration = source->calibration;
  options.isa = kit->isa;
  options.optimize = *driver::parse_optimize(flags.model.optimize); // checked by CLI11
  const auto model = driver::compile_model(source->bytes, options);
  if (!model.ok()) {
    return about_model(flags.model, model.error());
  }
  const auto work = host::TemporaryFolder::create("plan");
  if (!work.ok()) {
    return Failure{work.error()};
  }
  const auto image = driver::PlannedImage::create(&*model, *kit, "inference", work->path());
  if (!image.ok()) {
    return Failure{image.error()};
  }
  link::Limits limits;
  if (flags.max_ram_bytes != 0) {
    limits.max_ram_bytes = flags.max_ram_bytes;
  }
  if (flags.max_rom_bytes != 0) {
    limits.max_rom_bytes = flags.max_rom_bytes;
  }
  json result = budget_json(image->plan(), *kit);
  result.update(driver::report_of(*model, options.precision));
  context.show(result, [&] { print_budget(*model, image->plan(), *kit); });
  if (const auto fits = link::check_budget(image->plan(), *kit, limits); !fits.ok()) {
    return with_advice(fits.error(), driver::advise(source->bytes, options, image->plan(), *kit,
                                                    limits, work->path()));
  }
  return {};
}

} // namespace

void add_plan(CLI::App &app, Context &context) {
  CLI::App *verb =
      app.add_subcommand("plan", "Who needs how much ROM and RAM, before anything is flashed");
  verb->footer("Examples:\n  tinyml plan mnist-lenet --board mps2-an385\n"
               "  tinyml plan my.onnx --board mps2-an385 --calibration samples.f32 --max-rom 64K\n"
               "  tinyml plan my-int8.tflite --board mps2-an385");
  auto flags = std::make_shared<PlanFlags>();
  add_model_flags(*verb, flags->model);
  verb->add_option("--board", flags->board, "Board to plan for")->required();
  verb->add_option("--max-ram", flags->max_ram_bytes, "Stricter limit than the board's, e.g. 24K")
      ->transform(CLI::AsSizeValue(false));
  verb->add_option("--max-rom", flags->max_rom_bytes, "Stricter limit than the board's, e.g. 96K")
      ->transform(CLI::AsSizeValue(false));
  verb->callback([&context, flags] { run_verb(context, [&] { return plan(context, *flags); }); });
}

} // namespace tinyml::cli
