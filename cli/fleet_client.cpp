// SPDX-License-Identifier: Apache-2.0
#include "cli/fleet_client.hpp"

#include "cli/state_folder.hpp"
#include "cli/terminal.hpp"
#include "host/child.hpp"
#include "host/files.hpp"
#include "tender/fleet/control_socket.hpp"

#include <csignal>
#include <fmt/format.h>
#include <thread>

namespace tinyml::cli {

using nlohmann::json;
using tender::ask_control;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

std::string log_end(const std::filesystem::path &folder) {
  constexpr std::size_t kShown = 2000;
  const auto log = host::read_text(folder / "fleet.log");
  return !log.ok() ? std::string() : log->substr(log->size() > kShown ? log->size() - kShown : 0);
}

/// Waits for the fleet's process to answer; an early end is told with what it said.
Expected<void> wait_for_process(const std::filesystem::path &folder, host::Child &process) {
  const auto deadline = Clock::now() + std::chrono::seconds(15);
  while (Clock::now() < deadline) {
    if (ask_control(folder, {{"do", "status"}}).ok()) {
      return {};
    }
    if (process.ended()) {
      return fail(ErrorCode::kUnavailable, "the fleet's process ended: " + log_end(folder));
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
  return fail(ErrorCode::kUnavailable,
              "the fleet's process does not answer; see '" + (folder / "fleet.log").string() + "'");
}

/// The devices that are not at the service, for a message.
std::string missing_devices(const json &status) {
  constexpr std::size_t kShown = 5;
  std::string text;
  std::size_t missing = 0;
  for (const json &device : status.at("devices")) {
    if (device.at("state") != "registered" && ++missing <= kShown) {
      text += fmt::format("\n  {} is {}: {}", device.at("endpoint").get<std::string>(),
                          device.at("state").get<std::string>(),
                          device.at("last_line").get<std::string>());
    }
  }
  return missing > kShown ? text + fmt::format("\n  and {} more", missing - kShown) : text;
}

} // namespace

std::size_t count_of(const json &status, const char *state) {
  return status.at("states").value(state, std::size_t{0});
}

Expected<bool> ensure_process(const Context &context, const std::filesystem::path &folder) {
  if (FolderLock::holder(folder)) {
    return false;
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::filesystem::remove(folder / "fleet.log", error);
  std::vector<std::string> argv = {std::filesystem::canonical("/proc/self/exe", error).string(),
                                   "--service",
                                   context.service_url,
                                   "fleet",
                                   "serve",
                                   "--state",
                                   std::filesystem::absolute(folder).string()};
  if (!context.kits.empty()) {
    argv.insert(argv.begin() + 1, {"--kits", std::filesystem::absolute(context.kits).string()});
  }
  auto process =
      host::Child::start({.argv = argv, .output_file = folder / "fleet.log", .outlives_us = true});
  if (!process.ok()) {
    return Failure{process.error()};
  }
  if (const auto ready = wait_for_process(folder, *process); !ready.ok()) {
    return Failure{ready.error()};
  }
  process->release();
  return true;
}

void end_process(const std::filesystem::path &folder, pid_t owner) {
  // The signal also reaches a process whose socket is gone.
  if (!ask_control(folder, {{"do", "stop"}}, std::chrono::seconds(5)).ok()) {
    ::kill(owner, SIGTERM);
  }
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  while (FolderLock::holder(folder)) {
    if (Clock::now() > deadline) {
      ::kill(owner, SIGKILL);
    }
    std::this_thread::sleep_for(milliseconds(10));
  }
}

Expected<json> wait_for_devices(const std::filesystem::path &folder, double limit_s) {
  const auto deadline = Clock::now() + std::chrono::duration<double>(limit_s);
  std::optional<ProgressBar> bar;
  for (;;) {
    auto status = ask_control(folder, {{"do", "status"}});
    if (!status.ok()) {
      return status;
    }
    const std::size_t all = status->at("devices").size();
    const std::size_t registered = count_of(*status, "registered");
    if (!bar) {
      bar.emplace("registered", all);
    }
    bar->update(registered, fmt::format("{} of {}", registered, all));
    if (registered == all || limit_s <= 0) {
      return status;
    }
    if (Clock::now() > deadline) {
      bar.reset();
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{} of {} devices have registered after {} s; the fleet goes on "
                              "trying.{}",
                              registered, all, limit_s, missing_devices(*status)));
    }
    std::this_thread::sleep_for(milliseconds(50));
  }
}

} // namespace tinyml::cli
