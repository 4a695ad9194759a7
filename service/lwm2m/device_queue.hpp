// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/lwm2m/coap_node.hpp"
#include "service/store/records.hpp"

#include <deque>
#include <map>
#include <string>

namespace tinyml::service {

/// A request that waits for its turn at a device.
struct DeviceRequest {
  lwm2m::ClientRequest request;
  Callbacks callbacks;
  /// May be under way together with others of its kind; its body must fit in one datagram.
  bool pipelined = false;
  bool traced = true;
};

/// Requests to devices: one at a time to each (RFC 7252 section 4.7, NSTART), pipelined ones a few
/// at a time. Knows where a device is now, so that what waited goes to its new address.
class DeviceQueue {
public:
  static constexpr std::size_t kPipelineDepth = 4;
  static constexpr std::size_t kMaxWaiting = 20'000;
  /// A sleepy device (queue mode) listens this long after it was heard (MAX_TRANSMIT_WAIT).
  static constexpr coap::Millis kAwakeMs = 93'000;

  struct Hooks {
    std::function<coap::Millis()> now_ms;
    std::function<void(const std::string &endpoint, const ExchangeRecord &)> trace;
    std::function<void()> asked; ///< something was sent: timers may have changed
  };

  DeviceQueue(CoapNode &node, Hooks hooks) : node_(node), hooks_(std::move(hooks)) {}

  /// The device can be reached at `peer`; what waits is sent. Observations that stand and requests
  /// that are under way stay.
  void reachable(const std::string &endpoint, coap::PeerId peer, bool sleepy);
  /// The device restarted: everything asked before is cancelled, its observations are gone.
  void restarted(const std::string &endpoint);
  /// The device is gone: as restarted(), and nothing is sent any more.
  void gone(const std::string &endpoint);

  /// Asks a device; `callbacks.done` is called once, with kCancelled when the device is not there.
  /// Not from inside this call.
  void ask(const std::string &endpoint, DeviceRequest request);
  [[nodiscard]] std::size_t under_way(const std::string &endpoint) const;

private:
  struct Line {
    coap::PeerId peer;
    bool there = false;
    bool sleepy = false;
    coap::Millis heard_ms = 0;
    std::deque<DeviceRequest> waiting;
    std::map<CoapNode::Handle, std::function<void(const CoapAnswer &)>> active;
    std::vector<CoapNode::Handle> observations;
    std::size_t pipelined = 0; ///< how many of the active ones
    std::uint64_t era = 0;     ///< counts restarts: late answers of an older era are dropped
  };

  void pump(const std::string &endpoint);
  void send(const std::string &endpoint, Line &line, DeviceRequest request);
  void cancel(Line &line);
  [[nodiscard]] bool may_start(const Line &line) const;

  CoapNode &node_;
  Hooks hooks_;
  std::map<std::string, Line> lines_;
};

} // namespace tinyml::service
