// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/crash.hpp"
#include "os/hosted/host.hpp"

/// The program's side of host.hpp.
namespace tinyml::hosted {

extern const Host *the_host;
extern std::uint64_t start_ns; ///< when this program started, on the host's clock

/// The program's first act on its own stack, when its statics have their values.
[[noreturn]] void run(const Host *host);

[[noreturn]] void leave(Leave how, int code);

/// Completes the record of a crash and leaves.
template <diagnostics::Architecture kArchitecture>
[[noreturn]] void take_fault(const Fault &fault) {
  crash::Record &record = crash::begin();
  record.raw_cause = fault.raw_cause;
  record.fault_address = fault.address;
  record.pc = fault.pc;
  record.sp = fault.sp;
  record.return_address = fault.return_address;
  std::memcpy(record.registers, fault.registers, sizeof(record.registers));
  crash::finish<kArchitecture>(record);
  leave(kFault, 0);
}

} // namespace tinyml::hosted
