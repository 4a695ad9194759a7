// SPDX-License-Identifier: Apache-2.0
#include "cli/factory.hpp"

#include "tender/machine/command_line.hpp"

namespace tinyml::cli {
namespace {

Expected<std::vector<std::uint8_t>> from_hex(const std::string &hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::string digits = hex.substr(i, 2);
    if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return fail(ErrorCode::kInternal, "the service's signing key is not hexadecimal");
    }
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(digits, nullptr, 16)));
  }
  return bytes;
}

/// The service's CoAP port, from its health page.
Expected<std::string> coap_port(HttpClient &client) {
  const auto health = client.get("/healthz");
  if (!health.ok()) {
    return Failure{health.error()};
  }
  const std::string address = health->value("coap", "");
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return fail(ErrorCode::kUnavailable, "the service tells no CoAP address");
  }
  return address.substr(colon + 1);
}

} // namespace

Expected<Factory> Factory::of(const std::string &service_url) {
  Factory factory;
  factory.client_ = std::make_shared<HttpClient>(service_url);
  auto port = coap_port(*factory.client_);
  const auto key = factory.client_->get("/v1/signing-key");
  if (!port.ok() || !key.ok()) {
    return Failure{port.ok() ? key.error() : port.error()};
  }
  factory.coap_port_ = *std::move(port);
  factory.key_hex_ = key->value("public_key", "");
  auto bytes = from_hex(factory.key_hex_);
  if (!bytes.ok()) {
    return Failure{bytes.error()};
  }
  factory.key_ = *std::move(bytes);
  return factory;
}

Expected<const std::vector<std::uint8_t> *> Factory::image_for(const std::string &board) {
  const auto known = images_.find(board);
  if (known != images_.end()) {
    return &known->second;
  }
  auto image = client_->get_bytes("/v1/boards/" + path_segment(board) + "/base-image");
  if (!image.ok()) {
    return Failure{image.error()};
  }
  return &images_.emplace(board, *std::move(image)).first->second;
}

Expected<void> Factory::make(const std::filesystem::path &store, const std::string &board,
                             const std::string &endpoint, const std::array<std::uint8_t, 6> &mac) {
  const auto image = image_for(board);
  if (!image.ok()) {
    return Failure{image.error()};
  }
  // A hosted board is on this host's own loopback; the others see the service behind the switch's
  // gateway.
  const std::string host = tender::is_on_host_network(board) ? "127.0.0.1" : "10.77.0.1";
  return tender::provision_device(store,
                                  {.board = board,
                                   .endpoint = endpoint,
                                   .server_uri = "coap://" + host + ":" + coap_port_,
                                   .signing_public_key = key_,
                                   .mac = mac},
                                  **image);
}

} // namespace tinyml::cli
