// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/model_source.hpp"
#include "compiler/driver/budget.hpp"
#include "compiler/driver/module_sizes.hpp"
#include "host/files.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct PlanFlags {
  ModelFlags model;
  std::string board;
  std::string isa;
  std::uint64_t max_ram_bytes = 0;
  std::uint64_t max_rom_bytes = 0;
  std::string svg_folder;
  bool variants = false;
};

/// A model that was planned, and what is needed to plan it differently.
struct Plan {
  ModelSource source;
  std::optional<link::Kit> kit;
  driver::CompileOptions options;
  driver::Target target;
  std::optional<driver::CompiledModel> model;
  report::Report report;
};

Expected<void> find_target(const Context &context, const PlanFlags &flags, Plan &plan) {
  if (flags.board.empty() == flags.isa.empty()) {
    return fail(ErrorCode::kInvalidInput,
                "name what to plan for: a board (--board), or a processor (--isa)");
  }
  plan.target.isa = flags.isa;
  if (flags.max_ram_bytes != 0) {
    plan.target.limits.max_ram_bytes = flags.max_ram_bytes;
  }
  if (flags.max_rom_bytes != 0) {
    plan.target.limits.max_rom_bytes = flags.max_rom_bytes;
  }
  if (flags.board.empty()) {
    const report::IsaCosts *costs = report::built_in_costs().find(flags.isa, flags.model.optimize);
    plan.options.isa = costs == nullptr ? "scalar" : costs->kernels;
    return {};
  }
  const auto kits = context.kits_folder();
  auto kit =
      kits.ok() ? link::find_kit(*kits, flags.board) : Expected<link::Kit>(Failure{kits.error()});
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  plan.kit = *std::move(kit);
  plan.target.kit = &*plan.kit;
  plan.options.isa = plan.kit->isa;
  return {};
}

/// Sizes do not depend on what a model is quantised with: without samples some are made up.
Expected<void> compile(const PlanFlags &flags, Plan &plan) {
  const std::string isa = plan.options.isa;
  plan.options = compile_options(flags.model, plan.source);
  plan.options.isa = isa;
  bool made_up = false;
  if (plan.source.calibration.empty() && !flags.model.float32) {
    auto samples = driver::made_up_samples(plan.source.bytes);
    if (!samples.ok()) {
      return about_model(flags.model, samples.error());
    }
    plan.source.calibration = *std::move(samples);
    made_up = true;
  }
  plan.options.calibration = plan.source.calibration;
  auto model = driver::compile_model(plan.source.bytes, plan.options);
  if (!model.ok()) {
    return about_model(flags.model, model.error());
  }
  plan.model = *std::move(model);
  if (made_up && !plan.model->quantization.layers.empty()) {
    plan.report.notes.push_back("quantised with made-up values, which changes no size; give "
                                "--calibration to compile it");
  }
  return {};
}

Expected<void> make_report(const PlanFlags &flags, Plan &plan) {
  const auto work = host::TemporaryFolder::create("plan");
  if (!work.ok()) {
    return Failure{work.error()};
  }
  auto report = driver::report_budget(*plan.model, plan.options, plan.target, work->path());
  if (!report.ok()) {
    return Failure{report.error()};
  }
  report->notes.insert(report->notes.end(), plan.report.notes.begin(), plan.report.notes.end());
  if (plan.model->patches.strips > 0) {
    report->notes.push_back("patches: " + driver::describe(plan.model->patches));
  }
  plan.report = *std::move(report);
  if (flags.variants || !plan.report.fits()) {
    plan.report.variants = driver::find_variants({.model = plan.source.bytes,
                                                  .options = plan.options,
                                                  .target = plan.target,
                                                  .work_folder = work->path()},
                                                 plan.report);
  }
  return {};
}

Expected<void> write_pictures(const fs::path &folder, const report::Report &report) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                "cannot create '" + folder.string() + "': " + error.message());
  }
  const std::pair<const char *, std::string> pictures[] = {
      {"memory.svg", report::memory_map_svg(report)},
      {"graph.svg", report::graph_svg(report)},
      {"budget.svg", report::budget_svg(report)}};
  for (const auto &[name, text] : pictures) {
    if (auto written = host::write_text(folder / name, text); !written.ok()) {
      return written;
    }
  }
  return {};
}

/// Not an error of this verb: the answer is "no", with what would fit.
void say_verdict(Context &context, const report::Report &report) {
  if (report.fits()) {
    return;
  }
  context.exit_code = kExitDoesNotFit;
  if (!context.json) {
    const auto over = [](const char *what, std::uint64_t used, std::optional<std::uint64_t> limit) {
      return limit && used > *limit
                 ? fmt::format(" {} {} bytes, {} too many;", what, used, used - *limit)
                 : std::string();
    };
    std::string text = over("ROM", report.rom_bytes, report.rom_limit_bytes) +
                       over("RAM", report.ram_bytes, report.ram_limit_bytes);
    text.back() = '.';
    std::cerr << "tinyml: it does not fit:" << text << '\n';
  }
}

Expected<void> run_plan(Context &context, const PlanFlags &flags) {
  Plan plan;
  if (auto found = find_target(context, flags, plan); !found.ok()) {
    return found;
  }
  auto source = read_model(context, flags.model);
  if (!source.ok()) {
    return Failure{source.error()};
  }
  plan.source = *std::move(source);
  if (auto compiled = compile(flags, plan); !compiled.ok()) {
    return compiled;
  }
  if (auto made = make_report(flags, plan); !made.ok()) {
    return made;
  }
  if (!flags.svg_folder.empty()) {
    if (auto written = write_pictures(flags.svg_folder, plan.report); !written.ok()) {
      return written;
    }
  }
  json result = report::to_json(plan.report);
  const json module = driver::report_of(*plan.model, plan.options.precision);
  for (const char *key : {"weight_bytes", "arena_bytes", "inputs", "outputs"}) {
    result[key] = module.at(key);
  }
  context.show(result, [&] {
    std::cout << report::to_text(plan.report);
    if (!flags.svg_folder.empty()) {
      std::cout << "\npictures: memory.svg, graph.svg, budget.svg in " << flags.svg_folder << '\n';
    }
  });
  say_verdict(context, plan.report);
  return {};
}

} // namespace

void add_plan(CLI::App &app, Context &context) {
  CLI::App *verb =
      app.add_subcommand("plan", "Who needs how much ROM and RAM, before anything is flashed");
  verb->footer(
      "Examples:\n  tinyml plan mnist-lenet --board mps2-an385\n"
      "  tinyml plan my.tflite --isa armv7m --rom 64K --ram 16K     # beside your own firmware\n"
      "  tinyml plan my.onnx --board mps2-an385 --svg pictures --variants\n"
      "With --board sizes are those of the whole image, exact. With --isa they are the model's "
      "alone, code and stack\nestimated. Exit code 6: it does not fit; the variants that would are "
      "listed. Everything is explained in docs/plan.md.");
  auto flags = std::make_shared<PlanFlags>();
  add_model_flags(*verb, flags->model);
  verb->add_option("--board", flags->board, "Board to plan for");
  verb->add_option("--isa", flags->isa, "Processor to plan for, without a board, e.g. armv7m");
  verb->add_option("--ram,--max-ram", flags->max_ram_bytes,
                   "RAM there is, or a stricter limit than the board's, e.g. 24K")
      ->transform(CLI::AsSizeValue(false));
  verb->add_option("--rom,--max-rom", flags->max_rom_bytes,
                   "ROM there is, or a stricter limit than the board's, e.g. 96K")
      ->transform(CLI::AsSizeValue(false));
  verb->add_option("--svg", flags->svg_folder,
                   "Folder for memory.svg, graph.svg and budget.svg; created when missing");
  verb->add_flag("--variants", flags->variants, "List variants although it fits");
  verb->callback(
      [&context, flags] { run_verb(context, [&] { return run_plan(context, *flags); }); });
}

} // namespace tinyml::cli
