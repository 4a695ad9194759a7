// SPDX-License-Identifier: Apache-2.0
#include "os/conformance/checks.hpp"
#include "os/program.hpp"
#include "os/stack.hpp"

namespace tinyml::conformance {

namespace {

constexpr std::uint32_t kMarker = 0x5EED5EED;
volatile std::uint32_t initialised = kMarker;
volatile std::uint32_t zeroed;

void check_start(Report &report) {
  report.check("initialised statics have their values", initialised == kMarker);
  report.check("other statics are zero", zeroed == 0);
  report.check("the board speaks this HAL", hal::boot_info().abi_version == hal::kAbiVersion);
  hal::console_write("board   ");
  hal::console_write(hal::boot_info().board);
  hal::console_write("\r\n");
  Report::figure("reset reason", hal::boot_info().reset_reason);
}

void check_entropy(Report &report) {
  std::uint8_t first[16] = {};
  std::uint8_t second[16] = {};
  const hal::Status status = hal::entropy(first);
  (void)hal::entropy(second);
  report.check("entropy never repeats", std::memcmp(first, second, sizeof(first)) != 0);
  Report::figure("entropy is the board's own", status == hal::Status::kOk ? 1 : 0);
}

} // namespace

} // namespace tinyml::conformance

extern "C" int tinyml_program() {
  using namespace tinyml;
  using namespace tinyml::conformance;
  Report::figure("start to program, ns", hal::monotonic_ns());
  Report report;
  check_start(report);
  check_entropy(report);
  check_toolchain(report);
  check_store(report);
  check_network(report);
  check_clock(report);
  Report::figure("stack reserved, bytes", stack::reserved_bytes());
  Report::figure("stack used, bytes", stack::high_water_bytes());
  Report::figure("passed", report.passed());
  Report::figure("failed", report.failed());
  return report.failed() == 0 ? 0 : 1;
}
