// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "host/process.hpp"
#include "tender/machine/command_line.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace tinyml::tender {

/// How a machine ended.
struct MachineExit {
  int code = -1;  ///< -1 when a signal ended it
  int signal = 0; ///< 0 when it ended by itself

  /// "ended with code 3", "was killed by signal 9 (Killed)".
  [[nodiscard]] std::string describe() const;
};

/// Receives what the machine writes to its console, as it comes, on the thread that looks after all
/// machines: it should be quick and must not start or wait for one. The emulator's own messages
/// come the same way.
using ConsoleSink = std::function<void(std::string_view)>;

struct KeptProcess;
/// What to start in the place of a process that ended, if anything; its error is told on the
/// console.
using NextCommand =
    std::function<std::optional<Expected<std::vector<std::string>>>(const MachineExit &how)>;

/// A running virtual device. It has a process group of its own, which is killed when this object
/// goes, and by the kernel when this program dies in whatever way. All functions may be called from
/// any thread.
///
///   auto machine = Machine::start({.board = "mps2-an385", .program = kit / "boot.elf",
///                                  .store = "device.store", .switch_port = the_switch.port()});
class Machine {
public:
  /// The newest bytes of the console that console() keeps unless told otherwise.
  static constexpr std::size_t kConsoleBytes = 1 << 20;

  [[nodiscard]] static Expected<std::unique_ptr<Machine>>
  start(const MachineConfig &config, ConsoleSink sink = {},
        std::size_t console_bytes = kConsoleBytes);
  /// As start(), for any command (no shell: arguments reach the program as they are).
  /// `programmed`: whose flash is written and which is started again when it asks for that.
  [[nodiscard]] static Expected<std::unique_ptr<Machine>>
  start_command(std::vector<std::string> argv, ConsoleSink sink = {},
                std::optional<MachineConfig> programmed = std::nullopt,
                std::size_t console_bytes = kConsoleBytes);
  ~Machine(); ///< kills what still runs

  Machine(const Machine &) = delete;
  Machine &operator=(const Machine &) = delete;

  /// Of the process that runs now: a machine whose flash is written from outside goes on in another
  /// one afterwards, and has none (-1) meanwhile.
  [[nodiscard]] int pid() const;
  [[nodiscard]] bool running() const;

  /// Waits until it ends, at most that long.
  std::optional<MachineExit> wait(std::chrono::milliseconds limit);
  /// Asks it to end (SIGTERM) and kills it when it does not within `grace`.
  MachineExit stop(std::chrono::milliseconds grace = std::chrono::seconds(2));
  /// Ends it at once, as a power cut would: what it wrote to its store stays, the rest is gone.
  MachineExit kill();

  [[nodiscard]] std::string console() const;
  /// Waits until `text` has been on the console since the start. False when time is up or the
  /// machine ended without it.
  bool wait_for_console(std::string_view text, std::chrono::milliseconds limit);
  /// Waits until a line with `text` in it has been written to its end, and gives what follows
  /// `text` in it. Nothing when time is up or the machine ended without it.
  std::optional<std::string> wait_for_line(std::string_view text, std::chrono::milliseconds limit);

private:
  explicit Machine(std::shared_ptr<KeptProcess> process);
  std::shared_ptr<KeptProcess> process_;
};

/// What a bare program left behind.
struct ExecOutcome {
  int exit_code = 0; ///< what it gave to hal::exit
  std::string console;
};

/// Runs a bare program (no bootloader, no network) to its end. Input and output pass through the
/// store file. A program that ends otherwise than by hal::exit, or not within `limit`, is an
/// error whose message holds the end of its console.
[[nodiscard]] Expected<ExecOutcome>
run_exec(const MachineConfig &config, std::chrono::milliseconds limit, std::stop_token stop = {});

} // namespace tinyml::tender
