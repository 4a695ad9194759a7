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

constexpr std::size_t kInputs = 4;
constexpr int kHostRuns = 7;
constexpr auto kHostRunTime = std::chrono::milliseconds(30);

cli::ModelFlags flags_of(const Case &one) {
  return {.model = one.model, .float32 = one.precision == driver::Precision::kFloat32};
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
Expected<std::vector<std::uint8_t>> inputs_for(const cli::Context &context, const Case &one,
                                               const json &report) {
  const auto tensor = cli::describe_tensor(report, "inputs");
  const auto source = cli::read_model(context, {.model = one.model}); // int8: with its samples
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

void take_image_report(const json &report, Figures &figures) {
  figures.rom_bytes = report.at("rom_bytes_linked");
  figures.ram_bytes = report.at("ram_bytes_linked");
  figures.weight_bytes = report.at("weight_bytes");
  figures.arena_bytes = report.at("arena_bytes");
  figures.stack_bytes = report.at("stack_bytes");
  figures.macs = report.at("macs");
  for (const json &part : report.at("budget")) {
    figures.parts.push_back({part.at("part"), part.at("rom_bytes"), part.at("ram_bytes")});
  }
}

/// Runs the bare program in `folder` on the board, and its module here.
Expected<void> run_both(const fs::path &folder, ByteView inputs, bool counted, Figures &figures) {
  auto module = hostrun::HostModule::load(folder / "module.so");
  if (!module.ok()) {
    return Failure{module.error()};
  }
  std::vector<std::uint8_t> expected(kInputs * module->output_bytes());
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
    return fail(ErrorCode::kInternal,
                fmt::format("{} computes other outputs on board '{}' than on this machine",
                            figures.of.model, figures.of.board));
  }
  figures.stack_measured_bytes = ran->stack_bytes;
  figures.instructions = counted ? ran->nanoseconds_per_inference : 0;
  return {};
}

} // namespace

Expected<std::vector<std::string>> zoo_models(const cli::Context &context) {
  const auto folder = context.zoo_folder();
  const auto text = folder.ok() ? host::read_text(*folder / "zoo.json")
                                : Expected<std::string>(Failure{folder.error()});
  if (!text.ok()) {
    return Failure{text.error()};
  }
  std::vector<std::string> names;
  const json zoo = json::parse(*text, nullptr, false);
  for (const json &model : zoo.value("models", json::array())) {
    names.push_back(model.value("name", ""));
  }
  return names;
}

std::vector<Case> all_cases(const std::vector<std::string> &models,
                            const std::vector<std::string> &boards) {
  std::vector<Case> cases;
  for (const std::string &board : boards) {
    for (const std::string &model : models) {
      cases.push_back({model, driver::Precision::kInt8, board});
      if (model == "mnist-lenet") {
        cases.push_back({model, driver::Precision::kFloat32, board});
      }
    }
  }
  return cases;
}

Expected<Figures> measure(const cli::Context &context, const Case &one) {
  const auto folder = host::TemporaryFolder::create("bench");
  if (!folder.ok()) {
    return Failure{folder.error()};
  }
  const auto image = build(context, one, "inference", folder->path() / "image");
  const auto bare = build(context, one, "exec", folder->path() / "exec");
  if (!image.ok() || !bare.ok()) {
    return Failure{image.ok() ? bare.error() : image.error()};
  }
  Figures figures{.of = one};
  take_image_report(*image, figures);
  figures.exec_rom_bytes = bare->at("rom_bytes_linked");
  figures.exec_stack_bytes = bare->at("stack_bytes");
  const auto inputs = inputs_for(context, one, *bare);
  if (!inputs.ok()) {
    return Failure{inputs.error()};
  }
  // Emulated boards count instructions; a hosted board's program is an ELF for this machine.
  const bool counted = bare->at("payload") == "binary";
  if (const auto ran = run_both(folder->path() / "exec", *inputs, counted, figures); !ran.ok()) {
    return Failure{ran.error()};
  }
  return figures;
}

Expected<void> check_stack(const Figures &figures) {
  if (figures.stack_measured_bytes <= figures.exec_stack_bytes) {
    return {};
  }
  return fail(ErrorCode::kInternal,
              fmt::format("{} ({}) used {} bytes of stack on board '{}', more than its bound of {}",
                          figures.of.model, driver::name_of(figures.of.precision),
                          figures.stack_measured_bytes, figures.of.board,
                          figures.exec_stack_bytes));
}

} // namespace tinyml::bench
