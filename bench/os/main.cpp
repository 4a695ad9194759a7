// SPDX-License-Identifier: Apache-2.0
#include "bench/os/first_frame.hpp"
#include "bench/os/readme_figures.hpp"
#include "bench/os/report.hpp"
#include "cli/arguments.hpp"
#include "host/files.hpp"
#include "tender/machine/command_line.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace tinyml::bench_os {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> boards; ///< all when empty
  std::vector<std::string> models = {"mnist-dscnn", "mnist-lenet"};
  std::string output = "build/bench-os.json";
  std::string markdown;
  std::string anchors = TINYML_SOURCE_DIR "/bench/os/anchors.json";
  std::string recorded;
  std::string record;
  std::string readmes; ///< the tree's root
  int starts = 100;
  bool exact_only = false;
};

/// Boards on which virtual devices are timed.
constexpr const char *kTimedBoards[] = {"kvm-x86_64", "linux", "mps2-an385"};
constexpr int kEmulatorStarts = 11; ///< each takes a good part of a second

bool wanted(const Options &options, const std::string &board) {
  return options.boards.empty() || std::ranges::find(options.boards, board) != options.boards.end();
}

bool can_start(const std::string &board) {
  const auto known = tender::known_boards();
  return std::ranges::find(known, board) != known.end();
}

/// One program on all boards; an empty model is none.
Expected<void> measure_program(const Places &places, const Options &options,
                               const std::string &program, const std::string &model,
                               const fs::path &work, Measured &measured) {
  const auto boards = boards_with(places, program);
  if (!boards.ok()) {
    return Failure{boards.error()};
  }
  for (const std::string &board : *boards) {
    if (!wanted(options, board)) {
      continue;
    }
    std::cerr << "bench-os: image " << program << ' ' << model << " on " << board << '\n';
    auto figures = measure_image(places, board, program, model, work / board / (program + model));
    if (!figures.ok() && figures.error().code == ErrorCode::kDoesNotFit) {
      std::cerr << "bench-os: left out: " << figures.error().message << '\n';
      continue;
    }
    if (!figures.ok()) {
      return Failure{figures.error()};
    }
    measured.images.push_back(*std::move(figures));
  }
  return {};
}

Expected<void> measure_images(const Places &places, const Options &options, const fs::path &work,
                              Measured &measured) {
  auto done = measure_program(places, options, "base", "", work, measured);
  for (const std::string &model : options.models) {
    if (!done.ok()) {
      break;
    }
    done = measure_program(places, options, "inference", model, work, measured);
  }
  return done;
}

using Instructions = std::optional<std::uint64_t>;

Expected<void> count_boots(const Places &places, const Options &options, const fs::path &work,
                           Measured &measured) {
  const auto boards = boards_with(places, "base");
  if (!boards.ok()) {
    return Failure{boards.error()};
  }
  for (const std::string &board : *boards) {
    if (!wanted(options, board) || !can_start(board)) {
      continue;
    }
    std::cerr << "bench-os: instructions to the first frame on " << board << '\n';
    const auto echo = make_echo(places, board, work / board / "echo");
    const auto bare = echo.ok() ? instructions_to_first_frame(*echo, work)
                                : Expected<Instructions>(Failure{echo.error()});
    if (!bare.ok()) {
      return Failure{bare.error()};
    }
    if (!*bare) { // nobody counts there
      continue;
    }
    if (tender::outside_flash(board)) { // its bootloader waits for a programmer, which costs time
      measured.boots.push_back({board, *bare, std::nullopt});
      continue;
    }
    const auto delivered =
        make_delivered(places, board, "coap://10.77.0.1:5683", work / board / "delivered");
    const auto through = delivered.ok() ? instructions_to_first_frame(*delivered, work)
                                        : Expected<Instructions>(Failure{delivered.error()});
    if (!through.ok()) {
      return Failure{through.error()};
    }
    measured.boots.push_back({board, *bare, *through});
  }
  return {};
}

Expected<void> time_devices(const Places &places, const Options &options, const fs::path &work,
                            Measured &measured) {
  for (const std::string board : kTimedBoards) {
    std::error_code error;
    if (!wanted(options, board) || !can_start(board) ||
        !fs::exists(places.boards / board / "net_echo.elf", error)) {
      continue;
    }
    std::cerr << "bench-os: virtual devices of " << board << '\n';
    const bool emulated = board.starts_with("mps");
    const int starts = emulated ? std::min(options.starts, kEmulatorStarts) : options.starts;
    auto figures = measure_on_host(places, board, starts, work / board / "timed");
    if (!figures.ok()) {
      return Failure{figures.error()};
    }
    measured.hosts.push_back(*figures);
  }
  return {};
}

Expected<json> read_json(const std::string &file) {
  const auto text = host::read_text(file);
  if (!text.ok()) {
    return Failure{text.error()};
  }
  auto parsed = json::parse(*text, nullptr, false);
  return parsed.is_discarded()
             ? Expected<json>(fail(ErrorCode::kInvalidInput, "'" + file + "' is not JSON"))
             : Expected<json>(std::move(parsed));
}

/// kConflict when something exact got worse than what is recorded.
Expected<void> check(const Options &options, const json &now) {
  if (options.recorded.empty()) {
    return {};
  }
  const auto recorded = read_json(options.recorded);
  if (!recorded.ok()) {
    return Failure{recorded.error()};
  }
  std::string text;
  for (const std::string &line : regressions(*recorded, now)) {
    text += "\n  " + line;
  }
  return text.empty()
             ? Expected<void>{}
             : Expected<void>(fail(ErrorCode::kConflict,
                                   "worse than recorded in '" + options.recorded + "':" + text));
}

/// When only a part was measured, beside what is recorded of the rest.
Expected<json> beside_recorded(const Options &options, const json &now) {
  const std::string &file = options.record.empty() ? options.recorded : options.record;
  const bool whole = options.boards.empty() && !options.exact_only;
  if (whole || file.empty() || !fs::exists(file)) {
    return now;
  }
  auto recorded = read_json(file);
  return recorded.ok() ? Expected<json>(merged(*std::move(recorded), now)) : recorded;
}

Expected<void> write_results(const Options &options, const json &now) {
  const auto all = beside_recorded(options, now);
  const auto anchors = read_json(options.anchors);
  if (!all.ok() || !anchors.ok()) {
    return Failure{all.ok() ? anchors.error() : all.error()};
  }
  const std::pair<std::string, const json &> files[] = {{options.output, now},
                                                        {options.record, *all}};
  for (const auto &[file, figures] : files) {
    if (file.empty()) {
      continue;
    }
    if (auto written = host::write_text(file, figures.dump(1) + "\n"); !written.ok()) {
      return written;
    }
  }
  const std::string tables = to_markdown(*all, *anchors);
  std::cout << tables;
  if (!options.readmes.empty()) {
    if (auto written = write_readmes(options.readmes, *all); !written.ok()) {
      return written;
    }
  }
  return options.markdown.empty() ? Expected<void>{} : host::write_text(options.markdown, tables);
}

/// A name that is no board's would measure nothing and look well.
Expected<void> check_boards(const Places &places, const Options &options) {
  const auto known = boards_with(places, "base");
  if (!known.ok()) {
    return Failure{known.error()};
  }
  for (const std::string &board : options.boards) {
    if (std::ranges::find(*known, board) == known->end()) {
      return fail(ErrorCode::kNotFound, "there is no kit of board '" + board +
                                            "' with the program base; run `make kits`");
    }
  }
  return {};
}

Expected<void> run(const Places &places, const Options &options) {
  if (auto known = check_boards(places, options); !known.ok()) {
    return known;
  }
  const auto work = host::TemporaryFolder::create("bench-os");
  if (!work.ok()) {
    return Failure{work.error()};
  }
  Measured measured{.images = {}, .boots = {}, .hosts = {}, .kvm = kvm_modules()};
  for (const auto step : {measure_images, count_boots, time_devices}) {
    if (step == time_devices && options.exact_only) {
      continue;
    }
    if (auto done = step(places, options, work->path(), measured); !done.ok()) {
      return done;
    }
  }
  const json now = to_json(measured);
  if (auto written = write_results(options, now); !written.ok()) {
    return written;
  }
  return check(options, now);
}

int run_program(int argc, char **argv) {
  Places places{.context = {}, .boards = TINYML_SOURCE_DIR "/build/boards"};
  Options options;
  CLI::App app("Measure what the library OS costs on every board: bytes by room, instructions and "
               "time to the first frame, memory, traffic",
               "tinyml-bench-os");
  app.add_option("--board", options.boards,
                 "Only these boards (default: all that have a kit); the others stay as recorded");
  app.add_option("--model", options.models, "The models of the measured images")
      ->capture_default_str();
  app.add_option("--output", options.output, "Where the JSON goes")->capture_default_str();
  app.add_option("--markdown", options.markdown, "Where the tables go");
  app.add_option("--anchors", options.anchors, "Figures of others")->capture_default_str();
  app.add_option("--recorded", options.recorded,
                 "Earlier figures; anything exact that is two percent worse is an error");
  app.add_option("--record", options.record, "Where these figures are recorded");
  app.add_option("--readmes", options.readmes,
                 "The source tree whose READMEs are to tell these figures");
  app.add_option("--starts", options.starts, "How often a virtual device is started")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  app.add_flag("--exact-only", options.exact_only,
               "Nothing that is timed; those figures stay as recorded");
  app.add_option("--kits", places.context.kits, "Folder of board kits")->envname("TINYML_KITS");
  app.add_option("--zoo", places.context.zoo, "Folder of the model zoo")->envname("TINYML_ZOO");
  app.add_option("--board-trees", places.boards, "Folder of the boards' build trees")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  cli::run_verb(places.context, [&] { return run(places, options); });
  return places.context.exit_code;
}

} // namespace
} // namespace tinyml::bench_os

int main(int argc, char **argv) {
  try {
    return tinyml::bench_os::run_program(argc, argv);
  } catch (const std::exception &error) { // a report without the keys it must have
    std::fprintf(stderr, "bench-os: %s\n", error.what());
    return tinyml::cli::kExitInternal;
  }
}
