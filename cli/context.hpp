// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

namespace CLI {
class App; // cli/arguments.hpp has it: CLI11 is more to compile than a verb itself
}

namespace tinyml::cli {

/// Documented in `tinyml --help` and the README.
enum ExitCode : int {
  kExitOk = 0,
  kExitInternal = 1,
  kExitUsage = 2, ///< wrong flags or unusable input
  kExitNotFound = 3,
  kExitConflict = 4,
  kExitUnavailable = 5, ///< service, device, tool or network is not there
  kExitDoesNotFit = 6,
  kExitUnsupported = 7,
  kExitResourceFull = 8,
  kExitDiffers = 9, ///< verify: an output differs from the host's
};

[[nodiscard]] int exit_code_of(ErrorCode code);

/// What every verb shares: global options, and how it ends.
struct Context {
  std::string service_url = "http://127.0.0.1:7680";
  bool json = false;
  std::string kits; ///< folder of board kits; found beside the program when empty
  std::string zoo;  ///< folder of zoo.json; found beside the program when empty
  int exit_code = kExitOk;

  /// Prints the error (as JSON with --json) and sets the exit code.
  void report(const HostError &error);
  /// Prints a result object: as JSON with --json, else by `print`.
  void show(const nlohmann::json &result, const std::function<void()> &print) const;

  [[nodiscard]] Expected<std::filesystem::path> kits_folder() const;
  [[nodiscard]] Expected<std::filesystem::path> zoo_folder() const;
};

/// Runs a verb's body and reports its error.
template <typename Body> void run_verb(Context &context, Body body) {
  const Expected<void> result = body();
  if (!result.ok()) {
    context.report(result.error());
  }
}

using AddVerb = void (*)(CLI::App &app, Context &context);
void add_up(CLI::App &app, Context &context);
void add_down(CLI::App &app, Context &context);
void add_device(CLI::App &app, Context &context);
void add_devices(CLI::App &app, Context &context);
void add_ping(CLI::App &app, Context &context);
void add_fleet(CLI::App &app, Context &context);
void add_crashes(CLI::App &app, Context &context);
void add_events(CLI::App &app, Context &context);
void add_models(CLI::App &app, Context &context);
void add_order(CLI::App &app, Context &context);
void add_orders(CLI::App &app, Context &context);
void add_infer(CLI::App &app, Context &context);
void add_verify(CLI::App &app, Context &context);
void add_compile(CLI::App &app, Context &context);
void add_plan(CLI::App &app, Context &context);
void add_exec(CLI::App &app, Context &context);
void add_quantize(CLI::App &app, Context &context);
void add_backend_test(CLI::App &app, Context &context);
void add_train(CLI::App &app, Context &context);
void add_demo(CLI::App &app, Context &context);

} // namespace tinyml::cli
