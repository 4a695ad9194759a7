// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "tender/switch/ethernet_switch.hpp"
#include "training/run/coap_client.hpp"
#include "training/run/frame_capture.hpp"

namespace tinyml::coordinator {

/// What a run's machines talk over: a switch for virtual ones, this host's loopback for those that
/// are its processes; and this program's own place in both.
class RunNetwork {
public:
  struct Wish {
    bool with_switch = false;
    std::filesystem::path capture; ///< all frames on the switch, as pcap; empty: nowhere
    std::uint64_t seed = 0;        ///< of message ids and tokens
  };
  [[nodiscard]] static Expected<std::unique_ptr<RunNetwork>> open(const Wish &wish);

  [[nodiscard]] std::optional<std::uint16_t> switch_port() const;
  /// The address that a virtual machine got; nothing before.
  [[nodiscard]] std::optional<net::Ipv4Address> address_of(const net::MacAddress &mac) const;
  /// Asks a device at its address, whichever network that is in.
  [[nodiscard]] Expected<CoapResponse> ask(const CoapRequest &request, std::stop_token stop = {});

private:
  RunNetwork() = default;

  std::unique_ptr<FrameCapture> capture_; ///< outlives the switch
  std::unique_ptr<tender::SwitchThread> switch_;
  std::unique_ptr<CoapClient> on_loopback_;
  std::unique_ptr<CoapClient> on_switch_;
};

} // namespace tinyml::coordinator
