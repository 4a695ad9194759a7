// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/block.hpp"
#include "protocol/lwm2m/server_requests.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tinyml::service {

/// How a request to a device ended.
struct CoapAnswer {
  enum class End {
    kAnswered,  ///< with `code`
    kTimeout,   ///< never answered
    kReset,     ///< the peer does not know what we talk about
    kCancelled, ///< the device restarted, or we stopped waiting
    kBroken,    ///< the answer breaks RFC 7959, or is too large
  };
  End end = End::kCancelled;
  coap::Code code = coap::Code::kEmpty;
  std::optional<std::uint16_t> content_format;
  std::vector<std::uint8_t> payload;
  bool observing = false; ///< the observation that was asked for stands

  [[nodiscard]] bool ok() const { return end == End::kAnswered && coap::is_success(code); }
};

/// "2.05".
[[nodiscard]] std::string code_text(coap::Code code);
/// "2.05", "timeout", "reset", "cancelled", "broken".
[[nodiscard]] std::string describe(const CoapAnswer &answer);

struct Callbacks {
  std::function<void(const CoapAnswer &)> done;
  std::function<void(std::int64_t sent_bytes)> progress; ///< of the request's body; may be empty
  std::function<void(const CoapAnswer &notification)> notified; ///< of an observation; may be empty
};

/// One request with a body of any size and the whole answer to it: a sequence of CoAP requests,
/// each one after the answer to the one before (RFC 7959).
class Conversation {
public:
  static constexpr std::size_t kMaxAnswerBytes = std::size_t{1} << 20;

  Conversation(lwm2m::ClientRequest request, Callbacks callbacks);

  [[nodiscard]] coap::Code method() const { return static_cast<coap::Code>(request_.method); }
  /// Writes the options and payload of the next request.
  void write(coap::MessageBuilder &message) const;
  /// Takes a response. True: send the next request; false: `answer()` is complete.
  [[nodiscard]] bool accept(const coap::MessageView &response);

  [[nodiscard]] const CoapAnswer &answer() const { return answer_; }
  [[nodiscard]] const lwm2m::ClientRequest &request() const { return request_; }
  [[nodiscard]] const Callbacks &callbacks() const { return callbacks_; }
  void end_with(CoapAnswer::End end) { answer_ = {.end = end}; }

private:
  [[nodiscard]] bool accept_download(const coap::MessageView &response);
  bool finish(const coap::MessageView &response, CoapAnswer::End end);

  lwm2m::ClientRequest request_;
  Callbacks callbacks_;
  coap::BlockUpload upload_;
  coap::BlockDownload download_;
  CoapAnswer answer_;
  bool uploading_ = true;
  int restarts_ = 0;
};

} // namespace tinyml::service
