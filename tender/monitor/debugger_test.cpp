// SPDX-License-Identifier: Apache-2.0
// GDB's protocol: the packets alone, and a guest that is debugged by hand.
#include "host/child.hpp"
#include "host/files.hpp"
#include "tender/machine/command_line.hpp"
#include "tender/monitor/gdb_packets.hpp"
#include "tender/monitor/test_program.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace tinyml::tender {
namespace {

using Event = GdbPacketReader::Event;

Event last_event(GdbPacketReader &reader, std::string_view bytes) {
  Event event = Event::kNothing;
  for (const char byte : bytes) {
    event = reader.take(byte);
  }
  return event;
}

TEST(GdbPackets, AreFramedAndChecked) {
  GdbPacketReader reader;
  EXPECT_EQ(last_event(reader, "++$m400000,4#f1"), Event::kPacket);
  EXPECT_EQ(reader.text(), "m400000,4");
  EXPECT_EQ(last_event(reader, "$m400000,4#f2"), Event::kDamaged);
  EXPECT_EQ(last_event(reader, "$m400000,4#zz"), Event::kDamaged);
  EXPECT_EQ(last_event(reader, "\x03"), Event::kInterrupt);
  EXPECT_EQ(last_event(reader, "$" + std::string(5000, 'a') + "#00"), Event::kDamaged);
  EXPECT_EQ(last_event(reader, "$#00"), Event::kPacket);
  EXPECT_EQ(reader.text(), "");
  GdbAnswer answer;
  answer.put("OK");
  EXPECT_EQ(answer.packet(), "$OK#9a");
}

TEST(GdbPackets, NumbersAreReadAsFarAsTheyGo) {
  std::string_view text = "4F00,10";
  EXPECT_EQ(take_hex(text), 0x4F00U);
  EXPECT_TRUE(take_char(text, ','));
  EXPECT_FALSE(take_char(text, ','));
  std::uint8_t bytes[2];
  EXPECT_FALSE(take_hex_bytes(text, bytes));
  text = "";
  EXPECT_EQ(take_hex(text), std::nullopt);
  text = "11112222333344445";
  EXPECT_EQ(take_hex(text), std::nullopt);
}

/// GDB's side of the connection.
class HandDebugger {
public:
  explicit HandDebugger(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const timeval patience = {30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    for (int i = 0; i < 3000 && !connected_; ++i) {
      connected_ =
          ::connect(socket_, reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  ~HandDebugger() { ::close(socket_); }
  HandDebugger(const HandDebugger &) = delete;
  HandDebugger &operator=(const HandDebugger &) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  void send(std::string_view command) {
    GdbAnswer packet;
    packet.put(command);
    raw(packet.packet());
  }
  void raw(std::string_view bytes) { (void)::send(socket_, bytes.data(), bytes.size(), 0); }
  std::string receive() {
    char byte = 0;
    while (::recv(socket_, &byte, 1, 0) == 1) {
      if (reader_.take(byte) == Event::kPacket) {
        return std::string(reader_.text());
      }
    }
    return "nothing";
  }
  std::string ask(std::string_view command) {
    send(command);
    return receive();
  }
  std::uint64_t program_counter() {
    constexpr std::size_t kAt = std::size_t{16} * 16;
    const std::string registers = ask("g");
    std::uint8_t bytes[8] = {};
    std::string_view text = registers;
    text.remove_prefix(std::min(text.size(), kAt));
    EXPECT_TRUE(take_hex_bytes(text, bytes));
    return load_le<std::uint64_t>(bytes);
  }

private:
  int socket_;
  bool connected_ = false;
  GdbPacketReader reader_;
};

TEST(Debugger, StopsStepsReadsAndWrites) {
  if (const std::string missing = missing_hardware("kvm-x86_64"); !missing.empty()) {
    GTEST_SKIP() << missing;
  }
  const auto folder = *host::TemporaryFolder::create("debugger");
  const auto program = folder.path() / "program.elf";
  // Four times nothing, then forever the same instruction.
  ASSERT_TRUE(host::write_file(program, test_program({0x90, 0x90, 0x90, 0x90, 0xEB, 0xFE})).ok());
  const std::uint16_t port = *host::free_tcp_port();
  auto child =
      host::Child::start({.argv = {TINYML_MONITOR, "--kernel", program.string(), "--memory", "512K",
                                   "--max-seconds", "120", "--gdb", std::to_string(port)},
                          .output_file = folder.path() / "console"});
  ASSERT_TRUE(child.ok());
  HandDebugger gdb(port);
  ASSERT_TRUE(gdb.connected());
  EXPECT_EQ(gdb.ask("?"), "S05");
  EXPECT_EQ(gdb.ask("qSupported:swbreak+"), "");
  EXPECT_EQ(gdb.program_counter(), kvm::kRomBase);
  EXPECT_EQ(gdb.ask("s"), "S05");
  EXPECT_EQ(gdb.program_counter(), kvm::kRomBase + 1);
  EXPECT_EQ(gdb.ask("Z0,400002,1"), "OK");
  EXPECT_EQ(gdb.ask("c"), "S05");
  EXPECT_EQ(gdb.program_counter(), kvm::kRomBase + 2);
  EXPECT_EQ(gdb.ask("s"), "S05"); // from a breakpoint
  EXPECT_EQ(gdb.program_counter(), kvm::kRomBase + 3);
  EXPECT_EQ(gdb.ask("z0,400002,1"), "OK");
  EXPECT_EQ(gdb.ask("m400000,6"), "90909090ebfe");
  EXPECT_EQ(gdb.ask("M10000000,2:beef"), "OK");
  EXPECT_EQ(gdb.ask("m10000000,2"), "beef");
  for (const char *wrong : {"m0,4", "mffffffff,4", "m400000,ffffffff", "m400000", "m",
                            "M400000,2:9", "Z0,0,1", "G12", "mzz"}) {
    EXPECT_EQ(gdb.ask(wrong)[0], 'E') << wrong;
  }
  // A busy machine may stop it before its next instruction.
  for (int tries = 0; tries < 100 && gdb.program_counter() == kvm::kRomBase + 3; ++tries) {
    gdb.send("c");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    gdb.raw("\x03");
    EXPECT_EQ(gdb.receive(), "S02");
  }
  EXPECT_EQ(gdb.program_counter(), kvm::kRomBase + 4);
  gdb.send("k");
  for (int i = 0; i < 3000 && child->running(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(child->ended(), 0);
}

} // namespace
} // namespace tinyml::tender
