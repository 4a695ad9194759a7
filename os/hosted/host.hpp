// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boot/services.hpp"
#include "os/hal.hpp"
#include "os/retained.hpp"

/// What lies between a program that was installed over the air and the firmware that hosts it: the
/// program calls the functions of Host, the firmware calls those of Program. Plain C calls.
namespace tinyml::hosted {

inline constexpr std::uint32_t kHostVersion = 1;

/// What the firmware lends to the program; constant while it runs.
struct Host {
  std::uint32_t version; ///< kHostVersion
  std::uint8_t reset_reason;
  const char *board;
  hal::StoreInfo store;
  Retained *retained;
  const boot::ServiceTable *services;

  void (*console_write)(const char *text, std::size_t size);
  std::uint64_t (*monotonic_ns)();
  std::uint64_t (*wall_clock_ns)();
  bool (*wait_for_datagram)(std::uint32_t milliseconds); ///< may return early; true: one waits
  hal::Status (*send)(const hal::DatagramHeader *to, const std::uint8_t *payload, std::size_t size);
  /// Its size, of which `room` bytes at most were copied; kNoDatagram when none waits.
  std::size_t (*receive)(hal::DatagramHeader *from, std::uint8_t *to, std::size_t room);
  hal::Status (*store_read)(std::uint32_t offset, std::uint8_t *to, std::size_t size);
  hal::Status (*store_erase)(std::uint32_t offset, std::uint32_t size);
  hal::Status (*store_write)(std::uint32_t offset, const std::uint8_t *from, std::size_t size);
  hal::Status (*random)(std::uint8_t *to, std::size_t size);
  /// One of the model's outputs, after each inference.
  void (*result)(std::uint32_t index, const std::uint8_t *bytes, std::size_t size);
  /// Ends the program; its memory may be used for another one as soon as this is called.
  void (*leave)(std::uint32_t how, int code);
};

inline constexpr std::size_t kNoDatagram = static_cast<std::size_t>(-1);

/// Why a program left. The first three are reset reasons: it wants to be started again.
enum Leave : std::uint32_t { kRestart = 1, kFault = 3, kEnded = 16, kStopped = 17 };

/// The processor as a fault found it, in the form of diagnostics::CrashRecord.
struct Fault {
  std::uint32_t raw_cause;
  std::uintptr_t address, pc, sp, return_address;
  std::uintptr_t registers[diagnostics::kCrashRegisters];
};

/// A program's first bytes.
struct Program {
  void (*start)(const Host *host);
  /// Leaves a crash record and then by Host::leave. Needs about 512 bytes of stack.
  void (*fault)(const Fault *fault);
};

} // namespace tinyml::hosted
