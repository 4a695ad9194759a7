// SPDX-License-Identifier: Apache-2.0
#include "bench/train/figures.hpp"
#include "cli/exec_on_board.hpp"
#include "compiler/driver/compile_training.hpp"
#include "compiler/link/link_image.hpp"
#include "host/files.hpp"

#include <cstring>
#include <iostream>
#include <random>

namespace tinyml::bench_train {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;
using module::ParameterStorage;

struct Wish {
  std::string board, program, model;
  ParameterStorage storage = ParameterStorage::kFloat16;
};

json described(const Wish &wish) {
  return {{"board", wish.board},
          {"model", wish.model},
          {"batch", 1},
          {"storage", wish.storage == ParameterStorage::kFloat16 ? "float16" : "float32"}};
}

struct Built {
  driver::CompiledTraining training;
  link::ImagePlan plan;
  fs::path elf;
};

Expected<driver::CompiledTraining> compiled(const Settings &settings, const Wish &wish,
                                            const link::Kit &kit) {
  const auto file = host::read_file(settings.zoo / (wish.model + ".onnx"));
  if (!file.ok()) {
    return Failure{file.error()};
  }
  const auto graph = driver::load_trainable_model(*file);
  if (!graph.ok()) {
    return Failure{graph.error()};
  }
  return driver::compile_training(*graph, {.model_name = wish.model,
                                           .isa = kit.isa,
                                           .batch = 1,
                                           .storage = wish.storage,
                                           .initial_values = wish.program == "exec"});
}

Expected<Built> build(const Settings &settings, const Wish &wish, const fs::path &work) {
  const auto kit = link::load_kit(settings.kits / wish.board);
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  auto training = compiled(settings, wish, *kit);
  if (!training.ok()) {
    return Failure{training.error()};
  }
  link::SourceFiles sources;
  for (const codegen::SourceFile &file : training->model.module.files) {
    sources[file.name] = file.text;
  }
  link::ImageLinker linker(*kit, wish.program, work);
  auto plan = linker.plan(sources);
  if (!plan.ok()) {
    return Failure{plan.error()};
  }
  fs::path elf;
  if (wish.program == "exec") {
    const auto linked = linker.link(*plan);
    if (!linked.ok()) {
      return Failure{linked.error()};
    }
    elf = linked->elf;
  }
  return Built{*std::move(training), *std::move(plan), std::move(elf)};
}

/// Inputs of one step: x like a picture, a label, the rate.
std::vector<std::uint8_t> one_sample(const driver::CompiledTraining &training, unsigned seed) {
  const auto &graph = training.model.graph;
  std::mt19937 random(seed);
  const auto values =
      static_cast<std::size_t>(ir::element_count(graph.values[graph.inputs[0]].type.shape));
  std::vector<float> x(values);
  for (float &value : x) {
    value = random() % 5 == 0 ? static_cast<float>(random() % 256) / 255 : 0.0F;
  }
  const auto label = static_cast<std::int32_t>(random() % 10);
  const float rate = 0.05F;
  std::vector<std::uint8_t> bytes(values * sizeof(float) + sizeof label + sizeof rate);
  std::memcpy(bytes.data(), x.data(), values * sizeof(float));
  std::memcpy(bytes.data() + values * sizeof(float), &label, sizeof label);
  std::memcpy(bytes.data() + values * sizeof(float) + sizeof label, &rate, sizeof rate);
  return bytes;
}

std::size_t output_bytes(const driver::CompiledTraining &training) {
  std::size_t bytes = 0;
  for (const ir::ValueId id : training.model.graph.outputs) {
    const auto count = ir::element_count(training.model.graph.values[id].type.shape);
    bytes += static_cast<std::size_t>(count) * sizeof(float);
  }
  return bytes;
}

Expected<json> count_step(const Settings &settings, const Wish &wish, const fs::path &work) {
  constexpr unsigned kSteps = 8;
  const auto built = build(settings, wish, work);
  if (!built.ok()) {
    return Failure{built.error()};
  }
  std::vector<std::uint8_t> inputs;
  for (unsigned step = 0; step < kSteps; ++step) {
    const auto sample = one_sample(built->training, step + 1);
    inputs.insert(inputs.end(), sample.begin(), sample.end());
  }
  const auto ran = cli::run_on_board({.board = wish.board,
                                      .elf = built->elf,
                                      .input_bytes = inputs.size() / kSteps,
                                      .output_bytes = output_bytes(built->training)},
                                     inputs, [](std::size_t) {});
  if (!ran.ok()) {
    return Failure{ran.error()};
  }
  json figures = described(wish);
  figures["instructions"] = ran->nanoseconds_per_inference;
  figures["rom_bytes"] = built->plan.rom_bytes;
  figures["ram_bytes"] = built->plan.ram_bytes();
  figures["stack_bytes"] = built->plan.stack.bytes;
  return figures;
}

bool has_program(const Settings &settings, const Wish &wish) {
  const auto kit = link::load_kit(settings.kits / wish.board);
  return kit.ok() && kit->programs.contains(wish.program);
}

Expected<json> weigh_worker(const Settings &settings, const Wish &wish, const fs::path &work) {
  const auto built = build(settings, wish, work);
  if (!built.ok()) {
    return Failure{built.error()};
  }
  json figures = described(wish);
  figures["rom_bytes"] = built->plan.rom_bytes;
  figures["ram_bytes"] = built->plan.ram_bytes();
  return figures;
}

} // namespace

Expected<json> measure_boards(const Settings &settings, const fs::path &work) {
  json boards = json::array();
  json workers = json::array();
  const auto measure = [&](const Wish &wish, auto how, json &list) -> Expected<void> {
    if (!has_program(settings, wish)) {
      std::cerr << "bench-train: no kit of " << wish.board << " with the program " << wish.program
                << "; run `make kits`\n";
      return {};
    }
    std::cerr << "bench-train: " << wish.program << " on " << described(wish).dump() << '\n';
    const auto name = std::to_string(boards.size()) + "-" + std::to_string(workers.size());
    auto figures = how(settings, wish, work / name);
    if (!figures.ok()) {
      return Failure{figures.error()};
    }
    list.push_back(*std::move(figures));
    return {};
  };
  // Its 256 KB of RAM hold the whole of LeNet with parameters as halves alone.
  if (auto done = measure({"mps2-an386", "exec", "mnist-lenet"}, count_step, boards); !done.ok()) {
    return Failure{done.error()};
  }
  for (const char *board : {"kvm-x86_64", "linux", "mps2-an386", "virt-rv32"}) {
    const bool narrow = std::string(board) == "mps2-an386";
    const Wish wish{board, "worker", "mnist-lenet",
                    narrow ? ParameterStorage::kFloat16 : ParameterStorage::kFloat32};
    if (auto done = measure(wish, weigh_worker, workers); !done.ok()) {
      return Failure{done.error()};
    }
  }
  return json{{"boards", std::move(boards)}, {"workers", std::move(workers)}};
}

} // namespace tinyml::bench_train
