// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/activity.hpp"
#include "device/worker/worker.hpp"

namespace tinyml::device {

/// The worker as what a program does besides (Program's third policy); `Step` has no state.
template <typename Step> struct WorkerActivity {
  static constexpr bool kPresent = true;
  static constexpr std::string_view kLinks = "</train/status>;rt=\"tinyml.worker\";ct=42";
  /// A server that was away is found again within seconds: the first repetition comes after one.
  static constexpr coap::Parameters kCoap = {.ack_timeout_ms = 1000, .nstart = 2};
  /// Updates leave by blocks of 1024 bytes.
  template <typename Default> struct Limits : Default {
    static constexpr std::size_t kExchangeBytes = Default::kMessageBytes;
  };

  template <typename Context> class In {
  public:
    explicit In(const Context &context)
        : worker_(context.coap, context.flash, context.layout, step_, context.identity.seed + 2) {}

    bool handle(const coap::Event &event, coap::Millis now_ms) {
      return worker_.handle(event, now_ms);
    }
    void poll(coap::Millis now_ms) { worker_.poll(now_ms); }
    [[nodiscard]] coap::Millis next_deadline_ms() const { return worker_.next_deadline_ms(); }
    void forget() { worker_.forget(); }

  private:
    [[no_unique_address]] Step step_;
    TrainingWorker<typename Context::Flash, typename Context::Coap, Step> worker_;
  };
};

} // namespace tinyml::device
