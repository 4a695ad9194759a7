// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/activity.hpp"
#include "device/parameter_server/server.hpp"

namespace tinyml::device {

/// The third policy of Program for a parameter server.
struct ParameterServerActivity {
  static constexpr bool kPresent = true;
  static constexpr std::string_view kLinks = "</train/run>,</train/model>,</train/status>";

  /// Of its requests to an upstream.
  static constexpr coap::Parameters kCoap = {.ack_timeout_ms = 1000, .nstart = 2};
  /// Many peers at once; answers to updates must be remembered until they have come.
  template <typename Default> struct Limits : Default {
    static constexpr std::size_t kReplies = 32;
    static constexpr std::size_t kExchangeBytes =
        Default::kMessageBytes; ///< an edge's update, by blocks
  };

  template <typename Context> class In {
  public:
    explicit In(const Context &context)
        : server_(context.flash, context.coap, context.layout.user) {}

    bool handle(const coap::Event &event, coap::Millis now_ms) {
      return server_.handle(event, now_ms);
    }
    void poll(coap::Millis now_ms) { server_.poll(now_ms); }
    [[nodiscard]] coap::Millis next_deadline_ms() const { return server_.next_deadline_ms(); }
    void forget() {}

  private:
    ParameterServer<typename Context::Flash, typename Context::Coap> server_;
  };
};

} // namespace tinyml::device
