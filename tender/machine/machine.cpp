// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/machine.hpp"

#include "tender/machine/flash_programmer.hpp"
#include "tender/machine/keeper.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace tinyml::tender {
namespace {

template <typename Condition>
bool wait_until(KeptProcess &process, std::chrono::milliseconds limit, Condition &&condition) {
  std::unique_lock lock(process.mutex);
  return process.changed.wait_for(lock, limit, condition);
}

/// A machine that ended to have its flash written has that done and goes on.
NextCommand programming(const MachineConfig &config) {
  return [config](const MachineExit &how) -> std::optional<Expected<std::vector<std::string>>> {
    if (how.code != boot::kAskProgrammer) {
      return std::nullopt;
    }
    const FlashProgrammer programmer(config, *outside_flash(config.board));
    if (const auto done = programmer.program(); !done) {
      return Failure{done.error()};
    }
    return machine_command(config);
  };
}

} // namespace

std::string MachineExit::describe() const {
  if (signal != 0) {
    return "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  }
  return "ended with code " + std::to_string(code);
}

Expected<std::unique_ptr<Machine>> Machine::start(const MachineConfig &config, ConsoleSink sink,
                                                  std::size_t console_bytes) {
  auto argv = machine_command(config);
  if (!argv) {
    return Failure{argv.error()};
  }
  return start_command(std::move(*argv), std::move(sink),
                       outside_flash(config.board) ? std::optional(config) : std::nullopt,
                       console_bytes);
}

Expected<std::unique_ptr<Machine>> Machine::start_command(std::vector<std::string> argv,
                                                          ConsoleSink sink,
                                                          std::optional<MachineConfig> programmed,
                                                          std::size_t console_bytes) {
  if (argv.empty()) {
    return fail(ErrorCode::kInternal, "a machine without a program");
  }
  auto process = std::make_shared<KeptProcess>();
  process->argv = std::move(argv);
  process->sink = std::move(sink);
  process->console_bytes = console_bytes;
  process->next = programmed ? programming(*programmed) : NextCommand();
  if (const int error = Keeper::instance().start(process); error != 0) {
    return fail(error == ENOENT || error == EACCES ? ErrorCode::kUnavailable
                                                   : ErrorCode::kResourceFull,
                "cannot start '" + process->argv[0] + "': " + std::strerror(error));
  }
  return std::unique_ptr<Machine>(new Machine(std::move(process)));
}

Machine::Machine(std::shared_ptr<KeptProcess> process) : process_(std::move(process)) {}

Machine::~Machine() { kill(); }

int Machine::pid() const {
  const std::lock_guard lock(process_->mutex);
  return process_->pid;
}

bool Machine::running() const {
  const std::lock_guard lock(process_->mutex);
  return !process_->exit;
}

std::optional<MachineExit> Machine::wait(std::chrono::milliseconds limit) {
  wait_until(*process_, limit, [this] { return process_->exit.has_value(); });
  const std::lock_guard lock(process_->mutex);
  return process_->exit;
}

MachineExit Machine::stop(std::chrono::milliseconds grace) {
  process_->signal(SIGTERM);
  const auto ended = wait(grace);
  return ended ? *ended : kill();
}

MachineExit Machine::kill() {
  process_->signal(SIGKILL);
  std::unique_lock lock(process_->mutex);
  process_->changed.wait(lock, [this] { return process_->exit.has_value(); });
  return *process_->exit;
}

std::string Machine::console() const {
  const std::lock_guard lock(process_->mutex);
  const std::string &all = process_->console;
  return all.substr(all.size() - std::min(all.size(), process_->console_bytes));
}

bool Machine::wait_for_console(std::string_view text, std::chrono::milliseconds limit) {
  bool seen = false;
  wait_until(*process_, limit, [&] {
    seen = process_->console.find(text) != std::string::npos;
    return seen || process_->exit.has_value();
  });
  return seen;
}

std::optional<std::string> Machine::wait_for_line(std::string_view text,
                                                  std::chrono::milliseconds limit) {
  std::optional<std::string> rest;
  wait_until(*process_, limit, [&] {
    const std::string &console = process_->console;
    const std::size_t found = console.find(text);
    const std::size_t end =
        found == std::string::npos ? found : console.find_first_of("\r\n", found + text.size());
    if (end != std::string::npos) {
      rest = console.substr(found + text.size(), end - found - text.size());
    }
    return rest || process_->exit.has_value();
  });
  return rest;
}

} // namespace tinyml::tender
