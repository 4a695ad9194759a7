// SPDX-License-Identifier: Apache-2.0
#include "cli/context.hpp"
#include "cli/state_folder.hpp"

#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>

namespace tinyml::cli {
namespace {

Expected<void> stop_service(const Context &context, const std::string &state) {
  const auto folder = state.empty() ? service_folder() : std::filesystem::path(state);
  const auto owner = FolderLock::holder(folder);
  if (!owner) {
    return fail(ErrorCode::kNotFound, "no service runs on '" + folder.string() + "'");
  }
  ::kill(*owner, SIGTERM);
  constexpr auto kPatience = std::chrono::seconds(10);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (FolderLock::holder(folder)) {
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorCode::kUnavailable, "the service, process " + std::to_string(*owner) +
                                               ", does not stop; end it with kill -9");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  context.show({{"stopped", *owner}}, [&] { std::cout << "service stopped\n"; });
  return {};
}

} // namespace

void add_down(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand("down", "Stop the service that 'tinyml up' started");
  verb->footer("Examples:\n  tinyml down");
  auto state = std::make_shared<std::string>();
  verb->add_option("--state", *state, "The service's state folder (default: below $TINYML_HOME)");
  verb->callback(
      [&context, state] { run_verb(context, [&] { return stop_service(context, *state); }); });
}

} // namespace tinyml::cli
