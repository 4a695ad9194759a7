// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/echo.hpp"
#include "service/lwm2m/coap_node.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tinyml::service {

/// GET /fw/<build>: images by Block2 with ETag and Size2. Holds no state a download depends on:
/// every request says which block it wants, so a cut-off download goes on after any pause. Peers
/// that have not shown that they are where they say are challenged first (RFC 9175).
class PackageServer {
public:
  using Image = std::shared_ptr<const std::vector<std::uint8_t>>;
  struct Hooks {
    std::function<Image(const std::string &build)> find; ///< null: no such image
    /// A block up to `sent_bytes` of an image of `total_bytes` was sent to a peer.
    std::function<void(coap::PeerId, const std::string &build, std::int64_t sent_bytes,
                       std::int64_t total_bytes)>
        served;
  };

  PackageServer(CoapNode &node, std::uint64_t seed, Hooks hooks)
      : node_(node), random_(seed), hooks_(std::move(hooks)) {}

  void handle(const coap::Event &event, const std::string &build, coap::Millis now_ms);

private:
  [[nodiscard]] Image image(const std::string &build);

  static constexpr std::size_t kRememberedPeers = 256;
  static constexpr std::size_t kKeptImages = 8;

  CoapNode &node_;
  coap::SeededRandom random_;
  Hooks hooks_;
  coap::EchoGuard<kRememberedPeers> guard_;
  std::map<std::string, Image> kept_;
};

} // namespace tinyml::service
