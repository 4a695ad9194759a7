// SPDX-License-Identifier: Apache-2.0
// The member functions of Program; included by program.hpp alone.
#pragma once

#include "device/program.hpp"

#include "base/divide.hpp"

namespace tinyml::device {

template <typename Network, typename Module, typename ActivityPolicy>
Program<Network, Module, ActivityPolicy>::Program(const Start &start)
    : start_(start), on_trial_(start.boot.on_trial()),
      network_(stack_config(start.identity), Module::frame()),
      coap_(ActivityPolicy::kCoap, start.identity.seed),
      device_({.board = board_profile.board,
               .serial = start.identity.serial.view(),
               .firmware_version = start.image.version.view(),
               .store_bytes = hal::store_info().size_bytes,
               .store_free_bytes = start.layout.user.size_bytes}),
      firmware_(start.image.version.view(),
                on_trial_ ? lwm2m::UpdateResult::kInitial : result_of(start.boot)),
      capability_(board_profile), model_(Module::info(), start.image.payload_bytes),
      objects_(account_, device_, firmware_, display_, capability_, model_, result_, diagnostics_),
      client_({.endpoint = start.identity.endpoint.view(),
               .server = coap::peer_of(start.identity.server),
               .more_links = more_links()},
              objects_, account_, coap_, start.identity.seed + 1),
      updater_({.wanted = requirements(), .server = coap::peer_of(start.identity.server)}, flash_,
               start.layout, firmware_, coap_, Verify{this}),
      inference_(make_inference()),
      activity_({coap_, flash_, start.layout, start.identity, Module::workspace()}) {
  if (crash::pending() != nullptr) {
    device_.set_error(lwm2m::device::kErrorCrashed);
  }
}

template <typename Network, typename Module, typename ActivityPolicy>
net::StackConfig Program<Network, Module, ActivityPolicy>::stack_config(const Identity &identity) {
  net::StackConfig config;
  const hal::BootInfo &info = hal::boot_info();
  std::copy(std::begin(info.mac), std::end(info.mac), config.mac.begin());
  config.random_seed = static_cast<std::uint32_t>(identity.seed);
  return config;
}

/// What an update must be to run here.
template <typename Network, typename Module, typename ActivityPolicy>
image::Requirements Program<Network, Module, ActivityPolicy>::requirements() {
  image::Requirements wanted;
  wanted.board = board_profile.board;
  wanted.oldest_abi = hal::kAbiVersion;
  wanted.newest_abi = hal::kAbiVersion;
  wanted.payload =
      board_profile.image_address == 0 ? image::Payload::kElf : image::Payload::kBinary;
  wanted.load_address = board_profile.image_address;
  wanted.max_payload_bytes = board_profile.rom_bytes;
  return wanted;
}

template <typename Network, typename Module, typename ActivityPolicy>
std::string_view Program<Network, Module, ActivityPolicy>::more_links() {
  if constexpr (!ActivityPolicy::kLinks.empty()) {
    return ActivityPolicy::kLinks;
  }
  return Module::kPresent ? "</infer>;rt=\"tinyml.infer\";ct=42" : "";
}

template <typename Network, typename Module, typename ActivityPolicy>
typename Program<Network, Module, ActivityPolicy>::Inference
Program<Network, Module, ActivityPolicy>::make_inference() {
  if constexpr (Module::kPresent) {
    return Inference(LinkedModule{*Module::info(), Module::arena()}, coap_, result_, display_,
                     Run{});
  } else {
    return Inference{};
  }
}

template <typename Network, typename Module, typename ActivityPolicy>
image::Error Program<Network, Module, ActivityPolicy>::Verify::operator()(store::Slot slot) const {
  const boot::ServiceTable *services = boot::services();
  if (services == nullptr || !services->is_valid()) {
    return image::Error::kNoKey;
  }
  // The workspace may be the module's arena and the network's frame. A datagram that waits in the
  // frame is given up: it would carry what is computed here.
  program->inference_.forget();
  program->activity_.forget();
  (void)program->network_.payload_room();
  return boot::verify_slot(*services, slot, Module::workspace());
}

template <typename Network, typename Module, typename ActivityPolicy>
bool Program<Network, Module, ActivityPolicy>::step() {
  sleep();
  receive();
  network_.poll(now_ns_);
  follow_address();
  if (network_.ready()) {
    poll();
    follow_registration();
  }
  follow_objects();
  follow_frames();
  return !must_restart();
}

/// A clock that runs on by minutes while nobody looks at it is told; everything that was due in
/// between simply happens now.
template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::sleep() {
  constexpr unsigned kSecondsLog2Ns = 30; // near enough
  constexpr std::uint32_t kJumpSeconds = 60;
  const std::uint64_t deadline_ns = std::max(next_deadline_ns(), now_ns_);
  hal::wait_until(deadline_ns - stepped_back_ns_);
  read_clock();
  const auto late_s =
      static_cast<std::uint32_t>((now_ns_ - std::min(deadline_ns, now_ns_)) >> kSecondsLog2Ns);
  if (late_s >= kJumpSeconds) {
    events::note(events::Id::kClockJump, late_s);
  }
}

/// The ring is small: errors are told when their number has doubled.
template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::follow_frames() {
  const net::Counters &counters = network_.counters();
  const std::uint32_t bad = std::uint32_t{counters.malformed} + counters.bad_checksum;
  if (bad > frame_errors_) {
    frame_errors_ = 2 * bad - 1;
    events::note(events::Id::kFrameErrors, bad);
  }
}

/// Time never runs backwards here: what the clock steps back is added from then on.
template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::read_clock() {
  const std::uint64_t clock_ns = hal::monotonic_ns();
  stepped_back_ns_ = std::max(stepped_back_ns_, now_ns_ - std::min(clock_ns, now_ns_));
  now_ns_ = clock_ns + stepped_back_ns_;
  now_ms_ = millis_of(now_ns_);
  earliest_ns_ = now_ns_ + kRetryNs;
}

template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::receive() {
  while (const auto datagram = network_.receive(now_ns_)) {
    const coap::PeerId peer{(std::uint64_t{datagram->peer.address.bits} << 16) |
                            datagram->peer.port};
    dispatch(coap_.receive(peer, datagram->payload, now_ms()));
    flush();
    read_clock();
  }
}

template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::dispatch(const coap::Event &event) {
  if (event.kind == coap::EventKind::kNone || activity_.handle(event, now_ms()) ||
      inference_.handle(event, device_.time_s(), now_ms()) || updater_.handle(event, now_ms()) ||
      client_.handle(event, now_ms())) {
    return;
  }
  if (event.kind == coap::EventKind::kRequest) {
    coap::Draft draft = coap_.reply(event.request, coap::Code::kNotFound);
    coap_.send(draft, now_ms());
  }
}

/// Sends what the endpoint has, and tells its owners what became of older messages.
template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::flush() {
  while (const coap::Event event = coap_.poll(now_ms())) {
    if (event.kind != coap::EventKind::kSend) {
      dispatch(event);
      continue;
    }
    const net::Endpoint peer{{static_cast<std::uint32_t>(event.peer.value >> 16)},
                             static_cast<std::uint16_t>(event.peer.value)};
    // A datagram that cannot leave now is lost like one on the way: retransmission brings it back.
    static_cast<void>(network_.send(peer, kLocalPort, event.datagram, now_ns_));
  }
}

template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::poll() {
  std::uint64_t uptime_s = now_ms();
  divide_in_place(uptime_s, 1000);
  device_.set_uptime_s(static_cast<std::uint32_t>(uptime_s));
  if (restart_ms_ == coap::kNever) {
    client_.poll(now_ms());
    flush();
  }
  updater_.poll(now_ms());
  flush();
  if constexpr (ActivityPolicy::kPresent) {
    activity_.poll(now_ms());
    flush();
    if constexpr (requires { activity_.adapted(); }) {
      model_.set_adapted(activity_.adapted());
    }
  }
}

template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::follow_address() {
  if (!has_address_ && network_.ready()) {
    has_address_ = true;
    const std::uint32_t bits = network_.address().bits;
    events::note(events::Id::kAddress, bits & diagnostics::kMaxEventArgument);
    print_line("address: ", bits >> 24, ".", bits >> 16 & 255, ".", bits >> 8 & 255, ".",
               bits & 255);
  }
}

template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::follow_registration() {
  const bool registered = client_.registrar().registered();
  if (registered == was_registered_) {
    return;
  }
  was_registered_ = registered;
  events::note(registered ? events::Id::kRegistered : events::Id::kRegistrationLost);
  if (!registered) {
    return print_line("registration lost");
  }
  print_line("registered: ", start_.identity.endpoint.view(), " as ",
             client_.registrar().location());
  if (on_trial_) {
    confirm();
  }
}

/// The new image reached its server: from now on it is the one to come back to.
template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::confirm() {
  const bool good = store::confirm(flash_, start_.layout) == hal::Status::kOk;
  on_trial_ = !good;
  events::note(events::Id::kUpdateConfirmed, good ? 1 : 0);
  firmware_.report(good ? lwm2m::UpdateResult::kSuccess : lwm2m::UpdateResult::kUpdateFailed);
  print_line(good ? "update: confirmed" : "update: cannot be confirmed, the store failed");
  client_.poll(now_ms());
  flush();
}

template <typename Network, typename Module, typename ActivityPolicy>
void Program<Network, Module, ActivityPolicy>::follow_objects() {
  if (display_.take_shown()) {
    print_line("display: ", display_.text());
  }
  if (device_.take_reboot()) {
    restart_ms_ = now_ms() + kRebootDelayMs;
  }
  if (device_.error() == 0) {
    crash::clear(); // the server has read it
  }
}

template <typename Network, typename Module, typename ActivityPolicy>
bool Program<Network, Module, ActivityPolicy>::must_restart() {
  if (on_trial_ && !was_registered_ && now_ms() >= kTrialMs) {
    print_line("update: no server reached on trial, giving up");
    events::note(events::Id::kTrialAbandoned);
    return true;
  }
  return now_ms() >= restart_ms_ || updater_.wants_restart(now_ms()) ||
         (now_ms() >= kRecoveryMs && was_called_for_nothing());
}

template <typename Network, typename Module, typename ActivityPolicy>
bool Program<Network, Module, ActivityPolicy>::was_called_for_nothing() const {
  return start_.layout.has_recovery && !on_trial_ && start_.boot.booted != start_.boot.confirmed &&
         firmware_.state() == lwm2m::UpdateState::kIdle;
}

template <typename Network, typename Module, typename ActivityPolicy>
std::uint64_t Program<Network, Module, ActivityPolicy>::next_deadline_ns() {
  std::uint64_t next_ms = std::min(updater_.next_deadline_ms(), restart_ms_);
  next_ms = on_trial_ ? std::min(next_ms, kTrialMs) : next_ms;
  next_ms = was_called_for_nothing() ? std::min(next_ms, kRecoveryMs) : next_ms;
  if (network_.ready()) {
    next_ms = std::min({next_ms, client_.next_deadline_ms(), coap_.next_deadline()});
  }
  if constexpr (ActivityPolicy::kPresent) { // its work is no retry: nothing has to pause
    const coap::Millis due_ms = network_.ready() ? activity_.next_deadline_ms() : coap::kNever;
    if (due_ms <= now_ms()) {
      return now_ns_;
    }
    next_ms = std::min(next_ms, due_ms);
  }
  const std::uint64_t next_ns =
      next_ms > coap::kNever / kNsPerMs ? net::kNever : next_ms * kNsPerMs;
  return std::min(std::max(next_ns, earliest_ns_), network_.next_deadline_ns());
}

} // namespace tinyml::device
