// SPDX-License-Identifier: Apache-2.0
#include "bench/costs/measure_kernels.hpp"

#include "bench/costs/kernel_cases.hpp"
#include "cli/exec_on_board.hpp"
#include "compiler/driver/build_image.hpp"
#include "compiler/driver/module_sizes.hpp"
#include "compiler/ir/types.hpp"
#include "compiler/report/describe.hpp"
#include "host/files.hpp"
#include "host/process.hpp"

#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <random>

namespace tinyml::bench {
namespace {

std::size_t tensor_bytes(const ir::Graph &graph, const std::vector<ir::ValueId> &values) {
  std::size_t bytes = 0;
  for (const ir::ValueId value : values) {
    bytes += ir::byte_size(graph.values[value].type);
  }
  return bytes;
}

/// Any input will do, but floats have to be ordinary numbers: soft-float code takes short cuts.
std::vector<std::uint8_t> random_inputs(const ir::Graph &graph) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> numbers(-1, 1);
  std::vector<std::uint8_t> inputs;
  for (const ir::ValueId id : graph.inputs) {
    const ir::TensorType &type = graph.values[id].type;
    std::vector<std::uint8_t> bytes(ir::byte_size(type));
    if (type.element == ir::ElementType::kFloat32) {
      for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
        const float number = numbers(random);
        std::memcpy(bytes.data() + at, &number, sizeof(number));
      }
    } else {
      for (auto &byte : bytes) {
        byte = static_cast<std::uint8_t>(random());
      }
    }
    inputs.insert(inputs.end(), bytes.begin(), bytes.end());
  }
  return inputs;
}

void take_sizes(const link::ImagePlan &plan, const driver::CompiledModel &model, BoardCost &cost) {
  report::Report sizes;
  sizes.layers.resize(model.module.layers.size());
  for (std::size_t i = 0; i < sizes.layers.size(); ++i) {
    sizes.layers[i].weight_bytes = model.module.layers[i].weight_bytes;
  }
  report::take_sections(driver::sections_of(plan), sizes);
  for (const report::KernelCode &kernel : sizes.kernels) {
    cost.code_bytes += static_cast<std::uint32_t>(kernel.bytes);
  }
  for (const report::Layer &layer : sizes.layers) {
    cost.constant_bytes += static_cast<std::uint32_t>(layer.constant_bytes);
  }
  for (const link::BudgetPart &part : plan.parts) {
    if (part.name.starts_with("toolchain library")) {
      cost.library_bytes = static_cast<std::uint32_t>(part.rom_bytes);
    }
  }
}

std::string first_line(const std::string &program) {
  host::Command command;
  command.argv = {program, "--version"};
  const auto outcome = host::run(command);
  return outcome.ok() ? outcome->output.substr(0, outcome->output.find('\n')) : program;
}

} // namespace

Expected<BoardCost> cost_on_board(const driver::CompiledModel &model, const link::Kit &kit) {
  const auto folder = host::TemporaryFolder::create("costs");
  if (!folder.ok()) {
    return Failure{folder.error()};
  }
  auto planned = driver::PlannedImage::create(&model, kit, "exec", folder->path());
  if (!planned.ok()) {
    return Failure{planned.error()};
  }
  const auto image = planned->link();
  const auto stack = driver::module_stack_bytes(folder->path(), kit.stack);
  if (!image.ok() || !stack.ok()) {
    return Failure{image.ok() ? stack.error() : image.error()};
  }
  const auto ran =
      cli::run_on_board({.board = kit.board,
                         .elf = image->elf,
                         .input_bytes = tensor_bytes(model.graph, model.graph.inputs),
                         .output_bytes = tensor_bytes(model.graph, model.graph.outputs)},
                        random_inputs(model.graph), [](std::size_t /*done*/) {});
  if (!ran.ok()) {
    return Failure{ran.error()};
  }
  BoardCost cost{.instructions = ran->nanoseconds_per_inference, .stack_bytes = *stack};
  take_sizes(planned->plan(), model, cost);
  return cost;
}

Expected<std::vector<Measurement>>
measure_kernels(const link::Kit &kit, driver::Optimize optimize,
                const std::function<void(const std::string &, std::uint64_t)> &on_case) {
  std::vector<Measurement> all;
  for (const auto element :
       {ir::ElementType::kInt8, ir::ElementType::kInt16, ir::ElementType::kFloat32}) {
    for (KernelCase &one : kernel_cases(element)) {
      driver::CompileOptions options;
      options.model_name = one.name;
      options.isa = kit.isa;
      options.optimize = optimize;
      const auto model = driver::compile_graph(one.graph, options);
      if (!model.ok() && model.error().code == ErrorCode::kUnsupported) {
        continue;
      }
      const auto cost =
          model.ok() ? cost_on_board(*model, kit) : Expected<BoardCost>(Failure{model.error()});
      if (!cost.ok()) {
        return fail(cost.error().code, one.name + ": " + cost.error().message);
      }
      const std::string kernel = report::kernel_name(one.graph, one.graph.nodes.front());
      on_case(kernel + " " + one.name, cost->instructions);
      all.push_back({kernel, std::move(one.graph), cost->instructions, cost->code_bytes,
                     cost->constant_bytes, cost->library_bytes, cost->stack_bytes});
    }
  }
  return all;
}

report::IsaCosts fit_all(const link::Kit &kit, driver::Optimize optimize,
                         const std::vector<Measurement> &all) {
  std::map<std::string, std::vector<Measurement>> by_kernel;
  for (const Measurement &one : all) {
    by_kernel[one.kernel].push_back(one);
  }
  report::IsaCosts costs{.isa = kit.profile.value("isa", ""),
                         .kernels = kit.isa,
                         .optimize = driver::name_of(optimize),
                         .board = kit.board,
                         .toolchain = first_line(kit.compiler),
                         .compile_flags = fmt::format("{}", fmt::join(kit.compile_flags, " ")),
                         .by_kernel = {}};
  for (const auto &[kernel, measured] : by_kernel) {
    costs.by_kernel.emplace(kernel, fit_kernel(measured));
  }
  return costs;
}

} // namespace tinyml::bench
