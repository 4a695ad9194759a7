// SPDX-License-Identifier: Apache-2.0
#include "bench/costs/check_models.hpp"
#include "bench/costs/measure_kernels.hpp"
#include "cli/arguments.hpp"
#include "host/files.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iostream>
#include <tuple>

namespace tinyml::bench {
namespace {

struct Options {
  std::vector<std::string> boards = {"mps2-an385"};
  std::string output = "compiler/report/kernel_costs.json";
  std::string optimize = "balanced";
  std::vector<std::string> models;
  bool check = false;
};

Expected<report::CostTable> read_table(const std::string &path) {
  const auto text = host::read_text(path);
  return text.ok() ? report::parse_costs(*text) : Expected<report::CostTable>(report::CostTable{});
}

void put(report::CostTable &table, report::IsaCosts costs) {
  std::erase_if(table.isas, [&](const report::IsaCosts &one) {
    return one.isa == costs.isa && one.optimize == costs.optimize;
  });
  table.isas.push_back(std::move(costs));
  std::sort(table.isas.begin(), table.isas.end(), [](const auto &a, const auto &b) {
    return std::tie(a.isa, a.optimize) < std::tie(b.isa, b.optimize);
  });
}

Expected<void> measure_board(const link::Kit &kit, const Options &options) {
  const auto optimize = driver::parse_optimize(options.optimize);
  if (!optimize.ok()) {
    return Failure{optimize.error()};
  }
  const auto measured =
      measure_kernels(kit, *optimize, [&](const std::string &name, std::uint64_t instructions) {
        std::cerr << fmt::format("costs: {} {}: {}\n", kit.board, name, instructions);
      });
  if (!measured.ok()) {
    return Failure{measured.error()};
  }
  auto table = read_table(options.output);
  if (!table.ok()) {
    return Failure{table.error()};
  }
  put(*table, fit_all(kit, *optimize, *measured));
  return host::write_text(options.output, report::to_json(*table).dump(1) + "\n");
}

Expected<void> check_board(const cli::Context &context, const link::Kit &kit,
                           const Options &options) {
  const auto table = read_table(options.output);
  if (!table.ok()) {
    return Failure{table.error()};
  }
  const report::IsaCosts *costs = table->find(kit.profile.value("isa", ""), options.optimize);
  if (costs == nullptr) {
    return fail(ErrorCode::kNotFound, "no costs of board '" + kit.board + "' were measured");
  }
  return check_models(context, kit, *costs, options.models);
}

Expected<void> run(const cli::Context &context, const Options &options) {
  const auto kits = context.kits_folder();
  if (!kits.ok()) {
    return Failure{kits.error()};
  }
  for (const std::string &board : options.boards) {
    const auto kit = link::find_kit(*kits, board);
    if (!kit.ok()) {
      return Failure{kit.error()};
    }
    const auto done =
        options.check ? check_board(context, *kit, options) : measure_board(*kit, options);
    if (!done.ok()) {
      return done;
    }
  }
  return {};
}

} // namespace
} // namespace tinyml::bench

int main(int argc, char **argv) {
  using namespace tinyml;
  cli::Context context;
  bench::Options options;
  CLI::App app("Measure what kernels cost on a board and fit the table behind the estimates of "
               "`tinyml plan`",
               "tinyml-costs");
  app.add_option("--board", options.boards, "On these boards")->capture_default_str();
  app.add_option("--optimize", options.optimize, "What modules aim at: size, balanced or speed")
      ->capture_default_str();
  app.add_option("--output", options.output, "The table; boards that are not measured stay in it")
      ->capture_default_str();
  app.add_flag("--check", options.check,
               "Measure nothing new: compare estimates with whole models run on the board");
  app.add_option("--model", options.models,
                 "With --check: these files or zoo names (default: the zoo)");
  app.add_option("--kits", context.kits, "Folder of board kits")->envname("TINYML_KITS");
  app.add_option("--zoo", context.zoo, "Folder of the model zoo")->envname("TINYML_ZOO");
  CLI11_PARSE(app, argc, argv);
  cli::run_verb(context, [&] { return bench::run(context, options); });
  return context.exit_code;
}
