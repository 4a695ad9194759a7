// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "protocol/coap/block.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/hashed_storage.hpp"
#include "training/run/datagram_link.hpp"

#include <functional>
#include <stop_token>
#include <string>

namespace tinyml::coordinator {

/// One request as a person would write it down.
struct CoapRequest {
  net::Endpoint to;
  coap::Code method = coap::Code::kGet;
  std::string path;                  ///< "train/status"
  std::vector<std::string> queries;  ///< "v=3"
  std::vector<std::uint8_t> payload; ///< sent block by block when it is long
  std::chrono::milliseconds limit = std::chrono::seconds(10); ///< for the answer to each block
};

struct CoapResponse {
  coap::Code code = coap::Code::kEmpty;
  std::vector<std::uint8_t> payload; ///< of all blocks
  std::vector<std::uint8_t> etag;
  std::uint32_t size2 = 0; ///< of the first block, 0 when the server did not say

  [[nodiscard]] bool good() const { return coap::is_success(code); }
};

/// "10.77.0.2:5683".
[[nodiscard]] std::string text_of(net::Endpoint endpoint);

/// "4.22".
[[nodiscard]] std::string code_text(coap::Code code);

/// Asks devices one thing after the other and waits for the answer; block-wise both ways (RFC
/// 7959). Not for several threads.
class CoapClient {
public:
  CoapClient(std::unique_ptr<DatagramLink> link, std::uint64_t seed);

  /// kUnavailable when the device does not answer in time, or answers what breaks the protocol; an
  /// error code is an answer. Ends early (kUnavailable) when `stop` is requested.
  [[nodiscard]] Expected<CoapResponse> ask(const CoapRequest &request,
                                           const std::stop_token &stop = {});

private:
  struct Limits {
    static constexpr std::size_t kExchanges = 64;
    static constexpr std::size_t kReplies = 64;
    static constexpr std::size_t kPeers = 4096;
    static constexpr std::size_t kMessageBytes = 1280;
  };
  using Endpoint = coap::Endpoint<coap::HashedStorage<Limits>>;
  using Prepare = std::function<void(coap::MessageBuilder &)>;
  using Use = std::function<void(const coap::MessageView &)>;

  [[nodiscard]] Expected<CoapResponse> upload(const CoapRequest &request,
                                              const std::stop_token &stop);
  [[nodiscard]] Expected<void> download(const CoapRequest &request, CoapResponse &response,
                                        const std::stop_token &stop);
  /// One message there and one back, which `use` sees.
  [[nodiscard]] Expected<void> exchange(const CoapRequest &request, const Prepare &prepare,
                                        const Use &use, const std::stop_token &stop);
  [[nodiscard]] bool take(const coap::Event &event, const coap::Token &token, const Use &use,
                          bool &failed);
  [[nodiscard]] coap::Millis now_ms() const;

  std::unique_ptr<DatagramLink> link_;
  Endpoint endpoint_;
};

} // namespace tinyml::coordinator
