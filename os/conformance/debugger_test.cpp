// SPDX-License-Identifier: Apache-2.0
// A debugger on every board, by the command that docs/debugging.md and `tinyml device run --gdb`
// tell. That of the KVM monitor has tests of its own (tender/monitor).
#include "compiler/link/symbols.hpp"
#include "host/child.hpp"
#include "host/process.hpp"
#include "os/conformance/run_board.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tinyml::conformance {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

/// GDB's remote protocol, as much of it as a breakpoint needs; for processors that no packaged gdb
/// knows.
class RemoteProtocol {
public:
  explicit RemoteProtocol(std::uint16_t port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{60, 0};
    for (int tries = 0; tries < 1200; ++tries) {
      socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
      if (::connect(socket_, reinterpret_cast<sockaddr *>(&to), sizeof(to)) == 0) {
        return;
      }
      ::close(socket_);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  RemoteProtocol(const RemoteProtocol &) = delete;
  RemoteProtocol &operator=(const RemoteProtocol &) = delete;
  ~RemoteProtocol() { ::close(socket_); }

  std::string ask(const std::string &packet) const {
    unsigned sum = 0;
    for (const char c : packet) {
      sum += static_cast<unsigned char>(c);
    }
    const std::string framed = fmt::format("${}#{:02x}", packet, sum & 0xFF);
    static_cast<void>(::send(socket_, framed.data(), framed.size(), MSG_NOSIGNAL));
    std::string answer;
    for (char c = 0; ::recv(socket_, &c, 1, 0) == 1 && c != '#';) {
      answer += c;
    }
    char checksum[2];
    static_cast<void>(::recv(socket_, checksum, sizeof(checksum), MSG_WAITALL));
    static_cast<void>(::send(socket_, "+", 1, MSG_NOSIGNAL));
    return answer.substr(std::min(answer.find('$'), answer.size()));
  }

private:
  int socket_ = -1;
};

class Debugger : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    if (const auto missing = tender::missing_hardware(GetParam()); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    const auto port = host::free_tcp_port();
    ASSERT_TRUE(port.ok());
    config = {.board = GetParam(),
              .program = board_file(GetParam(), "conformance.elf"),
              .store = folder.path() / "store",
              .gdb_port = *port};
    ASSERT_TRUE(tender::create_store(GetParam(), config.store).ok());
    auto started = tender::Machine::start(config);
    ASSERT_TRUE(started.ok()) << started.error().message;
    machine = std::move(*started);
  }

  void stop_at_program_by_protocol() const {
    const auto elf = host::read_file(config.program);
    ASSERT_TRUE(elf.ok());
    const auto symbols = link::ProgramSymbols::read(*elf);
    ASSERT_TRUE(symbols.ok());
    std::uint64_t program = 0;
    for (const auto &function : symbols->functions()) {
      program = function.name == "tinyml_program" ? function.address : program;
    }
    ASSERT_NE(program, 0U);
    const RemoteProtocol debugger(*config.gdb_port);
    EXPECT_EQ(debugger.ask(fmt::format("Z0,{:x},2", program)), "$OK");
    EXPECT_THAT(debugger.ask("c"), HasSubstr("$T05")) << "it did not stop at the breakpoint";
  }

  host::TemporaryFolder folder = std::move(*host::TemporaryFolder::create("debugger"));
  tender::MachineConfig config;
  std::unique_ptr<tender::Machine> machine;
};

TEST_P(Debugger, StopsAtTheProgramAndTellsHowItCameThere) {
  const auto command = tender::debugger_command(config, config.program, "");
  ASSERT_TRUE(command.ok()) << command.error().message;
  if (!command->starts_with("gdb-multiarch")) {
    return stop_at_program_by_protocol();
  }
  const auto told =
      host::run({.argv = {"sh", "-c",
                          *command + " -nx -batch -ex backtrace -ex 'info registers pc' -ex kill"},
                 .timeout = std::chrono::seconds(60)});
  ASSERT_TRUE(told.ok()) << told.error().message;
  EXPECT_THAT(told->output, ContainsRegex("Breakpoint [12], "));
  EXPECT_THAT(told->output, ContainsRegex("#0 .*tinyml_program"));
  EXPECT_THAT(told->output, ContainsRegex("#[1-3] .*tinyml_start"));
  EXPECT_THAT(told->output, HasSubstr("os/conformance/main.cpp")) << "lines are known";
  EXPECT_THAT(told->output, ContainsRegex("pc +0x|rip +0x")) << told->output;
  EXPECT_TRUE(machine->wait(std::chrono::seconds(10)).has_value()) << "killed";
}

INSTANTIATE_TEST_SUITE_P(Boards, Debugger,
                         testing::Values("mps2-an385", "mps2-an386", "mps3-an547", "lm3s6965evb",
                                         "virt-rv32", "lx60-lx106", "linux", "posix-rtos"),
                         [](const auto &board) { return test_name(board.param); });

} // namespace
} // namespace tinyml::conformance
