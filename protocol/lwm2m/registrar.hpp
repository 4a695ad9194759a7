// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/exchange.hpp"
#include "protocol/coap/message.hpp"
#include "protocol/coap/random.hpp"

#include <array>

namespace tinyml::lwm2m {

/// When a client must register, update and deregister (OMA LwM2M 1.1 core 6.2.1-6.2.3), as a pure
/// state machine: the owner asks what is due, sends it and reports how it ended.
class Registrar {
public:
  enum class Action : std::uint8_t { kNone, kRegister, kUpdate, kDeregister };
  static constexpr std::size_t kMaxLocationBytes = 40;

  explicit Registrar(std::uint64_t seed) : random_(seed) {}

  /// What is to be sent now. The lifetime may have changed since the last call.
  [[nodiscard]] Action due(coap::Millis now_ms) const;
  /// When due() will next say something; kNever while an answer is awaited.
  [[nodiscard]] coap::Millis next_deadline_ms() const { return waiting_ ? coap::kNever : due_ms_; }

  void sent(Action action);
  void answered(const coap::MessageView &response, std::uint32_t lifetime_s, coap::Millis now_ms);
  /// No answer, or a Reset: the server is gone or does not know us.
  void unanswered(coap::Millis now_ms);

  /// Sends an Update at once: the server asked, or the lifetime changed.
  void trigger_update(coap::Millis now_ms);
  /// Deregisters at once; nothing follows.
  void leave(coap::Millis now_ms);

  [[nodiscard]] bool registered() const { return location_size_ != 0; }
  /// Path of the registration without a leading '/', e.g. "rd/5a3f".
  [[nodiscard]] std::string_view location() const { return {location_.data(), location_size_}; }
  /// "1.1", or "1.0" after a server refused that.
  [[nodiscard]] std::string_view version() const { return fall_back_ ? "1.0" : "1.1"; }
  /// True once after each successful registration.
  [[nodiscard]] bool take_registered() {
    const bool fresh = fresh_;
    fresh_ = false;
    return fresh;
  }

private:
  void keep_location(const coap::MessageView &response);
  void register_again(coap::Millis at_ms);
  void back_off(coap::Millis now_ms);
  void schedule_update(std::uint32_t lifetime_s, coap::Millis now_ms);

  coap::SeededRandom random_;
  coap::Millis due_ms_ = 0;
  Action awaiting_ = Action::kNone;
  std::uint8_t failures_ = 0;
  std::uint8_t location_size_ = 0;
  bool waiting_ = false;
  bool leaving_ = false;
  bool fall_back_ = false;
  bool fresh_ = false;
  std::array<char, kMaxLocationBytes> location_{};
};

} // namespace tinyml::lwm2m
