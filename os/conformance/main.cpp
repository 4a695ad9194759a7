// SPDX-License-Identifier: Apache-2.0
#include "os/conformance/checks.hpp"
#include "os/program.hpp"
#include "os/stack.hpp"

namespace {

constinit tinyml::conformance::Report report;

} // namespace

extern "C" int tinyml_program() {
  using namespace tinyml;
  using namespace tinyml::conformance;
  report.figure("start to program, ns", hal::monotonic_ns());
  check_machine(report);
  check_console(report);
  check_toolchain(report);
  check_store(report);
  const bool has_peer = check_network(report);
  check_clock(report);
  report.figure("stack reserved, bytes", stack::reserved_bytes());
  report.figure("stack used, bytes", stack::high_water_bytes());
  report.figure("passed", report.passed());
  report.figure("failed", report.failed());
  if (has_peer) {
    serve_network(report);
  }
  return report.failed() == 0 ? 0 : 1;
}
