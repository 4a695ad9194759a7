// SPDX-License-Identifier: Apache-2.0
#include "cli/compilation.hpp"
#include "cli/context.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

struct CompileFlags {
  ModelFlags model;
  std::string board;
  std::string output;
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
      << "written to " << output << ": sources/, image.elf, payload.bin, module.so, result.json\n";
}

Expected<void> compile(const Context &context, const CompileFlags &flags) {
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
  CLI::App *verb =
      app.add_subcommand("compile", "Compile a model for a board: sources, linked image, report");
  verb->footer("Examples:\n  tinyml compile mnist-lenet --board mps2-an385 -o out\n"
               "  tinyml compile my.onnx --board linux --calibration-data samples.f32 -o out\n"
               "  tinyml compile mnist-mlp --board mps2-an385 --backend ./tinyml-dense-array "
               "--accelerator dense-array -o out");
  auto flags = std::make_shared<CompileFlags>();
  add_model_flags(*verb, flags->model);
  verb->add_option("--board", flags->board, "Board to compile for")->required();
  verb->add_option("-o,--output", flags->output, "Folder for the result; created when missing")
      ->required();
  add_backend_flags(*verb, flags->backend);
  verb->callback(
      [&context, flags] { run_verb(context, [&] { return compile(context, *flags); }); });
}

} // namespace tinyml::cli
