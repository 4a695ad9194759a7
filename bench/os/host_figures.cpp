// SPDX-License-Identifier: Apache-2.0
#include "bench/os/host_figures.hpp"

#include "os/conformance/network_trial.hpp"
#include "tender/machine/machine.hpp"
#include "tender/switch/ethernet_switch.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <set>
#include <sstream>
#include <sys/socket.h>
#include <thread>

namespace tinyml::bench_os {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Milliseconds = std::chrono::duration<double, std::milli>;
using Microseconds = std::chrono::duration<double, std::micro>;

constexpr std::size_t kProbeBytes = 56;
constexpr int kProbes = 500;
constexpr std::size_t kAtOnce = 16;

double median(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// A port of this host where somebody's first datagram arrives.
class Ear {
public:
  Ear() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(any);
    auto *address = reinterpret_cast<sockaddr *>(&any);
    if (::bind(socket_.get(), address, length) == 0 &&
        ::getsockname(socket_.get(), address, &length) == 0) {
      port_ = ntohs(any.sin_port);
    }
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool hears_within(milliseconds limit) const {
    pollfd waiting{socket_.get(), POLLIN, 0};
    std::uint8_t frame[2048];
    return ::poll(&waiting, 1, static_cast<int>(limit.count())) == 1 &&
           ::recv(socket_.get(), frame, sizeof(frame), 0) >= 0;
  }

private:
  tender::FileDescriptor socket_;
  std::uint16_t port_ = 0;
};

struct Start {
  double frame_ms = 0;
  std::uint64_t private_bytes = 0;
};

/// Starts the device with a cable to us, and ends it after its first frame.
Expected<Start> start_once(const BenchDevice &device, const Ear &ear) {
  const auto before = Clock::now();
  const auto machine = tender::Machine::start({.board = device.board,
                                               .program = device.program,
                                               .store = device.store,
                                               .switch_port = ear.port()});
  if (!machine.ok()) {
    return Failure{machine.error()};
  }
  if (!ear.hears_within(seconds(60))) {
    return fail(ErrorCode::kUnavailable, "board " + device.board +
                                             " sent nothing; its console says:\n" +
                                             (*machine)->console());
  }
  const Milliseconds took = Clock::now() - before;
  return Start{took.count(), private_bytes_of((*machine)->pid())};
}

Expected<Start> median_start(const BenchDevice &device, const Ear &ear, int starts) {
  std::vector<double> times;
  std::vector<double> memory;
  for (int i = 0; i < starts; ++i) {
    const auto one = start_once(device, ear);
    if (!one.ok()) {
      return one;
    }
    times.push_back(one->frame_ms);
    memory.push_back(static_cast<double>(one->private_bytes));
    while (ear.hears_within(milliseconds(0))) { // what the ended device still sent
    }
  }
  return Start{median(times), static_cast<std::uint64_t>(median(memory))};
}

double median_echo_us(conformance::Conversation &board) {
  const std::vector<std::uint8_t> payload(kProbeBytes, 0xE0);
  std::vector<double> times;
  for (int i = 0; i < kProbes; ++i) {
    const auto start = Clock::now();
    if (board.send(payload) && board.receive(seconds(1))) {
      times.push_back(Microseconds(Clock::now() - start).count());
    }
  }
  return median(times);
}

/// Keeps a number of datagrams under way for a second.
double echoes_per_s(conformance::Conversation &board) {
  const std::vector<std::uint8_t> payload(kProbeBytes, 0xE0);
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    board.send(payload);
  }
  std::size_t echoed = 0;
  const auto start = Clock::now();
  while (Clock::now() - start < seconds(1)) {
    if (board.receive(milliseconds(100))) {
      ++echoed;
    }
    board.send(payload); // also in place of a lost one
  }
  return static_cast<double>(echoed) / std::chrono::duration<double>(Clock::now() - start).count();
}

Expected<void> measure_hosted_traffic(const tender::Machine &machine, HostFigures &figures) {
  constexpr std::string_view kAnnounces = "datagrams on UDP port ";
  const std::string console = machine.console();
  const auto at = console.find(kAnnounces);
  if (at == std::string::npos) {
    return fail(ErrorCode::kUnavailable, "the hosted board tells no port:\n" + console);
  }
  const auto board = conformance::converse(
      static_cast<std::uint16_t>(std::stoi(console.substr(at + kAnnounces.size()))));
  figures.echo_us = median_echo_us(*board);
  figures.frames_per_s = echoes_per_s(*board);
  return {};
}

Expected<void> measure_switched_traffic(const tender::SwitchThread &network, HostFigures &figures) {
  auto station = tender::Station::join(network.port(), {});
  if (!station.ok()) {
    return Failure{station.error()};
  }
  std::optional<net::Ipv4Address> address;
  for (int tries = 0; tries < 500 && !address; ++tries) {
    std::this_thread::sleep_for(milliseconds(20));
    for (const tender::PortInfo &port : network.get().ports()) {
      for (const net::MacAddress &mac : port.macs) {
        address = address ? address : network.get().address_of(mac);
      }
    }
  }
  if (!address) {
    return fail(ErrorCode::kUnavailable, "board " + figures.board + " got no address by DHCP");
  }
  std::vector<double> pings;
  for (int i = 0; i < kProbes; ++i) {
    if (const auto took = station->ping(*address, kProbeBytes, seconds(1))) {
      pings.push_back(Microseconds(*took).count());
    }
  }
  figures.ping_us = median(pings);
  const auto board = conformance::converse(*station, {*address, 7});
  figures.echo_us = median_echo_us(*board);
  figures.frames_per_s = echoes_per_s(*board);
  return {};
}

Expected<void> measure_traffic(const BenchDevice &device, bool hosted, HostFigures &figures) {
  const auto network = tender::SwitchThread::start({});
  if (!network.ok()) {
    return Failure{network.error()};
  }
  const auto machine = tender::Machine::start({.board = device.board,
                                               .program = device.program,
                                               .store = device.store,
                                               .switch_port = (*network)->port()});
  if (!machine.ok()) {
    return Failure{machine.error()};
  }
  if (hosted) {
    (void)(*machine)->wait_for_line("datagrams on UDP port ", seconds(10));
  }
  return hosted ? measure_hosted_traffic(**machine, figures)
                : measure_switched_traffic(**network, figures);
}

/// The children of a process, from its threads' lists in proc(5).
std::vector<int> children_of(int pid) {
  std::vector<int> children;
  std::error_code error;
  for (const auto &thread :
       fs::directory_iterator("/proc/" + std::to_string(pid) + "/task", error)) {
    std::ifstream list(thread.path() / "children");
    for (int child = 0; list >> child;) {
      children.push_back(child);
    }
  }
  return children;
}

} // namespace

std::uint64_t private_bytes_of(int pid) {
  std::uint64_t kilobytes = 0;
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(rollup, line);) {
    if (line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:")) {
      kilobytes += std::stoull(line.substr(line.find(':') + 1));
    }
  }
  std::uint64_t bytes = kilobytes << 10;
  for (const int child : children_of(pid)) {
    bytes += private_bytes_of(child);
  }
  return bytes;
}

std::string kvm_modules() {
  std::set<std::string> names;
  std::error_code error;
  for (const auto &entry : fs::directory_iterator("/sys/module", error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("kvm_")) {
      names.insert(name);
    }
  }
  std::string text;
  for (const std::string &name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text.empty() ? "none" : text;
}

Expected<HostFigures> measure_on_host(const Places &places, const std::string &board, int starts,
                                      const fs::path &work) {
  const bool hosted = board == "linux";
  const Ear ear;
  HostFigures figures{.board = board};
  const auto echo = make_echo(places, board, work / "echo");
  // A hosted board has no cable; its first datagram is its registration, straight to us.
  const std::string server =
      hosted ? "coap://127.0.0.1:" + std::to_string(ear.port()) : "coap://10.77.0.1:5683";
  const auto delivered = make_delivered(places, board, server, work / "delivered");
  if (!echo.ok() || !delivered.ok()) {
    return Failure{echo.ok() ? delivered.error() : echo.error()};
  }
  if (!hosted) { // the echo program of a hosted board waits to be spoken to
    const auto start = median_start(*echo, ear, starts);
    if (!start.ok()) {
      return Failure{start.error()};
    }
    figures.first_frame_ms = start->frame_ms;
  }
  const auto start = median_start(*delivered, ear, starts);
  if (!start.ok()) {
    return Failure{start.error()};
  }
  figures.delivered_frame_ms = start->frame_ms;
  figures.private_bytes = start->private_bytes;
  if (const auto traffic = measure_traffic(*echo, hosted, figures); !traffic.ok()) {
    return Failure{traffic.error()};
  }
  return figures;
}

} // namespace tinyml::bench_os
