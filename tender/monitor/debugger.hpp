// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "tender/monitor/gdb_packets.hpp"
#include "tender/monitor/guest_memory.hpp"
#include "tender/monitor/virtual_machine.hpp"

namespace tinyml::tender {

/// GDB's remote target for one guest: registers, memory, breakpoints, steps. Breakpoints are int3
/// in the guest's ROM and a step is the trap flag; both come back as faults of a guest without
/// descriptor tables, so that it does not matter what debugging KVM can do here.
class Debugger {
public:
  /// Waits on 127.0.0.1 until GDB has connected. Data on the connection raises SIGIO.
  [[nodiscard]] static Expected<Debugger> wait_for(std::uint16_t port);

  /// The guest starts, for the first time or again. `memory` is all writable.
  void on_start(VirtualMachine &machine, const GuestMemory &memory);
  /// True when the fault was a breakpoint or a step and GDB has had its say.
  [[nodiscard]] bool on_fault(VirtualMachine &machine);
  /// The user may have asked to stop the guest.
  void on_interrupt(VirtualMachine &machine);
  [[nodiscard]] bool wants_to_end() const { return wants_to_end_; }

private:
  static constexpr std::size_t kMostBreakpoints = 32;
  static constexpr std::size_t kMostMemory = 768;   ///< of one answer
  static constexpr std::uint8_t kBreakpoint = 0xCC; // int3
  struct Breakpoint {
    std::uint32_t address = 0; ///< 0: a free place
    std::uint8_t instruction = 0;
  };

  /// Tells GDB why the guest stands and does what it says until the guest shall go on.
  void stop(VirtualMachine &machine, const char *signal);
  [[nodiscard]] bool end_step(VirtualMachine &machine, const kvm::FaultRegisters &fault);
  void take(VirtualMachine &machine, char byte);
  void leave();
  void obey(VirtualMachine &machine, std::string_view command);
  void obey_registers(VirtualMachine &machine, std::string_view command);
  void obey_memory(std::string_view command);
  void obey_breakpoint(std::string_view command);
  void go_on(VirtualMachine &machine, bool one_step);
  static void set_trap_flag(VirtualMachine &machine, bool on);

  void insert(Breakpoint &breakpoint);
  void remove(const Breakpoint &breakpoint);
  [[nodiscard]] Breakpoint *find(std::uint64_t address);
  [[nodiscard]] bool interrupted();
  void send(std::string_view text);
  void answer(std::string_view text);

  FileDescriptor connection_;
  GdbPacketReader reader_;
  std::optional<GuestMemory> memory_;
  Breakpoint breakpoints_[kMostBreakpoints];
  Breakpoint passing_;    ///< taken out while the guest steps over it
  bool started_ = false;  ///< GDB has seen the guest's first instruction
  bool runs_ = false;     ///< GDB waits to be told of a stop
  bool stepping_ = false; ///< GDB wants to know of the next instruction
  const char *last_signal_ = "";
  bool wants_to_end_ = false;
};

} // namespace tinyml::tender
