// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "tender/switch/frame_socket.hpp"
#include "tender/switch/gateway.hpp"
#include "tender/switch/impaired_wire.hpp"
#include "tender/switch/port_table.hpp"
#include "tender/switch/udp_relay.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace tinyml::tender {

struct SwitchConfig {
  std::uint16_t port = 0; ///< UDP port on 127.0.0.1; 0: any free one
  Subnet subnet;
  std::chrono::seconds lease = std::chrono::hours(1);
  std::size_t max_ports = 1024;
  RelayLimits relay;
  Impairments impairments;           ///< checked; see impair()
  std::uint64_t impairment_seed = 1; ///< equal seeds and frames: equal fates
  ImpairedWire::Limits held;         ///< the queue of delayed frames
  /// Sees each frame that a port sends and each that the gateway sends, on the switch's thread.
  std::function<void(ByteView)> tap = {};
};

struct SwitchStats {
  std::uint64_t frames_in = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t dropped = 0; ///< as malformed or as forged
  std::uint64_t relayed_to_host = 0;
  std::uint64_t relayed_to_guests = 0;
  std::size_t ports = 0;
  std::size_t flows = 0;
  ImpairmentStats impaired;
  std::size_t held_frames = 0; ///< delayed frames on their way now
};

/// A learning Ethernet switch on one UDP port of loopback. Whoever sends a frame to it becomes a
/// port of it (QEMU: `-netdev dgram,id=n,local.type=inet,local.host=127.0.0.1,local.port=0,
/// remote.type=inet,remote.host=127.0.0.1,remote.port=PORT`); the gateway (see Gateway, UdpRelay)
/// is built in; what only the gateway can answer (its ARP, DHCP) goes to no other port. Runs inside
/// another program's loop (wait_fd(), step()) or on a thread of its own (SwitchThread).
class EthernetSwitch {
public:
  [[nodiscard]] static Expected<std::unique_ptr<EthernetSwitch>> open(SwitchConfig config);

  [[nodiscard]] std::uint16_t port() const { return socket_.port(); }
  /// Readable when step() has something to do.
  [[nodiscard]] int wait_fd() const { return epoll_.get(); }
  /// Waits up to `limit` for frames, then handles all that came. Returns at once after wake().
  void step(std::chrono::milliseconds limit);
  /// Ends a step() that waits; may be called from any thread and from a signal handler.
  void wake() const;
  void run(const std::stop_token &stop);

  // These may be called from any thread.
  [[nodiscard]] SwitchStats stats() const;
  [[nodiscard]] std::vector<PortInfo> ports() const;
  /// The address that DHCP gave to a station.
  [[nodiscard]] std::optional<net::Ipv4Address> address_of(const net::MacAddress &station) const;
  /// Frames from now on; kInvalidInput as Impairments::check().
  [[nodiscard]] Expected<void> impair(Impairments impairments);
  [[nodiscard]] Impairments impairments() const;

private:
  EthernetSwitch(SwitchConfig config, FrameSocket socket, FileDescriptor epoll,
                 FileDescriptor wake_event, FileDescriptor timer);

  void handle_frames(Time now);
  void handle_frame(const FrameSocket::Received &received, ByteSpan scratch, Time now);
  void handle_flow(int fd, Time now);
  void to_gateway(const PortInfo &from, ByteView frame, ByteSpan scratch, Time now);
  void gateway_takes(ByteView frame, ByteSpan scratch, Time now);
  void flood(const PortInfo &from, ByteView frame, Time now);
  void forward(const PortInfo &from, PortInfo &to, ByteView frame, Time now);
  void queue(PortInfo &to, ByteView frame);
  void send_from_gateway(ByteView frame, const net::MacAddress &station, Time now);
  void deliver_due(Time now);
  void set_timer();

  SwitchConfig config_;
  FrameSocket socket_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  FileDescriptor timer_; ///< of the next delayed frame
  Gateway gateway_;
  UdpRelay relay_;
  PortTable table_;
  PortInfo gateway_port_;
  ImpairedWire wire_;
  SwitchStats stats_;
  Time next_cleaning_;
  std::vector<std::array<std::uint8_t, FrameSocket::kBufferBytes>> scratch_;
  mutable std::mutex mutex_; ///< held while frames are handled, not while waiting
};

/// A switch that runs until this object goes.
class SwitchThread {
public:
  [[nodiscard]] static Expected<std::unique_ptr<SwitchThread>> start(SwitchConfig config);
  ~SwitchThread();
  SwitchThread(const SwitchThread &) = delete;
  SwitchThread &operator=(const SwitchThread &) = delete;

  [[nodiscard]] const EthernetSwitch &get() const { return *switch_; }
  [[nodiscard]] EthernetSwitch &get() { return *switch_; }
  [[nodiscard]] std::uint16_t port() const { return switch_->port(); }

private:
  explicit SwitchThread(std::unique_ptr<EthernetSwitch> running);

  std::unique_ptr<EthernetSwitch> switch_;
  std::jthread thread_;
};

} // namespace tinyml::tender
