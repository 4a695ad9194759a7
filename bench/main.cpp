// SPDX-License-Identifier: Apache-2.0
#include "bench/report.hpp"
#include "host/files.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <iostream>

namespace tinyml::bench {
namespace {

struct Options {
  std::vector<std::string> models; ///< all of the zoo when empty
  std::vector<std::string> boards = {"mps2-an385", "linux"};
  std::string output = "build/bench.json";
  std::string markdown;
  std::string microbenchmarks;
};

Expected<std::vector<Figures>> measure_all(const cli::Context &context, const Options &options) {
  const auto models = options.models.empty() ? zoo_models(context) : options.models;
  if (!models.ok()) {
    return Failure{models.error()};
  }
  std::vector<Figures> all;
  for (const Case &one : all_cases(*models, options.boards)) {
    std::cerr << fmt::format("bench: {} {} on {}\n", one.model, driver::name_of(one.precision),
                             one.board);
    auto figures = measure(context, one);
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

Expected<void> write_markdown(const Options &options, const std::vector<Figures> &all) {
  nlohmann::json micro;
  if (!options.microbenchmarks.empty()) {
    const auto text = host::read_text(options.microbenchmarks);
    if (!text.ok()) {
      return Failure{text.error()};
    }
    micro = nlohmann::json::parse(*text, nullptr, false);
    if (micro.is_discarded()) {
      return fail(ErrorCode::kInvalidInput, "'" + options.microbenchmarks + "' is not JSON");
    }
  }
  return host::write_text(options.markdown, to_markdown(all, micro));
}

Expected<void> run(const cli::Context &context, const Options &options) {
  const auto all = measure_all(context, options);
  if (!all.ok()) {
    return Failure{all.error()};
  }
  std::cout << to_text(*all);
  auto written = host::write_text(options.output, to_json(*all).dump(2) + "\n");
  return written.ok() && !options.markdown.empty() ? write_markdown(options, *all) : written;
}

int run_program(int argc, char **argv) {
  cli::Context context;
  Options options;
  CLI::App app("Build every model of the zoo for every board; measure size, memory, instructions "
               "and speed",
               "tinyml-bench");
  app.add_option("--model", options.models, "Only these models (default: the whole zoo)");
  app.add_option("--board", options.boards, "On these boards")->capture_default_str();
  app.add_option("--output", options.output, "Where the JSON goes")->capture_default_str();
  app.add_option("--markdown", options.markdown, "Where the tables go");
  app.add_option("--microbenchmarks", options.microbenchmarks,
                 "JSON of tinyml-microbench, to be shown in the tables");
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
