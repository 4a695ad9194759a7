// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/adaptive/adaptive_device.hpp"
#include "device/worker/worker_activity.hpp"

namespace tinyml::device {

/// Inference, fine-tuning and runs by one training module, as what a program does besides
/// (Program's third policy); `Step` has no state.
template <typename Step> struct AdaptiveActivity : WorkerActivity<Step> {
  static constexpr std::string_view kLinks =
      "</infer>;rt=\"tinyml.infer\";ct=42,</train/status>;rt=\"tinyml.worker\";ct=42,"
      "</train/fit>;rt=\"tinyml.adaptive\";ct=42";

  template <typename Context> class In {
  public:
    explicit In(const Context &context)
        : device_(context.coap, context.flash, context.layout, step_, context.identity.seed + 2) {}

    bool handle(const coap::Event &event, coap::Millis now_ms) {
      return device_.handle(event, now_ms);
    }
    void poll(coap::Millis now_ms) { device_.poll(now_ms); }
    [[nodiscard]] coap::Millis next_deadline_ms() const { return device_.next_deadline_ms(); }
    void forget() { device_.forget(); }
    [[nodiscard]] bool adapted() const { return device_.adapted(); }

  private:
    [[no_unique_address]] Step step_;
    AdaptiveDevice<typename Context::Flash, typename Context::Coap, Step> device_;
  };
};

} // namespace tinyml::device
