// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/compilation.hpp"
#include "cli/context.hpp"
#include "cli/exec_on_board.hpp"
#include "cli/terminal.hpp"
#include "cli/wasm_board.hpp"
#include "compiler/driver/compile_model.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "compiler/hostrun/kernel_sets.hpp"
#include "host/files.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

struct ExecFlags {
  ModelFlags model;
  std::string board;
  std::string inputs;
  std::string outputs;
  BackendFlags backend;
};

/// What one run of exec produced, wherever it ran.
struct Execution {
  std::vector<std::uint8_t> outputs;
  std::size_t count = 0;
  std::uint64_t nanoseconds = 0;    ///< per inference; 0 when nobody measured
  bool counts_instructions = false; ///< the nanoseconds are an emulator's, one an instruction
};

Expected<std::size_t> count_of(ByteView inputs, std::size_t input_bytes) {
  if (inputs.empty() || inputs.size() % input_bytes != 0) {
    return fail(
        ErrorCode::kInvalidInput,
        fmt::format(
            "the inputs have {} bytes, which is no multiple of the model's input of {} bytes",
            inputs.size(), input_bytes));
  }
  return inputs.size() / input_bytes;
}

Expected<Execution> exec_on_host(const Context &context, const ExecFlags &flags, ByteView inputs) {
  const auto headers = host_include_folder(context);
  const auto source = read_model(context, flags.model);
  if (!headers.ok() || !source.ok()) {
    return Failure{headers.ok() ? source.error() : headers.error()};
  }
  if (!source->note.empty()) {
    std::cerr << "tinyml: " << source->note << '\n';
  }
  driver::CompileOptions options = compile_options(flags.model, *source);
  options.isa = hostrun::host_kernel_set();
  const auto compiled = driver::compile_model(source->bytes, options);
  if (!compiled.ok()) {
    return about_model(flags.model, compiled.error());
  }
  auto module = hostrun::HostModule::build(compiled->module.files,
                                           {.include_dir = *headers, .isa = options.isa});
  if (!module.ok()) {
    return Failure{module.error()};
  }
  const auto count = count_of(inputs, module->input_bytes());
  if (!count.ok()) {
    return Failure{count.error()};
  }
  Execution execution{.outputs = std::vector<std::uint8_t>(*count * module->output_bytes()),
                      .count = *count};
  if (const auto ran = module->run(inputs, execution.outputs); !ran.ok()) {
    return Failure{ran.error()};
  }
  return execution;
}

std::size_t total_bytes(const json &report, const char *list) {
  std::size_t sum = 0;
  for (const json &tensor : report.value(list, json::array())) {
    sum += tensor.value("size_bytes", std::size_t{0});
  }
  return sum;
}

Expected<Execution> exec_on_board(const Context &context, const ExecFlags &flags, ByteView inputs) {
  const auto folder = host::TemporaryFolder::create("exec");
  if (!folder.ok()) {
    return Failure{folder.error()};
  }
  const auto result = compile_into(
      context,
      {.model = flags.model, .board = flags.board, .program = "exec", .backend = flags.backend},
      folder->path());
  if (!result.ok()) {
    return Failure{result.error()};
  }
  const json report = result->value("report", json::object());
  const BoardProgram program{.board = flags.board,
                             .elf = folder->path() / "image.elf",
                             .input_bytes = total_bytes(report, "inputs"),
                             .output_bytes = total_bytes(report, "outputs")};
  const auto count = count_of(inputs, program.input_bytes);
  if (!count.ok()) {
    return Failure{count.error()};
  }
  ProgressBar bar("running under " + flags.board, *count);
  const auto ran = run_on_board(program, inputs, [&](std::size_t done) { bar.update(done); });
  if (!ran.ok()) {
    return Failure{ran.error()};
  }
  const bool emulated = report.value("payload", "binary") == "binary";
  return Execution{.outputs = ran->outputs,
                   .count = *count,
                   .nanoseconds = ran->nanoseconds_per_inference,
                   .counts_instructions = emulated};
}

Expected<Execution> exec_in_wasm(const Context &context, const ExecFlags &flags, ByteView inputs) {
  const auto folder = host::TemporaryFolder::create("exec-wasm");
  if (!folder.ok()) {
    return Failure{folder.error()};
  }
  const auto package = folder->path() / "module";
  PackageFlags wanted = wasm_package({});
  wanted.model = flags.model;
  wanted.output = package.string();
  const auto report = compile_package(context, wanted);
  if (!report.ok()) {
    return Failure{report.error()};
  }
  auto ran = run_in_wasm(package, inputs);
  if (!ran.ok()) {
    return Failure{ran.error()};
  }
  return Execution{.outputs = std::move(ran->outputs),
                   .count = ran->count,
                   .nanoseconds = ran->nanoseconds_per_inference};
}

Expected<void> exec(const Context &context, const ExecFlags &flags) {
  const auto inputs = host::read_file(flags.inputs);
  if (!inputs.ok()) {
    return Failure{inputs.error()};
  }
  if (flags.board.empty() && !flags.backend.program.empty()) {
    return fail(ErrorCode::kInvalidInput, "--backend needs --board: the board to compile for");
  }
  const auto done = flags.board.empty()         ? exec_on_host(context, flags, *inputs)
                    : flags.board == kWasmBoard ? exec_in_wasm(context, flags, *inputs)
                                                : exec_on_board(context, flags, *inputs);
  if (!done.ok()) {
    return Failure{done.error()};
  }
  if (auto written = host::write_file(flags.outputs, done->outputs); !written.ok()) {
    return written;
  }
  const char *unit = done->counts_instructions ? "instructions" : "nanoseconds";
  const json result = {{"model", flags.model.model},
                       {"board", flags.board.empty() ? "host" : flags.board},
                       {"inferences", done->count},
                       {"output_bytes", done->outputs.size()},
                       {std::string(unit) + "_per_inference", done->nanoseconds}};
  context.show(result, [&] {
    std::cout << fmt::format("{} inferences, {} output bytes written to {}\n", grouped(done->count),
                             grouped(done->outputs.size()), flags.outputs);
    if (done->nanoseconds != 0) {
      std::cout << fmt::format("{} {} an inference\n", grouped(done->nanoseconds), unit);
    }
  });
  return {};
}

} // namespace

void add_exec(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand(
      "exec",
      "Compile a model and run raw input tensors through it, here or under a board's emulator");
  verb->footer("Examples:\n  tinyml exec mnist-lenet --inputs in.raw --outputs out.raw\n"
               "  tinyml exec mnist-lenet --inputs in.raw --outputs out.raw --board mps2-an385\n"
               "Inputs and outputs are the tensors' own bytes, one inference after the other; an "
               "int8 model's are int8.");
  auto flags = std::make_shared<ExecFlags>();
  add_model_flags(*verb, flags->model);
  verb->add_option("--inputs", flags->inputs, "File of raw input tensors")->required();
  verb->add_option("--outputs", flags->outputs, "File for the raw output tensors")->required();
  verb->add_option("--board", flags->board, "Run on this board instead of on this machine");
  add_backend_flags(*verb, flags->backend);
  verb->callback([&context, flags] { run_verb(context, [&] { return exec(context, *flags); }); });
}

} // namespace tinyml::cli
