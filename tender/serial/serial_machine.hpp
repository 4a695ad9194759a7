// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tender/serial/emulator.hpp"
#include "tender/serial/flash_keeper.hpp"
#include "tender/serial/slip_bridge.hpp"

#include <memory>
#include <optional>

namespace tinyml::tender {

struct SerialMachineConfig {
  std::vector<std::string> emulator; ///< the command without line and monitor
  KeptFlash flash;
  std::optional<std::uint16_t> switch_port; ///< as in MachineConfig
};

/// Runs such a machine until it ends, on this process's console. A power cut (SIGKILL) takes its
/// flash back to a moment shortly before, see FlashKeeper.
class SerialMachine {
public:
  [[nodiscard]] static Expected<std::unique_ptr<SerialMachine>> start(SerialMachineConfig config);
  /// Returns the exit code: the program's, or the emulator's when that ended by itself. SIGTERM and
  /// SIGINT end the machine.
  [[nodiscard]] Expected<int> run();

private:
  SerialMachine(SerialMachineConfig config, Emulator emulator);
  [[nodiscard]] BridgeSinks sinks();
  [[nodiscard]] Expected<void> power_on();
  void join_network();
  void send_to_line();
  void receive_from_line();
  void receive_from_network();
  [[nodiscard]] int patience_ms() const;
  [[nodiscard]] static std::uint64_t now_ns();

  SerialMachineConfig config_;
  Emulator emulator_;
  FileDescriptor network_;
  FileDescriptor signals_;
  SlipBridge bridge_;
  std::string to_line_; ///< what the line has not taken yet
  std::optional<int> exit_code_;
  std::unique_ptr<FlashKeeper> keeper_;
};

} // namespace tinyml::tender
