// SPDX-License-Identifier: Apache-2.0
#include "training/run/run_network.hpp"

namespace tinyml::coordinator {
namespace {

constexpr std::uint32_t kLoopback = 127;

Expected<std::unique_ptr<CoapClient>> client_over(Expected<std::unique_ptr<DatagramLink>> link,
                                                  std::uint64_t seed) {
  if (!link.ok()) {
    return Failure{link.error()};
  }
  return std::make_unique<CoapClient>(*std::move(link), seed);
}

} // namespace

Expected<std::unique_ptr<RunNetwork>> RunNetwork::open(const Wish &wish) {
  std::unique_ptr<RunNetwork> network(new RunNetwork);
  auto loopback = client_over(open_loopback_link(), wish.seed);
  if (!loopback.ok()) {
    return Failure{loopback.error()};
  }
  network->on_loopback_ = *std::move(loopback);
  if (!wish.with_switch) {
    return network;
  }
  tender::SwitchConfig config;
  if (!wish.capture.empty()) {
    auto capture = FrameCapture::create(wish.capture);
    if (!capture.ok()) {
      return Failure{capture.error()};
    }
    network->capture_ = *std::move(capture);
    config.tap = [to = network->capture_.get()](ByteView frame) { to->take(frame); };
  }
  auto running = tender::SwitchThread::start(config);
  if (!running.ok()) {
    return Failure{running.error()};
  }
  network->switch_ = *std::move(running);
  auto station = client_over(open_switch_link(network->switch_->port()), wish.seed + 1);
  if (!station.ok()) {
    return Failure{station.error()};
  }
  network->on_switch_ = *std::move(station);
  return network;
}

std::optional<std::uint16_t> RunNetwork::switch_port() const {
  return switch_ ? std::optional(switch_->port()) : std::nullopt;
}

std::optional<net::Ipv4Address> RunNetwork::address_of(const net::MacAddress &mac) const {
  return switch_ ? switch_->get().address_of(mac) : std::nullopt;
}

Expected<CoapResponse> RunNetwork::ask(const CoapRequest &request, std::stop_token stop) {
  const bool is_loopback = request.to.address.bits >> 24U == kLoopback;
  if (!is_loopback && !on_switch_) {
    return fail(ErrorCode::kInternal, "a device on the switch is asked without a switch");
  }
  return (is_loopback ? on_loopback_ : on_switch_)->ask(request, std::move(stop));
}

} // namespace tinyml::coordinator
