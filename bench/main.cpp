// SPDX-License-Identifier: Apache-2.0
#include "bench/report.hpp"
#include "cli/arguments.hpp"
#include "host/files.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <iostream>

namespace tinyml::bench {
namespace {

struct Options {
  std::vector<std::string> models; ///< all when empty
  std::vector<std::string> boards = {"mps2-an385", "mps2-an386",  "mps3-an547", "virt-rv32",
                                     "virt-rv64v", "mps2-armv6m", "lx60-lx106", "linux"};
  std::string output = "build/bench.json";
  std::string markdown;
  std::string microbenchmarks;
  std::string peers = TINYML_SOURCE_DIR "/bench/peers.json";
  std::string host_peers;
  std::string recorded;
  std::string record;
};

std::string names_of(const std::vector<Model> &models) {
  std::string names;
  for (const Model &model : models) {
    names += (names.empty() ? "" : ", ") + model.name;
  }
  return names;
}

/// MLPerf Tiny's models when they are there, then the zoo's; or those among them that were asked
/// for.
Expected<std::vector<Model>> chosen_models(const cli::Context &context, const Options &options) {
  std::vector<Model> models = mlperf_models(mlperf_folder());
  if (models.empty()) {
    std::cerr << "bench: no MLPerf Tiny models: TINYML_MODELS_DIR is not set, nor TINYML_DATA_DIR "
                 "with models beside it\n";
  }
  const auto zoo = zoo_models(context);
  if (!zoo.ok()) {
    return Failure{zoo.error()};
  }
  models.insert(models.end(), zoo->begin(), zoo->end());
  for (const std::string &wanted : options.models) {
    if (std::ranges::find(models, wanted, &Model::name) == models.end()) {
      return fail(ErrorCode::kNotFound,
                  "no model '" + wanted + "'; there are: " + names_of(models));
    }
  }
  if (!options.models.empty()) {
    std::erase_if(models, [&](const Model &model) {
      return std::ranges::find(options.models, model.name) == options.models.end();
    });
  }
  return models;
}

Expected<std::vector<Figures>> measure_all(const cli::Context &context, const Options &options) {
  const auto models = chosen_models(context, options);
  if (!models.ok()) {
    return Failure{models.error()};
  }
  std::vector<Figures> all;
  for (const Case &one : all_cases(*models, options.boards)) {
    std::cerr << fmt::format("bench: {} {} on {}\n", one.model.name, driver::name_of(one.precision),
                             one.board);
    auto figures = measure(context, one);
    if (!figures.ok() && figures.error().code == ErrorCode::kDoesNotFit) {
      std::cerr << "bench: left out: " << figures.error().message << '\n';
      continue;
    }
    if (!figures.ok()) {
      return Failure{figures.error()};
    }
    if (const auto checked = check_stack(*figures); !checked.ok()) {
      return Failure{checked.error()};
    }
    all.push_back(*std::move(figures));
  }
  return all;
}

/// Null without a name.
Expected<nlohmann::json> read_json(const std::string &file) {
  if (file.empty()) {
    return nlohmann::json();
  }
  const auto text = host::read_text(file);
  if (!text.ok()) {
    return Failure{text.error()};
  }
  auto parsed = nlohmann::json::parse(*text, nullptr, false);
  if (parsed.is_discarded()) {
    return fail(ErrorCode::kInvalidInput, "'" + file + "' is not JSON");
  }
  return parsed;
}

Expected<void> write_markdown(const Options &options, const std::vector<Figures> &all) {
  auto peers = read_json(options.peers);
  auto host_peers = read_json(options.host_peers);
  auto micro = read_json(options.microbenchmarks);
  for (const auto *one : {&peers, &host_peers, &micro}) {
    if (!one->ok()) {
      return Failure{one->error()};
    }
  }
  if (host_peers->is_object()) {
    const auto measured = host_peers->value("host", nlohmann::json::array());
    auto &host = (*peers)["host"];
    host.insert(host.begin(), measured.begin(), measured.end());
  }
  return host::write_text(options.markdown, to_markdown(all, {*peers, *micro}));
}

/// kConflict when something got worse than what is recorded.
Expected<void> compare(const Options &options, const nlohmann::json &now) {
  const auto recorded = read_json(options.recorded);
  if (!recorded.ok()) {
    return Failure{recorded.error()};
  }
  const auto lines = recorded->is_null() ? std::vector<std::string>{} : regressions(*recorded, now);
  std::string text;
  for (const std::string &line : lines) {
    text += "\n  " + line;
  }
  return text.empty()
             ? Expected<void>{}
             : Expected<void>(fail(ErrorCode::kConflict,
                                   "worse than recorded in '" + options.recorded + "':" + text));
}

Expected<void> run(const cli::Context &context, const Options &options) {
  const auto all = measure_all(context, options);
  if (!all.ok()) {
    return Failure{all.error()};
  }
  std::cout << to_text(*all);
  const auto list = to_json(*all);
  for (const std::string &file : {options.output, options.record}) {
    if (file.empty()) {
      continue;
    }
    if (auto written = host::write_text(file, list.dump(1) + "\n"); !written.ok()) {
      return written;
    }
  }
  if (!options.markdown.empty()) {
    if (auto written = write_markdown(options, *all); !written.ok()) {
      return written;
    }
  }
  return compare(options, list);
}

int run_program(int argc, char **argv) {
  cli::Context context;
  Options options;
  CLI::App app("Build every model for every board; measure size, memory, instructions "
               "and speed",
               "tinyml-bench");
  app.add_option("--model", options.models, "Only these models (default: all)");
  app.add_option("--board", options.boards, "On these boards")->capture_default_str();
  app.add_option("--output", options.output, "Where the JSON goes")->capture_default_str();
  app.add_option("--markdown", options.markdown, "Where the tables go");
  app.add_option("--microbenchmarks", options.microbenchmarks,
                 "JSON of tinyml-microbench, to be shown in the tables");
  app.add_option("--peers", options.peers, "Figures of other runtimes")->capture_default_str();
  app.add_option("--host-peers", options.host_peers, "The same, measured on this machine just now");
  app.add_option("--recorded", options.recorded,
                 "Earlier figures; anything two percent worse is an error");
  app.add_option("--record", options.record, "Where these figures are recorded");
  app.add_option("--kits", context.kits, "Folder of board kits")->envname("TINYML_KITS");
  app.add_option("--zoo", context.zoo, "Folder of the model zoo")->envname("TINYML_ZOO");
  CLI11_PARSE(app, argc, argv);
  cli::run_verb(context, [&] { return run(context, options); });
  return context.exit_code;
}

} // namespace
} // namespace tinyml::bench

int main(int argc, char **argv) {
  try {
    return tinyml::bench::run_program(argc, argv);
  } catch (const std::exception &error) { // a report without the keys it must have
    std::fprintf(stderr, "bench: %s\n", error.what());
    return tinyml::cli::kExitInternal;
  }
}
