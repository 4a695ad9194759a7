// SPDX-License-Identifier: Apache-2.0
#include "cli/context.hpp"
#include "cli/factory.hpp"
#include "cli/state_folder.hpp"
#include "compiler/link/kit.hpp"
#include "host/files.hpp"
#include "tender/machine/machine.hpp"
#include "tender/switch/ethernet_switch.hpp"

#include <atomic>
#include <csignal>
#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

struct DeviceFlags {
  std::string board = "mps2-an385";
  std::string endpoint;
  std::string state;
  bool fresh = false;
};

std::atomic<bool> stop_requested = false;
extern "C" void request_stop(int /*signal*/) { stop_requested = true; }

Expected<void> run_until_stopped(const DeviceFlags &flags, const link::Kit &kit,
                                 const std::filesystem::path &store) {
  const auto network = tender::SwitchThread::start({});
  if (!network.ok()) {
    return Failure{network.error()};
  }
  const auto machine =
      tender::Machine::start({.board = flags.board,
                              .program = kit.folder / "boot.elf",
                              .store = store,
                              .switch_port = (*network)->port()},
                             [](std::string_view text) { std::cout << text << std::flush; });
  if (!machine.ok()) {
    return Failure{machine.error()};
  }
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  while (!stop_requested) {
    if (const auto ended = (*machine)->wait(std::chrono::milliseconds(100))) {
      return fail(ErrorCode::kUnavailable, "the virtual device " + ended->describe() +
                                               "; what it said last is on its console above");
    }
  }
  (*machine)->stop();
  return {};
}

Expected<void> run_device(const Context &context, DeviceFlags flags) {
  const auto kits = context.kits_folder();
  const auto kit =
      kits.ok() ? link::find_kit(*kits, flags.board) : Expected<link::Kit>(Failure{kits.error()});
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  flags.endpoint = flags.endpoint.empty() ? flags.board : flags.endpoint;
  const auto folder =
      flags.state.empty() ? device_folder(flags.endpoint) : std::filesystem::path(flags.state);
  const auto lock = FolderLock::take(folder, "the device '" + flags.endpoint + "'");
  if (!lock.ok()) {
    return Failure{lock.error()};
  }
  const auto store = folder / "store.bin";
  std::error_code error;
  if (flags.fresh || !std::filesystem::exists(store, error)) {
    auto factory = Factory::of(context.service_url);
    const auto made = factory.ok() ? factory->make(store, flags.board, flags.endpoint)
                                   : Expected<void>(Failure{factory.error()});
    if (!made.ok()) {
      return made;
    }
  }
  std::cout << fmt::format("device {} on board {}; its flash is {}; stop it with Ctrl-C\n",
                           flags.endpoint, flags.board, store.string())
            << std::flush;
  return run_until_stopped(flags, *kit, store);
}

} // namespace

void add_device(CLI::App &app, Context &context) {
  CLI::App *device = app.add_subcommand("device", "Run a virtual device");
  device->require_subcommand(1);
  CLI::App *verb = device->add_subcommand(
      "run", "Boot a virtual device and show its console until it is stopped");
  verb->footer("Examples:\n  tinyml device run --board mps2-an385 --endpoint mcu-1\n"
               "  tinyml device run --board linux --endpoint box-1\n"
               "A device keeps its flash between runs; --fresh makes it a new one.");
  auto flags = std::make_shared<DeviceFlags>();
  verb->add_option("--board", flags->board, "What machine it is")->capture_default_str();
  verb->add_option("--endpoint", flags->endpoint, "Its endpoint name (default: the board's name)");
  verb->add_option("--state", flags->state, "Folder for its flash (default: below $TINYML_HOME)");
  verb->add_flag("--fresh", flags->fresh, "Forget its flash: a device new from the factory");
  verb->callback(
      [&context, flags] { run_verb(context, [&] { return run_device(context, *flags); }); });
}

} // namespace tinyml::cli
