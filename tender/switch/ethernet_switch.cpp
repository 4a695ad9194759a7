// SPDX-License-Identifier: Apache-2.0
#include "tender/switch/ethernet_switch.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cstring>

namespace tinyml::tender {
namespace {

constexpr std::chrono::minutes kCleaningInterval{1};

bool watch(int epoll_fd, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool is_group(const net::MacAddress &mac) { return (mac[0] & 1) != 0; }

} // namespace

Expected<std::unique_ptr<EthernetSwitch>> EthernetSwitch::open(SwitchConfig config) {
  if (const auto sensible = config.impairments.check(); !sensible) {
    return Failure{sensible.error()};
  }
  auto socket = FrameSocket::open(config.port);
  if (!socket) {
    return Failure{socket.error()};
  }
  FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  FileDescriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  FileDescriptor timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!epoll.valid() || !wake.valid() || !timer.valid() || !watch(epoll.get(), socket->fd()) ||
      !watch(epoll.get(), wake.get()) || !watch(epoll.get(), timer.get())) {
    return fail(ErrorCode::kResourceFull,
                std::string("the switch cannot start: ") + std::strerror(errno));
  }
  return std::unique_ptr<EthernetSwitch>(new EthernetSwitch(
      std::move(config), std::move(*socket), std::move(epoll), std::move(wake), std::move(timer)));
}

EthernetSwitch::EthernetSwitch(SwitchConfig config, FrameSocket socket, FileDescriptor epoll,
                               FileDescriptor wake_event, FileDescriptor timer)
    : config_(std::move(config)), socket_(std::move(socket)), epoll_(std::move(epoll)),
      wake_(std::move(wake_event)), timer_(std::move(timer)),
      gateway_(config_.subnet, config_.lease), relay_(epoll_.get(), config_.relay),
      table_(config_.max_ports), wire_(config_.impairment_seed, config_.held),
      scratch_(FrameSocket::kBatch) {
  wire_.set(config_.impairments);
}

void EthernetSwitch::step(std::chrono::milliseconds limit) {
  std::array<epoll_event, FrameSocket::kBatch> events{};
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               static_cast<int>(limit.count()));
  const Time now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < count; ++i) {
    const int fd = events[static_cast<std::size_t>(i)].data.fd;
    if (fd == socket_.fd()) {
      handle_frames(now);
    } else if (fd == wake_.get() || fd == timer_.get()) {
      std::uint64_t value = 0;
      (void)!::read(fd, &value, sizeof value);
    } else {
      handle_flow(fd, now);
    }
  }
  deliver_due(now);
  set_timer();
  if (now >= next_cleaning_) {
    relay_.close_idle(now);
    next_cleaning_ = now + kCleaningInterval;
  }
}

void EthernetSwitch::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void EthernetSwitch::run(const std::stop_token &stop) {
  const std::stop_callback on_stop(stop, [this] { wake(); });
  while (!stop.stop_requested()) {
    step(kCleaningInterval);
  }
}

void EthernetSwitch::handle_frames(Time now) {
  std::size_t used = 0;
  for (const auto &received : socket_.receive()) {
    handle_frame(received, scratch_[used++], now);
  }
  socket_.flush();
  for (const PeerPort peer : socket_.take_dead_peers()) {
    table_.remove(peer);
  }
}

void EthernetSwitch::handle_frame(const FrameSocket::Received &received, ByteSpan scratch,
                                  Time now) {
  ++stats_.frames_in;
  const ByteView frame = received.buffer.first(received.frame_bytes);
  if (frame.size() < net::kEthernetHeaderBytes || frame.size() > net::kEthernetFrameBytes) {
    ++stats_.dropped;
    return;
  }
  if (config_.tap) {
    config_.tap(frame);
  }
  const net::MacAddress source = net::frame_source(frame.data());
  const net::MacAddress destination = net::frame_destination(frame.data());
  // Nobody may speak as the gateway, or as many.
  if (is_group(source) || source == config_.subnet.gateway_mac) {
    ++stats_.dropped;
    return;
  }
  PortInfo &from = table_.seen(received.peer, now);
  table_.learn(from, source);
  if (is_group(destination)) {
    // A fleet's broadcasts to its gateway would otherwise wake every device for each of them.
    if (!gateway_.answers_alone(frame)) {
      flood(from, frame, now);
    }
    to_gateway(from, frame, scratch, now);
  } else if (destination == config_.subnet.gateway_mac) {
    to_gateway(from, frame, scratch, now);
  } else if (PortInfo *to = table_.find(destination)) {
    forward(from, *to, frame, now);
  } else {
    flood(from, frame, now);
  }
}

void EthernetSwitch::to_gateway(const PortInfo &from, ByteView frame, ByteSpan scratch, Time now) {
  if (!wire_.joins(from.macs, {})) {
    return;
  }
  for (unsigned copies = wire_.take({from.peer, gateway_port_.peer, frame}, now); copies > 0;
       --copies) {
    gateway_takes(frame, scratch, now);
  }
}

/// The gateway writes its answer over the frame, so it gets a copy: the original may wait in the
/// send queue for other ports. So may an earlier answer in `scratch`, which is the same then.
void EthernetSwitch::gateway_takes(ByteView frame, ByteSpan scratch, Time now) {
  std::copy(frame.begin(), frame.end(), scratch.begin());
  const Gateway::Outcome outcome = gateway_.handle(scratch, frame.size(), now);
  if (!outcome.answer.empty()) {
    // A DHCP answer is a broadcast, yet meant for the asker alone.
    send_from_gateway(outcome.answer, net::frame_source(frame.data()), now);
  }
  // Our own port is no service: a frame that came back through it would be a port of its own.
  if (outcome.relay && outcome.relay->host_port != port()) {
    stats_.relayed_to_host += relay_.send(*outcome.relay, now) ? 1 : 0;
  }
}

void EthernetSwitch::handle_flow(int fd, Time now) {
  constexpr std::size_t kHeaders = net::kEthernetHeaderBytes + net::kDatagramHeaderBytes;
  // The payload is read into one half and framed in the other; longer ones do not fit a frame.
  std::array<std::uint8_t, net::kEthernetFrameBytes - kHeaders + 1> payload{};
  for (std::size_t i = 0; i < scratch_.size(); ++i) {
    const auto datagram = relay_.receive(fd, payload, now);
    if (!datagram) {
      break;
    }
    const std::size_t size = gateway_.build(scratch_[i], *datagram);
    if (size == 0) {
      ++stats_.dropped;
      continue;
    }
    ++stats_.relayed_to_guests;
    send_from_gateway(ByteView(scratch_[i]).first(size), datagram->guest_mac, now);
  }
  socket_.flush();
}

void EthernetSwitch::send_from_gateway(ByteView frame, const net::MacAddress &station, Time now) {
  if (config_.tap) {
    config_.tap(frame);
  }
  if (PortInfo *to = table_.find(station)) {
    forward(gateway_port_, *to, frame, now);
  } else {
    flood(gateway_port_, frame, now);
  }
}

void EthernetSwitch::flood(const PortInfo &from, ByteView frame, Time now) {
  for (auto &[peer, port] : table_.ports()) {
    forward(from, port, frame, now);
  }
}

void EthernetSwitch::forward(const PortInfo &from, PortInfo &to, ByteView frame, Time now) {
  if (to.id == from.id || !wire_.joins(from.macs, to.macs)) {
    return;
  }
  for (unsigned copies = wire_.take({from.peer, to.peer, frame}, now); copies > 0; --copies) {
    queue(to, frame);
  }
}

void EthernetSwitch::queue(PortInfo &to, ByteView frame) {
  ++to.frames_out;
  ++stats_.frames_out;
  socket_.queue(to.peer, frame);
}

/// Frames whose delay is over, a batch at a time: their bytes must stay until they are flushed.
void EthernetSwitch::deliver_due(Time now) {
  for (bool more = true; more;) {
    std::vector<ImpairedWire::HeldFrame> batch;
    batch.reserve(scratch_.size());
    while (batch.size() < scratch_.size()) {
      auto held = wire_.due(now);
      if (!held) {
        break;
      }
      ByteSpan scratch = scratch_[batch.size()];
      const auto &frame = batch.emplace_back(std::move(*held));
      const auto to = table_.ports().find(frame.to);
      if (frame.to == gateway_port_.peer) {
        gateway_takes(frame.bytes, scratch, now);
      } else if (to != table_.ports().end()) {
        queue(to->second, frame.bytes);
      }
    }
    socket_.flush();
    more = batch.size() == scratch_.size();
  }
}

void EthernetSwitch::set_timer() {
  itimerspec when{};
  if (const auto next = wire_.next_due()) {
    // A time of zero would switch the timer off.
    const auto since_start =
        std::max(std::chrono::nanoseconds(next->time_since_epoch()), std::chrono::nanoseconds(1));
    constexpr std::int64_t kSecond = 1'000'000'000;
    when.it_value = {since_start.count() / kSecond, since_start.count() % kSecond};
  }
  (void)timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

SwitchStats EthernetSwitch::stats() const {
  const std::lock_guard lock(mutex_);
  SwitchStats stats = stats_;
  stats.ports = table_.ports().size();
  stats.flows = relay_.flows();
  stats.impaired = wire_.stats();
  stats.held_frames = wire_.held_frames();
  return stats;
}

std::optional<net::Ipv4Address> EthernetSwitch::address_of(const net::MacAddress &station) const {
  const std::lock_guard lock(mutex_);
  return gateway_.address_of(station);
}

Expected<void> EthernetSwitch::impair(Impairments impairments) {
  if (auto sensible = impairments.check(); !sensible) {
    return sensible;
  }
  const std::lock_guard lock(mutex_);
  wire_.set(std::move(impairments));
  return {};
}

Impairments EthernetSwitch::impairments() const {
  const std::lock_guard lock(mutex_);
  return wire_.get();
}

std::vector<PortInfo> EthernetSwitch::ports() const {
  const std::lock_guard lock(mutex_);
  std::vector<PortInfo> ports;
  for (const auto &[peer, port] : table_.ports()) {
    ports.push_back(port);
  }
  return ports;
}

Expected<std::unique_ptr<SwitchThread>> SwitchThread::start(SwitchConfig config) {
  auto opened = EthernetSwitch::open(std::move(config));
  if (!opened) {
    return Failure{opened.error()};
  }
  return std::unique_ptr<SwitchThread>(new SwitchThread(std::move(*opened)));
}

SwitchThread::SwitchThread(std::unique_ptr<EthernetSwitch> running)
    : switch_(std::move(running)),
      thread_([this](const std::stop_token &stop) { switch_->run(stop); }) {}

SwitchThread::~SwitchThread() = default;

} // namespace tinyml::tender
