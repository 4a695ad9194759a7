// SPDX-License-Identifier: Apache-2.0
// Programs that want out, on the monitor itself: each ends as its own fault, and nothing else does.
#include "host/child.hpp"
#include "host/files.hpp"
#include "host/process.hpp"
#include "tender/machine/command_line.hpp"
#include "tender/monitor/monitor_exit.hpp"
#include "tender/monitor/test_program.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <thread>

namespace tinyml::tender {
namespace {

using Code = std::vector<std::uint8_t>;
using testing::HasSubstr;

struct Hostile {
  const char *what;
  Code code;
};

/// Machine code by hand; "ring" is mov [kDoorbell], eax.
const Code kRing = {0x89, 0x04, 0x25, 0x00, 0x00, 0x10, 0x20};

Code joined(Code first, const Code &second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// Writes where faults are to be handled, and then faults.
Code handled_at(std::uint32_t address) {
  constexpr std::uint32_t kEntryAt = kvm::kSharedBase + offsetof(kvm::Machine, fault_entry);
  Code code = {0xC7, 0x04, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0x0F, 0x0B};
  store_le(code.data() + 3, kEntryAt);
  store_le(code.data() + 7, address);
  return code;
}

const Hostile kHostile[] = {
    {"writes_its_code", {0xC6, 0x04, 0x25, 0x00, 0x00, 0x40, 0x00, 0x90}},
    {"runs_its_data", {0xB8, 0x00, 0x00, 0x00, 0x10, 0xFF, 0xE0}},
    {"runs_the_machine_page", {0xB8, 0x00, 0x00, 0x00, 0x20, 0xFF, 0xE0}},
    {"reads_the_page_tables", {0x8B, 0x04, 0x25, 0x00, 0x00, 0x00, 0x00}},
    {"reads_below_the_stack", {0x8B, 0x04, 0x25, 0xF0, 0xFF, 0xFF, 0x0F}},
    {"reads_high_memory", {0x48, 0x31, 0xC0, 0x48, 0xFF, 0xC8, 0x8B, 0x00}},
    {"calls_the_kernel", {0x0F, 0x05}},
    {"calls_the_kernel_as_of_old", {0xCD, 0x80}},
    {"enters_the_kernel", {0x0F, 0x34}},
    {"halts", {0xF4}},
    {"disables_interrupts", {0xFA, 0xF4}},
    {"writes_a_port", {0xBA, 0xF8, 0x03, 0x00, 0x00, 0xEE}},
    {"reads_control_registers", {0x0F, 0x20, 0xD8}},
    {"writes_a_model_specific_register", {0x0F, 0x30}},
    {"asks_for_hypercalls", {0x0F, 0x01, 0xC1, 0xF4}},
    {"reads_the_doorbell", {0x8B, 0x04, 0x25, 0x00, 0x00, 0x10, 0x20, 0xF4}},
    {"rings_with_a_byte", {0x88, 0x04, 0x25, 0x00, 0x00, 0x10, 0x20}},
    {"rings_beside_the_doorbell", {0x89, 0x04, 0x25, 0x08, 0x00, 0x10, 0x20}},
    {"rings_with_no_address", joined({0x31, 0xC0}, kRing)},
    {"rings_with_its_code", joined({0xB8, 0x00, 0x00, 0x40, 0x00}, kRing)},
    {"rings_with_the_last_address", joined({0xB8, 0xFC, 0xFF, 0xFF, 0xFF}, kRing)},
    {"divides_by_zero", {0x31, 0xC9, 0xF7, 0xF1}},
    {"takes_a_breakpoint", {0xCC}},
    {"does_nothing_sensible", {0x0F, 0x0B}},
    {"names_a_foreign_fault_handler", handled_at(0xFFFF'FFFF)},
    {"names_its_data_as_fault_handler", handled_at(kvm::kRamBase)},
    {"faults_in_its_fault_handler", handled_at(kvm::kRomBase)},
};

class HostileGuest : public testing::TestWithParam<Hostile> {
protected:
  void SetUp() override {
    if (const std::string missing = missing_hardware("kvm-x86_64"); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
  }

  std::vector<std::string> command(const Code &code, std::vector<std::string> more = {}) {
    const auto program = folder.path() / "program.elf";
    EXPECT_TRUE(host::write_file(program, test_program(code)).ok());
    std::vector<std::string> argv = {TINYML_MONITOR, "--kernel", program.string(), "--memory",
                                     "512K"};
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  }
  host::Outcome run(const Code &code, const std::vector<std::string> &more = {}) {
    host::Command wanted;
    wanted.argv = command(code, more);
    wanted.timeout = std::chrono::seconds(20);
    const auto outcome = host::run(wanted);
    EXPECT_TRUE(outcome.ok());
    return outcome.ok() ? *outcome : host::Outcome{};
  }

  host::TemporaryFolder folder = *host::TemporaryFolder::create("hostile");
};

TEST_P(HostileGuest, EndsAsItsOwnFault) {
  const host::Outcome outcome = run(GetParam().code);
  EXPECT_EQ(outcome.exit_code, kGuestFault) << outcome.describe() << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("kvm board: fault"));
}

INSTANTIATE_TEST_SUITE_P(Program, HostileGuest, testing::ValuesIn(kHostile),
                         [](const auto &hostile) { return std::string(hostile.param.what); });

class LimitedGuest : public HostileGuest {};
const Hostile kLoops[] = {{"forever", {0xEB, 0xFE}}};
INSTANTIATE_TEST_SUITE_P(Loops, LimitedGuest, testing::ValuesIn(kLoops),
                         [](const auto &hostile) { return std::string(hostile.param.what); });

TEST_P(LimitedGuest, EndsWithItsTime) {
  for (const char *limit : {"--max-cpu-seconds", "--max-seconds"}) {
    const host::Outcome outcome = run(GetParam().code, {limit, "1"});
    EXPECT_EQ(outcome.exit_code, kTimeIsUp) << outcome.describe();
    EXPECT_THAT(outcome.output, HasSubstr("is up"));
  }
}

TEST_P(LimitedGuest, RunsInAMonitorThatCanDoNothingElse) {
  const auto child = host::Child::start({.argv = command(GetParam().code), .output_file = {}});
  ASSERT_TRUE(child.ok());
  std::string status;
  for (int i = 0; i < 3000 && status.find("Seccomp:\t2") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::ifstream file("/proc/" + std::to_string(child->pid()) + "/status");
    status.assign(std::istreambuf_iterator<char>(file), {});
  }
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(status, HasSubstr("Seccomp:\t2"));
}

} // namespace
} // namespace tinyml::tender
