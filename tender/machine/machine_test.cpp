// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/machine.hpp"

#include "host/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tinyml::tender {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> shell(const std::string &script) { return {"/bin/sh", "-c", script}; }

/// A zombie that nobody has reaped yet counts as dead.
bool is_alive(int pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(stat, line);
  const auto state = line.rfind(") ");
  return state != std::string::npos && line[state + 2] != 'Z';
}

bool dies_within(int pid, std::chrono::milliseconds limit) {
  for (auto waited = 0ms; waited < limit && is_alive(pid); waited += 10ms) {
    std::this_thread::sleep_for(10ms);
  }
  return !is_alive(pid);
}

TEST(Machine, KeepsItsConsoleAndItsExitCode) {
  std::string passed_on;
  auto machine = Machine::start_command(shell("echo hello; echo trouble >&2; exit 7"),
                                        [&](std::string_view text) { passed_on += text; });
  ASSERT_TRUE(machine) << machine.error().message;
  const auto end = (*machine)->wait(10s);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, 7);
  EXPECT_EQ(end->describe(), "ended with code 7");
  EXPECT_EQ((*machine)->console(), "hello\ntrouble\n");
  EXPECT_EQ(passed_on, "hello\ntrouble\n");
  EXPECT_FALSE((*machine)->running());
}

TEST(Machine, WaitsForWordsOnTheConsole) {
  auto machine = Machine::start_command(shell("echo rea; sleep 0.1; echo ready now; sleep 60"));
  ASSERT_TRUE(machine);
  EXPECT_TRUE((*machine)->wait_for_console("ready now", 10s));
  EXPECT_FALSE((*machine)->wait_for_console("never said", 50ms));
  EXPECT_TRUE((*machine)->running());
  (*machine)->kill();
  EXPECT_FALSE((*machine)->wait_for_console("never said", 10s));
}

TEST(Machine, WaitsForALineToItsEnd) {
  auto machine = Machine::start_command(shell(
      "echo first; printf 'port 12'; sleep 0.2; printf '34\\r\\n'; printf 'half a li'; sleep 60"));
  ASSERT_TRUE(machine);
  EXPECT_EQ((*machine)->wait_for_line("port ", 10s), "1234");
  EXPECT_EQ((*machine)->wait_for_line("half ", 50ms), std::nullopt);
  (*machine)->kill();
  EXPECT_EQ((*machine)->wait_for_line("half ", 10s), std::nullopt);
}

TEST(Machine, KeepsOnlyTheNewestOfALongConsole) {
  auto machine =
      Machine::start_command(shell("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo the end"));
  ASSERT_TRUE(machine);
  ASSERT_TRUE((*machine)->wait(20s));
  EXPECT_EQ((*machine)->console().size(), Machine::kConsoleBytes);
  EXPECT_THAT((*machine)->console(), testing::EndsWith("the end\n"));
}

TEST(Machine, StopsPolitelyOrElseByForce) {
  auto polite =
      Machine::start_command(shell("trap 'exit 3' TERM; echo up; while :; do sleep 0.01; done"));
  ASSERT_TRUE(polite && (*polite)->wait_for_console("up", 10s));
  EXPECT_EQ((*polite)->stop(10s).code, 3);

  auto stubborn =
      Machine::start_command(shell("trap '' TERM; echo up; while :; do sleep 0.01; done"));
  ASSERT_TRUE(stubborn && (*stubborn)->wait_for_console("up", 10s));
  const MachineExit end = (*stubborn)->stop(100ms);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_THAT(end.describe(), HasSubstr("signal 9"));
}

TEST(Machine, TakesItsWholeGroupWithIt) {
  auto machine = Machine::start_command(shell("sleep 60 & echo $!; wait"));
  ASSERT_TRUE(machine && (*machine)->wait_for_console("\n", 10s));
  const int grandchild = std::stoi((*machine)->console());
  ASSERT_TRUE(is_alive(grandchild));
  machine->reset();
  EXPECT_TRUE(dies_within(grandchild, 30s));
}

TEST(Machine, EndsThoughAGrandchildHoldsItsConsole) {
  auto machine = Machine::start_command(shell("sleep 60 & exit 4"));
  ASSERT_TRUE(machine);
  const auto end = (*machine)->wait(10s);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->code, 4);
}

TEST(Machine, DiesWhenItsStarterIsKilled) {
  std::array<int, 2> report{};
  ASSERT_EQ(::pipe(report.data()), 0);
  const pid_t starter = ::fork();
  if (starter == 0) {
    auto machine = Machine::start_command({"sleep", "60"});
    const int pid = machine ? (*machine)->pid() : -1;
    (void)!::write(report[1], &pid, sizeof pid);
    ::pause();
  }
  int pid = -1;
  ASSERT_EQ(::read(report[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(is_alive(pid));
  ::kill(starter, SIGKILL);
  ::waitpid(starter, nullptr, 0);
  EXPECT_TRUE(dies_within(pid, 30s));
}

TEST(Machine, OutlivesTheThreadThatStartedIt) {
  std::unique_ptr<Machine> machine;
  std::thread([&] { machine = std::move(*Machine::start_command({"sleep", "60"})); }).join();
  EXPECT_FALSE(machine->wait(200ms));
  EXPECT_TRUE(machine->running());
}

TEST(Machine, SaysWhatCouldNotBeStarted) {
  const auto machine = Machine::start_command({"/nonexistent/emulator"});
  ASSERT_FALSE(machine);
  EXPECT_EQ(machine.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(machine.error().message, HasSubstr("/nonexistent/emulator"));
}

struct CommandLine : testing::Test {
  void SetUp() override {
    config.program = folder.path() / "boot.elf";
    config.store = folder.path() / "store";
    std::ofstream(config.program) << "an ELF";
    ASSERT_TRUE(create_store(config.board, config.store));
  }
  host::TemporaryFolder folder = std::move(*host::TemporaryFolder::create("machine-test"));
  MachineConfig config{.board = "mps2-an385", .switch_port = 4711};
};

TEST_F(CommandLine, OfAQemuBoardNamesStoreSwitchAndProgram) {
  const auto argv = machine_command(config);
  ASSERT_TRUE(argv) << argv.error().message;
  EXPECT_EQ(argv->front(), "qemu-system-arm");
  EXPECT_THAT(*argv, Contains(HasSubstr("mem-path=" + config.store.string())));
  EXPECT_THAT(*argv, Contains(HasSubstr("remote.port=4711")));
  EXPECT_THAT(*argv, Contains(config.program.string()));
  EXPECT_THAT(*argv, Not(Contains("-icount")));
}

TEST_F(CommandLine, MayLeaveTheCableUnpluggedAndCountInstructions) {
  config.switch_port.reset();
  config.exact_instruction_counts = true;
  const auto argv = machine_command(config);
  ASSERT_TRUE(argv);
  EXPECT_THAT(*argv, Not(Contains(HasSubstr("dgram"))));
  EXPECT_THAT(*argv, Contains("shift=0"));
}

TEST_F(CommandLine, QuotesCommasInPaths) {
  config.store = folder.path() / "a,b";
  ASSERT_TRUE(create_store(config.board, config.store));
  EXPECT_THAT(*machine_command(config), Contains(HasSubstr("a,,b")));
}

TEST_F(CommandLine, OfAHostedBoardIsItsProgram) {
  config.board = "linux";
  const auto argv = machine_command(config);
  ASSERT_TRUE(argv);
  EXPECT_THAT(*argv, ElementsAre(config.program.string(), "--store", config.store.string()));
}

TEST_F(CommandLine, SaysWhatIsWrong) {
  MachineConfig unknown = config, no_program = config, no_store = config, short_store = config;
  unknown.board = "abacus";
  no_program.program = folder.path() / "missing.elf";
  no_store.store = folder.path() / "missing.store";
  short_store.store = config.program;
  struct Case {
    MachineConfig config;
    ErrorCode code;
    const char *says;
  };
  for (const Case &item : {Case{unknown, ErrorCode::kUnsupported, "mps2-an385"},
                           Case{no_program, ErrorCode::kNotFound, "make kits"},
                           Case{no_store, ErrorCode::kNotFound, "missing.store"},
                           Case{short_store, ErrorCode::kInvalidInput, "16777216"}}) {
    const auto argv = machine_command(item.config);
    ASSERT_FALSE(argv) << item.says;
    EXPECT_EQ(argv.error().code, item.code);
    EXPECT_THAT(argv.error().message, HasSubstr(item.says));
  }
}

TEST_F(CommandLine, RefusesADebuggerWhereThePortIsTaken) {
  EXPECT_TRUE(check_debugger("mps2-an385"));
  EXPECT_TRUE(check_debugger("lm3s6965evb"));
  EXPECT_TRUE(check_debugger("linux"));
  EXPECT_FALSE(check_debugger("abacus"));
  config.board = "microbit";
  config.store = folder.path() / "microbit";
  ASSERT_TRUE(create_store("microbit", config.store));
  EXPECT_TRUE(machine_command(config));
  config.gdb_port = 3333;
  const auto refused = machine_command(config);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("docs/debugging.md"));
}

TEST_F(CommandLine, ADebuggerWaitsForAnImageThatAnotherProgramLoads) {
  config.board = "posix-rtos";
  config.program = "/kit/boot.elf";
  config.gdb_port = 3333;
  const auto command = debugger_command(config, "image.elf", "");
  ASSERT_TRUE(command);
  EXPECT_THAT(*command,
              HasSubstr("gdb-multiarch '/kit/boot.elf' -ex 'target remote 127.0.0.1:3333'"));
  EXPECT_THAT(*command, HasSubstr("'add-symbol-file image.elf'"));
}

TEST_F(CommandLine, NamesThePackageOfAMissingEmulator) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", folder.path().c_str(), 1);
  const auto argv = machine_command(config);
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(argv);
  EXPECT_EQ(argv.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(argv.error().message, HasSubstr("apt-get install qemu-system-arm"));
}

TEST_F(CommandLine, ANewStoreIsErasedAndNeverOverwritesAnother) {
  const auto bytes = host::read_file(config.store);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->size(), 16U << 20);
  EXPECT_EQ(std::count(bytes->begin(), bytes->end(), 0xFF), 16 << 20);
  const auto again = create_store(config.board, config.store);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST_F(CommandLine, ExecGivesCodeAndConsoleOrTheReason) {
  config.board = "linux";
  std::ofstream(config.program) << "#!/bin/sh\necho ran with $1; exit 5\n";
  std::filesystem::permissions(config.program, std::filesystem::perms::owner_all);
  const auto outcome = run_exec(config, 10s);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->exit_code, 5);
  EXPECT_EQ(outcome->console, "ran with --store\n");

  std::ofstream(config.program) << "#!/bin/sh\necho stuck here; sleep 60\n";
  const auto late = run_exec(config, 200ms);
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message,
              testing::AllOf(HasSubstr("time limit"), HasSubstr("stuck here")));
}

} // namespace
} // namespace tinyml::tender
