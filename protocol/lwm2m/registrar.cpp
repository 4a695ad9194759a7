// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/registrar.hpp"

#include <algorithm>

namespace tinyml::lwm2m {
namespace {

constexpr coap::Millis kFirstRetryMs = 1000;
constexpr unsigned kMaxDoublings = 6; // 64 s
/// RFC 7252's MAX_TRANSMIT_WAIT: an Update sent this long before the end of the lifetime arrives or
/// has failed when it ends.
constexpr coap::Millis kUpdateMarginMs = 93'000;

} // namespace

Registrar::Action Registrar::due(coap::Millis now_ms) const {
  if (waiting_ || now_ms < due_ms_) {
    return Action::kNone;
  }
  if (leaving_) {
    return Action::kDeregister;
  }
  return registered() ? Action::kUpdate : Action::kRegister;
}

void Registrar::sent(Action action) {
  awaiting_ = action;
  waiting_ = true;
}

void Registrar::answered(const coap::MessageView &response, std::uint32_t lifetime_s,
                         coap::Millis now_ms) {
  const Action action = awaiting_;
  waiting_ = false;
  awaiting_ = Action::kNone;
  if (action == Action::kDeregister) {
    location_size_ = 0;
    due_ms_ = coap::kNever;
    return;
  }
  if (coap::is_success(response.code())) {
    if (action == Action::kRegister) {
      keep_location(response);
    }
    failures_ = 0;
    return schedule_update(lifetime_s, now_ms);
  }
  if (action == Action::kUpdate) {
    return register_again(now_ms); // 4.04: the server has forgotten us
  }
  if (!fall_back_ && coap::code_class(response.code()) == 4) {
    fall_back_ = true; // servers of LwM2M 1.0 refuse "lwm2m=1.1" by 4.12 or 4.00
    return register_again(now_ms);
  }
  fall_back_ = false;
  back_off(now_ms);
}

void Registrar::unanswered(coap::Millis now_ms) {
  waiting_ = false;
  location_size_ = 0;
  if (leaving_) {
    due_ms_ = coap::kNever;
    return;
  }
  back_off(now_ms);
}

void Registrar::trigger_update(coap::Millis now_ms) {
  if (registered() && !leaving_) {
    due_ms_ = now_ms;
  }
}

void Registrar::leave(coap::Millis now_ms) {
  leaving_ = true;
  due_ms_ = registered() ? now_ms : coap::kNever;
}

void Registrar::keep_location(const coap::MessageView &response) {
  location_size_ = 0;
  for (const coap::Option &option : response.options()) {
    const std::string_view segment = option.text();
    if (option.number != coap::OptionNumber::kLocationPath) {
      continue;
    }
    if (location_size_ + 1 + segment.size() > kMaxLocationBytes) {
      location_size_ = 0;
      return;
    }
    if (location_size_ != 0) {
      location_[location_size_++] = '/';
    }
    std::copy(segment.begin(), segment.end(), location_.begin() + location_size_);
    location_size_ = static_cast<std::uint8_t>(location_size_ + segment.size());
  }
  fresh_ = location_size_ != 0;
}

void Registrar::register_again(coap::Millis at_ms) {
  location_size_ = 0;
  due_ms_ = at_ms;
}

/// Doubles the wait with each failure and spreads it by up to a half, so that a fleet does not come
/// back in step after its server restarted.
void Registrar::back_off(coap::Millis now_ms) {
  const unsigned doublings = std::min<unsigned>(failures_, kMaxDoublings);
  failures_ = static_cast<std::uint8_t>(doublings + 1);
  register_again(now_ms + ((kFirstRetryMs + (random_.next() & 511U)) << doublings));
}

void Registrar::schedule_update(std::uint32_t lifetime_s, coap::Millis now_ms) {
  const coap::Millis lifetime_ms = coap::Millis{lifetime_s} * 1000;
  due_ms_ =
      now_ms + std::max(lifetime_ms / 2, lifetime_ms - std::min(lifetime_ms, kUpdateMarginMs));
}

} // namespace tinyml::lwm2m
