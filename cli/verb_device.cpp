// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/crash_text.hpp"
#include "cli/debugger.hpp"
#include "cli/factory.hpp"
#include "cli/state_folder.hpp"
#include "compiler/link/kit.hpp"
#include "host/files.hpp"
#include "tender/machine/machine.hpp"
#include "tender/switch/ethernet_switch.hpp"

#include <CLI/Validators.hpp>
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
  std::optional<std::uint16_t> gdb_port;
};

std::atomic<bool> stop_requested = false;
extern "C" void request_stop(int /*signal*/) { stop_requested = true; }

/// What to type in another terminal. Without the program's symbols the bootloader's have to do.
Expected<void> tell_debugger(const Context &context, const tender::MachineConfig &config) {
  const auto program = fetch_program(
      context.service_url,
      {.board = config.board, .store = config.store, .folder = config.store.parent_path()});
  if (!program) {
    std::cout << "no symbols of the device's image: " << program.error().message << '\n';
  }
  const auto command = tender::debugger_command(config, program ? *program : config.program,
                                                sources_of(config.program.parent_path()));
  if (!command) {
    return Failure{command.error()};
  }
  std::cout << "the device waits for a debugger; in another terminal:\n  " << *command << '\n'
            << std::flush;
  return {};
}

Expected<void> run_until_stopped(const Context &context, const DeviceFlags &flags,
                                 const link::Kit &kit, const std::filesystem::path &store) {
  const auto network = tender::SwitchThread::start({});
  if (!network.ok()) {
    return Failure{network.error()};
  }
  const tender::MachineConfig config = {.board = flags.board,
                                        .program = kit.folder / "boot.elf",
                                        .store = store,
                                        .switch_port = (*network)->port(),
                                        .gdb_port = flags.gdb_port};
  if (!tender::is_on_host_network(flags.board)) {
    std::cout << fmt::format("its network is a switch at UDP port {0}; once it has an address: "
                             "tinyml ping ADDRESS --switch {0}\n",
                             *config.switch_port)
              << std::flush;
  }
  if (config.gdb_port) {
    if (const auto told = tell_debugger(context, config); !told.ok()) {
      return told;
    }
  }
  CrashWatch crashes(context.service_url);
  const auto machine = tender::Machine::start(config, [&crashes](std::string_view text) {
    std::cout << text << crashes.take(text) << std::flush;
  });
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

Expected<void> check_debugger(const DeviceFlags &flags) {
  if (!flags.gdb_port) {
    return {};
  }
  auto able = tender::check_debugger(flags.board);
  return able ? check_gdb_port(*flags.gdb_port) : able;
}

Expected<void> run_device(const Context &context, DeviceFlags flags) {
  const auto kits = context.kits_folder();
  const auto kit =
      kits.ok() ? link::find_kit(*kits, flags.board) : Expected<link::Kit>(Failure{kits.error()});
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  if (const auto able = check_debugger(flags); !able) {
    return able;
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
  return run_until_stopped(context, flags, *kit, store);
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
  verb->add_option("--gdb", flags->gdb_port,
                   "Wait for a debugger at this TCP port, and say how to start it")
      ->check(CLI::Range(1, 65535));
  verb->add_flag("--fresh", flags->fresh, "Forget its flash: a device new from the factory");
  verb->callback(
      [&context, flags] { run_verb(context, [&] { return run_device(context, *flags); }); });
}

} // namespace tinyml::cli
