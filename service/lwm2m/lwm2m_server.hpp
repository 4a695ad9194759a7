// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/server_registry.hpp"
#include "service/lwm2m/device_queue.hpp"
#include "service/lwm2m/package_server.hpp"

#include <string>
#include <unordered_map>

namespace tinyml::service {

/// "127.0.0.1:5683" of a peer, and back.
[[nodiscard]] std::string peer_text(coap::PeerId peer);
[[nodiscard]] std::optional<coap::PeerId> peer_from_text(std::string_view text);

/// The LwM2M server of the service: /rd, /fw, /.well-known/core, and requests to devices.
class Lwm2mServer {
public:
  struct Hooks {
    std::function<coap::Millis()> now_ms;
    std::function<void(coap::PeerId, ByteView)> send;
    /// A device registered, updated, left or expired. Null registration when it is gone.
    std::function<void(lwm2m::RegistryEvent, const std::string &endpoint,
                       const lwm2m::Registration *)>
        registration;
    /// Any other sign of life.
    std::function<void(const std::string &endpoint)> seen;
    std::function<void(const std::string &endpoint, const ExchangeRecord &)> trace;
    std::function<PackageServer::Image(const std::string &build)> find_image;
    /// A device pulled image bytes up to here. The endpoint is empty when it pulls from another
    /// address than it registered from.
    std::function<void(const std::string &endpoint, const std::string &build,
                       std::int64_t sent_bytes)>
        pulled;
    std::function<void()> asked; ///< next_deadline() may have changed
  };
  struct Counters {
    std::uint64_t datagrams_in = 0;
    std::uint64_t datagrams_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t registrations = 0;
    std::uint64_t updates = 0;
  };

  Lwm2mServer(std::uint64_t seed, Hooks hooks, const coap::Parameters &parameters = defaults());

  /// The RFC's parameters, but several requests to one peer at a time: DeviceQueue counts them.
  [[nodiscard]] static coap::Parameters defaults();

  void receive(coap::PeerId from, ByteView datagram);
  void poll();
  [[nodiscard]] coap::Millis next_deadline() const { return node_.next_deadline(); }
  /// Ends registrations whose lifetime has passed; call it every second or so.
  void expire();

  /// Puts a registration back after a restart of the service.
  void restore(const lwm2m::Registration &registration);
  void ask(const std::string &endpoint, DeviceRequest request) {
    queue_.ask(endpoint, std::move(request));
  }
  [[nodiscard]] const lwm2m::Registration *find(std::string_view endpoint) const {
    return registry_.find(endpoint);
  }
  /// "coap://host:port" by which the device knows us, when it said so in its registration.
  [[nodiscard]] std::optional<std::string> authority(const std::string &endpoint) const;
  [[nodiscard]] const Counters &counters() const { return counters_; }
  [[nodiscard]] std::size_t registered() const { return registry_.all().size(); }

private:
  void on_request(const coap::Event &event);
  void on_registry(const coap::Event &event, const std::vector<std::string_view> &path);
  void answer_registry(const coap::Event &event, const std::vector<std::string_view> &path,
                       ByteView payload, const coap::BlockSink *sink);
  void registry_changed(const lwm2m::RegistryReply &reply, const coap::Event &event);
  void on_core(const coap::Event &event);
  void served(coap::PeerId peer, const std::string &build, std::int64_t sent, std::int64_t total);
  [[nodiscard]] std::string endpoint_of(coap::PeerId peer) const;
  void moved(const std::string &endpoint, coap::PeerId peer);
  void left(const std::string &endpoint);
  void trace_inbound(const std::string &endpoint, const coap::Event &event,
                     const lwm2m::RegistryReply &reply);

  struct Blocks {
    coap::BlockSink sink;
    std::vector<std::uint8_t> bytes;
    coap::Millis since_ms = 0;
  };
  struct Download {
    coap::Millis since_ms = 0;
    std::int64_t bytes = 0;
  };

  Hooks hooks_;
  CoapNode node_;
  DeviceQueue queue_;
  PackageServer packages_;
  lwm2m::Registry registry_;
  std::map<std::uint64_t, Blocks> blocks_;                              ///< by peer
  std::map<std::pair<std::uint64_t, std::string>, Download> downloads_; ///< by peer and build
  std::map<std::string, std::string> authorities_;                      ///< by endpoint
  std::unordered_map<std::uint64_t, std::string> endpoint_of_peer_;
  std::unordered_map<std::string, std::uint64_t> peer_of_endpoint_;
  Counters counters_;
};

} // namespace tinyml::service
