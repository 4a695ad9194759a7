// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.hpp"

#include "cli/compilation.hpp"
#include "cli/exec_on_board.hpp"
#include "cli/image_file.hpp"
#include "compiler/hostrun/host_module.hpp"
#include "host/files.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fmt/format.h>

namespace tinyml::bench {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kInputs = 2;
constexpr int kHostRuns = 7;
constexpr auto kHostRunTime = std::chrono::milliseconds(30);

cli::ModelFlags flags_of(const Case &one) {
  return {.model = one.model.source, .float32 = one.precision == driver::Precision::kFloat32};
}

/// Compiles and links one program of the kit; the value is the backend's report.
Expected<json> build(const cli::Context &context, const Case &one, const std::string &program,
                     const fs::path &folder) {
  const auto result = cli::compile_into(
      context, {.model = flags_of(one), .board = one.board, .program = program}, folder);
  if (!result.ok()) {
    return Failure{result.error()};
  }
  return result->at("report");
}

/// The first calibration images as the model's raw input tensors, one after the other.
Expected<std::vector<std::uint8_t>> pictures_for(const cli::Context &context, const Case &one,
                                                 const json &report) {
  const auto tensor = cli::describe_tensor(report, "inputs");
  const auto source = cli::read_model(context, {.model = one.model.source}); // with its samples
  if (!tensor.ok() || !source.ok()) {
    return Failure{tensor.ok() ? source.error() : tensor.error()};
  }
  std::size_t pixels = 1;
  for (const std::uint32_t extent : tensor->shape) {
    pixels *= extent;
  }
  std::vector<std::uint8_t> inputs;
  for (std::size_t at = 0; at < kInputs * pixels; at += pixels) {
    std::vector<std::uint8_t> picture(pixels);
    std::transform(source->calibration.begin() + static_cast<std::ptrdiff_t>(at),
                   source->calibration.begin() + static_cast<std::ptrdiff_t>(at + pixels),
                   picture.begin(),
                   [](float value) { return static_cast<std::uint8_t>(std::lround(value * 255)); });
    const auto raw = cli::encode_picture(picture, *tensor);
    if (!raw.ok()) {
      return Failure{raw.error()};
    }
    inputs.insert(inputs.end(), raw->begin(), raw->end());
  }
  return inputs;
}

/// Raw tensors, and what they must give when that is known.
struct Samples {
  std::vector<std::uint8_t> inputs;
  std::vector<std::uint8_t> expected; ///< may be empty
};

Expected<Samples> samples_for(const cli::Context &context, const Case &one, const json &report) {
  if (one.model.inputs.empty()) {
    auto pictures = pictures_for(context, one, report);
    return pictures.ok() ? Expected<Samples>(Samples{*std::move(pictures), {}})
                         : Expected<Samples>(Failure{pictures.error()});
  }
  auto inputs = host::read_file(one.model.inputs);
  auto outputs = host::read_file(one.model.outputs);
  if (!inputs.ok() || !outputs.ok()) {
    return Failure{inputs.ok() ? outputs.error() : inputs.error()};
  }
  const auto bytes_of = [&](const char *list) {
    std::size_t sum = 0;
    for (const json &tensor : report.at(list)) {
      sum += tensor.at("size_bytes").get<std::size_t>();
    }
    return sum;
  };
  inputs->resize(std::min(inputs->size(), kInputs * bytes_of("inputs")));
  outputs->resize(std::min(outputs->size(), kInputs * bytes_of("outputs")));
  return Samples{*std::move(inputs), *std::move(outputs)};
}

/// Nanoseconds of one inference on this machine; the outputs are those of `inputs`, once.
Expected<double> time_on_host(hostrun::HostModule &module, ByteView inputs, ByteSpan outputs) {
  using Clock = std::chrono::steady_clock;
  double best_ns = 0;
  for (int run = 0; run < kHostRuns; ++run) {
    const auto start = Clock::now();
    std::uint64_t inferences = 0;
    while (Clock::now() - start < kHostRunTime) {
      if (const auto ran = module.run(inputs, outputs); !ran.ok()) {
        return Failure{ran.error()};
      }
      inferences += inputs.size() / module.input_bytes();
    }
    const std::chrono::duration<double, std::nano> took = Clock::now() - start;
    const double each_ns = took.count() / static_cast<double>(inferences);
    best_ns = run == 0 ? each_ns : std::min(best_ns, each_ns);
  }
  return best_ns;
}

ProgramFigures figures_of(const json &report) {
  ProgramFigures figures{.rom_bytes = report.at("rom_bytes_linked"),
                         .ram_bytes = report.at("ram_bytes_linked"),
                         .stack_bytes = report.at("stack_bytes"),
                         .parts = {}};
  for (const json &part : report.at("budget")) {
    figures.parts.push_back({part.at("part"), part.at("rom_bytes"), part.at("ram_bytes")});
  }
  return figures;
}

Failure<HostError> differs(const Figures &figures, const std::string &from) {
  return fail(ErrorCode::kInternal, fmt::format("{} on board '{}' computes other outputs than {}",
                                                figures.of.model.name, figures.of.board, from));
}

/// Runs the program in `folder` on the board, and its module here.
Expected<void> run_both(const fs::path &folder, const Samples &samples, bool counted,
                        Figures &figures) {
  const ByteView inputs = samples.inputs;
  auto module = hostrun::HostModule::load(folder / "module.so");
  if (!module.ok()) {
    return Failure{module.error()};
  }
  std::vector<std::uint8_t> expected(inputs.size() / module->input_bytes() *
                                     module->output_bytes());
  const auto host_ns = time_on_host(*module, inputs, expected);
  if (!host_ns.ok()) {
    return Failure{host_ns.error()};
  }
  figures.host_ns = *host_ns;
  const auto ran = cli::run_on_board({.board = figures.of.board,
                                      .elf = folder / "image.elf",
                                      .input_bytes = module->input_bytes(),
                                      .output_bytes = module->output_bytes()},
                                     inputs, [](std::size_t /*done*/) {});
  if (!ran.ok()) {
    return Failure{ran.error()};
  }
  if (ran->outputs != expected) {
    return differs(figures, "this machine");
  }
  if (!samples.expected.empty() && ran->outputs != samples.expected) {
    return differs(figures, "the reference kernels");
  }
  figures.stack_measured_bytes = ran->stack_bytes;
  figures.instructions = counted ? ran->nanoseconds_per_inference : 0;
  return {};
}

} // namespace

std::uint64_t Figures::module_code_bytes() const {
  for (const link::BudgetPart &part : bare.parts) {
    if (part.name == "module code") {
      return part.rom_bytes;
    }
  }
  return 0;
}

Expected<Figures> measure(const cli::Context &context, const Case &one) {
  const auto folder = host::TemporaryFolder::create("bench");
  if (!folder.ok()) {
    return Failure{folder.error()};
  }
  const auto bare = build(context, one, "bare", folder->path() / "bare");
  const auto exec = build(context, one, "exec", folder->path() / "exec");
  if (!bare.ok() || !exec.ok()) {
    return Failure{bare.ok() ? exec.error() : bare.error()};
  }
  Figures figures{.of = one, .bare = figures_of(*bare), .exec = figures_of(*exec), .image = {}};
  figures.weight_bytes = bare->at("weight_bytes");
  figures.arena_bytes = bare->at("arena_bytes");
  figures.macs = bare->at("macs");
  if (const auto image = build(context, one, "inference", folder->path() / "image"); image.ok()) {
    figures.image = figures_of(*image);
  }
  const auto samples = samples_for(context, one, *exec);
  if (!samples.ok()) {
    return Failure{samples.error()};
  }
  // Emulated boards count instructions; a hosted board's program is an ELF for this machine.
  const bool counted = exec->at("payload") == "binary";
  if (const auto ran = run_both(folder->path() / "exec", *samples, counted, figures); !ran.ok()) {
    return Failure{ran.error()};
  }
  return figures;
}

Expected<void> check_stack(const Figures &figures) {
  if (figures.stack_measured_bytes <= figures.exec.stack_bytes) {
    return {};
  }
  return fail(ErrorCode::kInternal,
              fmt::format("{} ({}) used {} bytes of stack on board '{}', more than its bound of {}",
                          figures.of.model.name, driver::name_of(figures.of.precision),
                          figures.stack_measured_bytes, figures.of.board,
                          figures.exec.stack_bytes));
}

} // namespace tinyml::bench
