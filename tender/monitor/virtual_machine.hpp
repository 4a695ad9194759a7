// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "os/boards/kvm-x86_64/hypercall.hpp"
#include "tender/monitor/processor_features.hpp"
#include "tender/switch/file_descriptor.hpp"

#include <linux/kvm.h>

namespace tinyml::tender {

/// Memory from the host that the kernel fills when it is touched.
class HostPages {
public:
  HostPages() = default;
  HostPages(void *start, std::size_t size_bytes)
      : bytes_(static_cast<std::uint8_t *>(start), size_bytes) {}
  HostPages(HostPages &&other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  HostPages &operator=(HostPages &&other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~HostPages();

  [[nodiscard]] ByteSpan bytes() const { return bytes_; }

private:
  ByteSpan bytes_;
};

/// Why the guest stands still.
enum class Stop : std::uint8_t {
  kDoorbell,  ///< it asks for something
  kFault,     ///< it did what it may not; nothing in the guest handles that
  kInterrupt, ///< a signal came
  kBroken,    ///< KVM cannot go on
};

/// One virtual processor and its memory, on the KVM API. The guest runs at ring 3 in 64-bit mode
/// on page tables whose root is at guest-physical 0, without descriptor tables: every exception
/// ends in the monitor, with the registers as they were.
class VirtualMachine {
public:
  [[nodiscard]] static Expected<VirtualMachine> create(std::uint32_t memory_bytes);

  [[nodiscard]] ByteSpan memory() const { return memory_.bytes(); }
  [[nodiscard]] std::uint32_t counter_khz() const { return counter_khz_; }

  /// The processor as after power-on, about to execute `entry`.
  [[nodiscard]] bool start(std::uint32_t entry);
  /// Goes on elsewhere after a fault.
  [[nodiscard]] bool enter(std::uint32_t entry, std::uint32_t stack_top);
  [[nodiscard]] Stop run();
  [[nodiscard]] std::uint32_t doorbell() const { return doorbell_; }
  [[nodiscard]] kvm::FaultRegisters fault_registers();
  /// Forgets all of the memory's content; the host has it back.
  void discard_memory();

  [[nodiscard]] bool get(kvm_regs &registers) const;
  [[nodiscard]] bool set(const kvm_regs &registers) const;

  /// From a signal's handler: makes the current or the next run() return kInterrupt.
  void interrupt() { run_->immediate_exit = 1; }

private:
  [[nodiscard]] Expected<void> open_device();
  [[nodiscard]] Expected<void> add_memory(std::uint32_t bytes);
  [[nodiscard]] Expected<void> add_processor();
  [[nodiscard]] Expected<void> offer_units();
  [[nodiscard]] bool set_units() const;
  [[nodiscard]] bool set_states() const;

  FileDescriptor device_;
  FileDescriptor machine_;
  FileDescriptor processor_;
  HostPages memory_;
  HostPages run_pages_;
  kvm_run *run_ = nullptr;
  std::uint32_t doorbell_ = 0;
  std::uint32_t counter_khz_ = 0;
  VectorUnits units_ = VectorUnits::kNone;
};

} // namespace tinyml::tender
