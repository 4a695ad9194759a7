// SPDX-License-Identifier: Apache-2.0
// A fault is our own mistake. It is kept for the next start and told on the console (os/crash.hpp),
// and left to the board to end.
#include "os/cpu/xtensa/fault.hpp"

#include "os/cpu/xtensa/registers.hpp"
#include "os/cpu/xtensa/start.hpp"
#include "os/crash.hpp"

namespace {

using namespace tinyml::xtensa;

constexpr std::uint32_t kDebugVector = 0x10;
constexpr std::uint32_t kDoubleVector = 0x70;

std::uint32_t faulting_pc(std::uint32_t vector) {
  switch (vector) {
  case kDebugVector:
    return read<Special::kDebugPc>();
  case kDoubleVector:
    return read<Special::kDoublePc>();
  default:
    return read<Special::kPc>();
  }
}

} // namespace

/// The one data breakpoint is the stack's guard. It does not tell which of its bytes was met.
extern "C" [[noreturn]] void tinyml_fault_report() {
  constexpr std::uint32_t kDataBreak = 1U << 2;
  tinyml_board_fault_begins();
  const FaultFrame &frame = tinyml_fault_frame;
  const bool debug = frame.vector == kDebugVector;
  const bool guard = debug && (read<Special::kDebugCause>() & kDataBreak) != 0;
  tinyml::crash::Record &record = tinyml::crash::begin();
  record.raw_cause = debug ? kCauseDebug : read<Special::kCause>();
  record.fault_address = guard ? read<Special::kBreakAddress>() : read<Special::kAddress>();
  record.pc = faulting_pc(frame.vector);
  record.sp = frame.a[1];
  record.return_address = frame.a[0];
  std::memcpy(record.registers, frame.a + 2, sizeof(record.registers));
  tinyml::crash::finish<tinyml::diagnostics::Architecture::kXtensa>(record);
  tinyml_board_fault();
}
