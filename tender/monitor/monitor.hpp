// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tender/monitor/debugger.hpp"
#include "tender/monitor/frame_link.hpp"
#include "tender/monitor/guest_layout.hpp"
#include "tender/monitor/hypercalls.hpp"
#include "tender/monitor/monitor_exit.hpp"
#include "tender/monitor/options.hpp"
#include "tender/monitor/program_file.hpp"
#include "tender/monitor/statistics.hpp"
#include "tender/monitor/store_file.hpp"
#include "tender/monitor/virtual_machine.hpp"

namespace tinyml::tender {

/// A board kvm-x86_64 from power-on to its end: boots, serves, boots again.
class Monitor : private Devices {
public:
  /// `start_ns`: when the monitor began, by clock_ns().
  Monitor(const MonitorOptions &options, VirtualMachine machine, StoreFile store, FrameLink link,
          std::optional<ProgramFile> program, std::optional<Debugger> debugger,
          std::uint64_t start_ns);

  /// Returns the exit code.
  [[nodiscard]] int live();
  [[nodiscard]] VirtualMachine &machine() { return machine_; }

  /// Called by boot::Bootloader's platform: the content of the ROM by pieces.
  [[nodiscard]] ByteSpan make_room(std::uint32_t program_bytes);

  static std::uint64_t clock_ns();

private:
  void choose_mac();
  [[nodiscard]] bool load();
  [[nodiscard]] bool load_program_alone();
  [[nodiscard]] bool load_from_store();
  void fill_machine_page(std::uint8_t reset_reason);
  [[nodiscard]] Outcome run_once(std::uint8_t reset_reason);
  [[nodiscard]] bool handle_fault(bool reported_before);
  void tell_fault(const kvm::FaultRegisters &registers);
  void pause_after_fault();
  [[nodiscard]] bool sleep_until(std::uint64_t wake_ns, bool wake_by_frames);
  [[nodiscard]] kvm::Shared &shared() const;

  void console(std::string_view text) override;
  Received receive(std::span<kvm::FrameSlot> slots) override;
  void send(std::span<const ByteView> frames) override;
  bool wait_until(std::uint64_t deadline_ns) override;
  std::uint64_t now_ns() override;
  std::uint64_t wall_zero_ns() override;
  hal::Status store_read(std::uint32_t offset, ByteSpan to) override;
  hal::Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) override;
  hal::Status store_write(std::uint32_t offset, ByteView from) override;
  hal::Status entropy(ByteSpan to) override;
  std::uint32_t verify_slot(std::uint32_t slot) override;

  MonitorOptions options_;
  VirtualMachine machine_;
  StoreFile store_;
  FrameLink link_;
  std::optional<ProgramFile> program_;
  std::optional<Debugger> debugger_;
  Statistics statistics_;
  GuestLayout layout_;
  std::uint32_t entry_ = 0;
  std::uint8_t mac_[6] = {};
  std::uint64_t start_ns_;
  std::uint64_t zero_ns_ = 0; ///< clock_ns() at the guest's start
  std::uint32_t faults_in_a_row_ = 0;
};

/// Set by the signals that end a guest.
void install_signals(Monitor &monitor, std::uint32_t max_seconds);
[[nodiscard]] bool time_is_up();

} // namespace tinyml::tender
