// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/compilation.hpp"
#include "cli/compile_package.hpp"
#include "cli/context.hpp"
#include "cli/terminal.hpp"
#include "cli/wasm_board.hpp"
#include "compiler/package/targets.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

struct CompileFlags : PackageFlags {
  BackendFlags backend;
};

void print_report(const json &report, const std::string &output) {
  const auto number = [&](const char *key) { return grouped(report.value(key, std::uint64_t{0})); };
  Table layers({"LAYER", "OPERATOR", "SHAPE", ">MACS", ">WEIGHTS"});
  for (const json &layer : report.value("layers", json::array())) {
    layers.add({layer.value("name", ""), layer.value("op", ""), layer.value("shape", ""),
                grouped(layer.value("macs", std::uint64_t{0})),
                grouped(layer.value("weight_bytes", std::uint64_t{0}))});
  }
  std::cout
      << layers.text()
      << fmt::format(
             "\narena {} B, ROM {} B planned and {} B linked, RAM {} B planned and {} B linked "
             "(stack bound {} B)\n",
             number("arena_bytes"), number("rom_bytes_planned"), number("rom_bytes_linked"),
             number("ram_bytes_planned"), number("ram_bytes_linked"), number("stack_bytes"))
      << (report.contains("patches")
              ? "patches: " + report["patches"].value("text", std::string()) + "\n"
              : "")
      << "written to " << output << ": sources/, image.elf, payload.bin, module.so, result.json\n";
}

/// Flags that only one of the two ways of compiling has.
Expected<void> check_flags(const CompileFlags &flags) {
  const bool has_backend = !flags.backend.program.empty() || !flags.backend.accelerators.empty();
  if (!flags.package.empty() && has_backend) {
    return fail(ErrorCode::kInvalidInput,
                "--backend and --accelerator make images, --package is the built-in compiler's");
  }
  if (flags.package.empty() && flags.board.empty()) {
    return fail(ErrorCode::kInvalidInput,
                "--board says what to compile for; without a board there is --package");
  }
  if (flags.package.empty() && (!flags.isa.empty() || !flags.name.empty() || flags.force)) {
    return fail(ErrorCode::kInvalidInput, "--isa, --name and --force go with --package");
  }
  return {};
}

Expected<void> compile(const Context &context, const CompileFlags &given) {
  CompileFlags flags = given;
  if (flags.board == kWasmBoard && flags.package.empty()) {
    static_cast<PackageFlags &>(flags) = wasm_package(flags);
  }
  if (auto checked = check_flags(flags); !checked.ok()) {
    return checked;
  }
  if (!flags.package.empty()) {
    const auto report = compile_package(context, flags);
    if (!report.ok()) {
      return Failure{report.error()};
    }
    context.show(*report, [&] { print_package(*report, flags.output); });
    return {};
  }
  const auto result = compile_into(context,
                                   {.model = flags.model,
                                    .board = flags.board,
                                    .program = "inference",
                                    .backend = flags.backend},
                                   flags.output);
  if (!result.ok()) {
    return Failure{result.error()};
  }
  context.show(*result, [&] { print_report(result->at("report"), flags.output); });
  return {};
}

} // namespace

void add_compile(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand(
      "compile", "Compile a model for a board, or as a package of sources for your own project");
  verb->footer("Examples:\n  tinyml compile mnist-lenet --board mps2-an385 -o out\n"
               "  tinyml compile my.onnx --board linux --calibration-data samples.f32 -o out\n"
               "  tinyml compile mnist-mlp --board mps2-an385 --backend ./tinyml-dense-array "
               "--accelerator dense-array -o out\n"
               "  tinyml compile mnist-lenet --package cmake --isa armv7e-m -o mnist_lenet\n"
               "  tinyml compile mnist-lenet --board wasm -o out       (module.wasm for browsers)\n"
               "  tinyml compile mnist-lenet --package wasm -o mnist_lenet_wasm\n\n"
               "Instruction sets:\n" +
               package::known_targets());
  auto flags = std::make_shared<CompileFlags>();
  add_model_flags(*verb, flags->model);
  verb->add_option("--board", flags->board, "Board to compile for");
  verb->add_option(
      "--package", flags->package,
      "Sources for a project instead of an image: cmake, arduino, zephyr, esp-idf, wasm");
  verb->add_option("--isa", flags->isa,
                   "With --package: the instruction set instead of a board (default: any)");
  verb->add_option("--name", flags->name,
                   "With --package: its C identifier (default: made from the model's name)");
  verb->add_flag("--force", flags->force, "With --package: replace an older package in the folder");
  verb->add_option("-o,--output", flags->output, "Folder for the result; created when missing")
      ->required();
  add_backend_flags(*verb, flags->backend);
  verb->callback(
      [&context, flags] { run_verb(context, [&] { return compile(context, *flags); }); });
}

} // namespace tinyml::cli
