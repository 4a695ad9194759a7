// SPDX-License-Identifier: Apache-2.0
#include "bench/costs/check_models.hpp"

#include "bench/costs/measure_kernels.hpp"
#include "bench/measure.hpp"
#include "cli/model_source.hpp"
#include "cli/terminal.hpp"
#include "compiler/driver/module_sizes.hpp"

#include <cmath>
#include <fmt/format.h>
#include <iostream>

namespace tinyml::bench {
namespace {

struct Comparison {
  double estimated = 0;
  std::uint64_t counted = 0;
  std::string unmeasured; ///< kernels without a cost
};

double estimate(const driver::CompiledModel &model, const report::IsaCosts &costs,
                std::string &unmeasured) {
  double sum = 0;
  for (const ir::Node &node : model.graph.nodes) {
    const report::KernelCost *cost = costs.find(model.graph, node);
    if (cost != nullptr) {
      sum += report::estimated_instructions(*cost, model.graph, node);
    } else if (node.op != ir::Op::kReshape) {
      unmeasured += " " + report::kernel_name(model.graph, node);
    }
  }
  return sum;
}

Expected<Comparison> compare(const cli::Context &context, const link::Kit &kit,
                             const report::IsaCosts &costs, const std::string &name) {
  const auto source = cli::read_model(context, {.model = name});
  if (!source.ok()) {
    return Failure{source.error()};
  }
  driver::CompileOptions options;
  options.isa = kit.isa;
  options.optimize = *driver::parse_optimize(costs.optimize); // of a table that was written so
  options.calibration = source->calibration;
  const auto model = driver::compile_model(source->bytes, options);
  if (!model.ok()) {
    return Failure{model.error()};
  }
  const auto cost = cost_on_board(*model, kit);
  if (!cost.ok()) {
    return Failure{cost.error()};
  }
  Comparison result{.counted = cost->instructions};
  result.estimated = estimate(*model, costs, result.unmeasured);
  return result;
}

} // namespace

Expected<void> check_models(const cli::Context &context, const link::Kit &kit,
                            const report::IsaCosts &costs, const std::vector<std::string> &models) {
  std::vector<std::string> names = models;
  if (names.empty()) {
    const auto zoo = zoo_models(context);
    if (!zoo.ok()) {
      return Failure{zoo.error()};
    }
    for (const Model &model : *zoo) {
      names.push_back(model.source);
    }
  }
  cli::Table table({"MODEL", "BOARD", ">ESTIMATED", ">COUNTED", ">OFF", "WITHOUT COST"});
  for (const std::string &name : names) {
    const auto one = compare(context, kit, costs, name);
    if (!one.ok()) {
      table.add({name, kit.board, one.error().message});
      continue;
    }
    const double off = one->estimated / static_cast<double>(one->counted) - 1;
    table.add({name, kit.board, cli::grouped(static_cast<std::uint64_t>(one->estimated)),
               cli::grouped(one->counted), fmt::format("{:+.1f} %", off * 100), one->unmeasured});
  }
  std::cout << table.text();
  return {};
}

} // namespace tinyml::bench
