// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/endpoint.hpp"

namespace tinyml::device {

/// Inference and learning take turns in the module's arena. While an input comes in by blocks,
/// learning waits, but not for ever: an input that stays away for too long has to begin again.
class ArenaTurns {
public:
  enum class Verdict : std::uint8_t { kGoOn, kBeginAgain };

  /// A request to /infer.
  Verdict see(const coap::Event &event, coap::Millis now_ms) {
    const auto input = event.message.block(coap::OptionNumber::kBlock1);
    const auto output = event.message.block(coap::OptionNumber::kBlock2);
    const bool goes_on =
        event.repeated || (input && input->number != 0) || (output && output->number != 0);
    if (goes_on && !open_) {
      return Verdict::kBeginAgain;
    }
    const bool comes = input && input->more;
    const bool whole_output = !output || !output->more;
    open_ = true;
    quiet_until_ms_ = comes || !whole_output ? now_ms + kPatienceMs : now_ms;
    return Verdict::kGoOn;
  }
  /// Until when learning must not touch the arena.
  [[nodiscard]] coap::Millis quiet_until_ms() const { return quiet_until_ms_; }
  /// It was touched.
  void taken() { open_ = false; }

private:
  /// A block that was lost is repeated after two or three seconds.
  static constexpr coap::Millis kPatienceMs = 4000;

  bool open_ = false; ///< nobody else used the arena since the latest request
  coap::Millis quiet_until_ms_ = 0;
};

} // namespace tinyml::device
