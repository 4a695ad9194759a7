// SPDX-License-Identifier: Apache-2.0
#include "tender/serial/serial_machine.hpp"

#include "base/crc32.hpp"
#include "host/files.hpp"
#include "tender/serial/gdb_memory.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <poll.h>
#include <random>
#include <sys/signalfd.h>
#include <sys/socket.h>

namespace tinyml::tender {
namespace {

/// A device keeps its address over restarts: its MAC follows from the file that is its flash. The
/// bit of locally administered addresses is set (IEEE 802, 8.2.2).
net::MacAddress mac_of(const std::filesystem::path &flash) {
  net::MacAddress mac{0x02, 0x53};
  store_be(mac.data() + 2, crc32(as_bytes(std::filesystem::absolute(flash).string())));
  return mac;
}

/// SIGTERM and SIGINT become readable instead of ending us, in the emulator's life too.
FileDescriptor watch_signals() {
  sigset_t ending;
  ::sigemptyset(&ending);
  ::sigaddset(&ending, SIGTERM);
  ::sigaddset(&ending, SIGINT);
  ::sigprocmask(SIG_BLOCK, &ending, nullptr);
  return FileDescriptor(::signalfd(-1, &ending, SFD_CLOEXEC));
}

} // namespace

Expected<std::unique_ptr<SerialMachine>> SerialMachine::start(SerialMachineConfig config) {
  FileDescriptor signals = watch_signals();
  auto emulator = Emulator::start(config.emulator);
  if (!emulator.ok()) {
    return Failure{emulator.error()};
  }
  std::unique_ptr<SerialMachine> machine(
      new SerialMachine(std::move(config), std::move(*emulator)));
  machine->signals_ = std::move(signals);
  machine->join_network();
  const auto on = machine->power_on();
  return on.ok() ? Expected<std::unique_ptr<SerialMachine>>(std::move(machine))
                 : Expected<std::unique_ptr<SerialMachine>>(Failure{on.error()});
}

SerialMachine::SerialMachine(SerialMachineConfig config, Emulator emulator)
    : config_(std::move(config)), emulator_(std::move(emulator)),
      bridge_(mac_of(config_.flash.file), std::random_device{}(), sinks()) {}

BridgeSinks SerialMachine::sinks() {
  return {.console =
              [](std::string_view text) {
                std::fwrite(text.data(), 1, text.size(), stdout);
                std::fflush(stdout);
              },
          .line =
              [this](ByteView bytes) {
                constexpr std::size_t kQueueBytes = 64 << 10; // then packets are lost, as on a line
                if (to_line_.size() < kQueueBytes) {
                  to_line_ += as_text(bytes);
                }
              },
          .network =
              [this](ByteView frame) {
                if (network_.valid()) {
                  (void)::send(network_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
                }
              },
          .ended = [this](std::uint8_t code) { exit_code_ = code; }};
}

void SerialMachine::join_network() {
  if (!config_.switch_port) {
    return;
  }
  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(*config_.switch_port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr *>(&to), sizeof to) == 0) {
    network_ = std::move(socket);
  }
}

Expected<void> SerialMachine::power_on() {
  auto content = host::read_file(config_.flash.file);
  if (!content.ok()) {
    return Failure{content.error()};
  }
  if (auto greeted = Monitor(emulator_.monitor.get()).greet(); !greeted.ok()) {
    return greeted;
  }
  auto on = write_memory_and_run(emulator_.debugger.get(), config_.flash.address, *content);
  if (on.ok()) {
    keeper_ =
        std::make_unique<FlashKeeper>(config_.flash, emulator_.monitor.get(), *std::move(content));
  }
  return on;
}

std::uint64_t SerialMachine::now_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

int SerialMachine::patience_ms() const {
  constexpr std::uint64_t kLongestMs = 60'000;
  std::uint64_t wait_ms = kLongestMs;
  if (network_.valid()) {
    const std::uint64_t next = bridge_.next_deadline_ns();
    const std::uint64_t now = now_ns();
    wait_ms = next <= now ? 0 : std::min(wait_ms, (next - now) / net::kNanosPerMilli + 1);
  }
  return static_cast<int>(wait_ms);
}

Expected<int> SerialMachine::run() {
  bool stopped = false;
  while (!exit_code_ && !stopped) {
    std::array<pollfd, 4> waiting{
        {{emulator_.line.get(), static_cast<short>(to_line_.empty() ? POLLIN : POLLIN | POLLOUT),
          0},
         {network_.get(), POLLIN, 0},
         {signals_.get(), POLLIN, 0},
         {emulator_.process.get(), POLLIN, 0}}};
    (void)::poll(waiting.data(), waiting.size(), patience_ms());
    receive_from_line();
    if (waiting[3].revents != 0 && !exit_code_) {
      return emulator_.wait(); // by itself: what it says is on our console
    }
    receive_from_network();
    send_to_line();
    stopped = waiting[2].revents != 0;
  }
  const auto kept = keeper_->finish();
  return kept.ok() ? Expected<int>(exit_code_.value_or(0)) : Expected<int>(Failure{kept.error()});
}

void SerialMachine::receive_from_line() {
  std::array<std::uint8_t, 4096> bytes{};
  for (;;) {
    const ssize_t size = ::read(emulator_.line.get(), bytes.data(), bytes.size());
    if (size <= 0) {
      return;
    }
    keeper_->touch();
    bridge_.from_line(ByteView(bytes).first(static_cast<std::size_t>(size)), now_ns());
  }
}

void SerialMachine::receive_from_network() {
  if (!network_.valid()) {
    return;
  }
  std::array<std::uint8_t, 2048> frame{};
  for (;;) {
    const ssize_t size = ::recv(network_.get(), frame.data(), frame.size(), MSG_DONTWAIT);
    if (size <= 0) {
      break;
    }
    bridge_.from_network(ByteView(frame).first(static_cast<std::size_t>(size)), now_ns());
  }
  bridge_.poll(now_ns());
}

void SerialMachine::send_to_line() {
  if (to_line_.empty()) {
    return;
  }
  const ssize_t sent =
      ::send(emulator_.line.get(), to_line_.data(), to_line_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  to_line_.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
}

} // namespace tinyml::tender
