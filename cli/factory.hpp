// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_client.hpp"
#include "tender/machine/provisioning.hpp"

#include <map>

namespace tinyml::cli {

/// Makes the stores of new devices for one service: its key, its address as devices see it, and its
/// first image for each board.
class Factory {
public:
  /// Asks the service; its errors tell how to start one.
  [[nodiscard]] static Expected<Factory> of(const std::string &service_url);

  /// A store that is as from the factory. Images are asked for once a board.
  [[nodiscard]] Expected<void> make(const std::filesystem::path &store, const std::string &board,
                                    const std::string &endpoint,
                                    const std::array<std::uint8_t, 6> &mac = tender::random_mac());

  /// Tells whether a device that was made earlier still belongs to this service.
  [[nodiscard]] std::string fingerprint() const { return coap_port_ + " " + key_hex_; }

private:
  Factory() = default;
  [[nodiscard]] Expected<const std::vector<std::uint8_t> *> image_for(const std::string &board);

  std::shared_ptr<HttpClient> client_;
  std::string coap_port_;
  std::string key_hex_;
  std::vector<std::uint8_t> key_;
  std::map<std::string, std::vector<std::uint8_t>> images_;
};

} // namespace tinyml::cli
