// SPDX-License-Identifier: Apache-2.0
#include "service/http/event_hub.hpp"

namespace tinyml::service {

void EventHub::publish(std::string_view kind, const nlohmann::json &data) {
  const std::uint64_t id = next_event_++;
  std::string text = "id: " + std::to_string(id) + "\nevent: " + std::string(kind) + "\ndata: " +
                     data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n\n";
  kept_.push_back({id, std::move(text)});
  if (kept_.size() > kKeptEvents) {
    kept_.pop_front();
  }
  const auto everybody = listeners_; // a listener may remove itself or others
  for (const auto &[number, listener] : everybody) {
    if (listeners_.contains(number)) {
      listener(kept_.back().text);
    }
  }
}

std::uint64_t EventHub::add(Listener listener, std::optional<std::uint64_t> last_event_id) {
  for (const Kept &event : kept_) {
    if (last_event_id && event.id > *last_event_id) {
      listener(event.text);
    }
  }
  listeners_[next_listener_] = std::move(listener);
  return next_listener_++;
}

void EventHub::remove(std::uint64_t listener) { listeners_.erase(listener); }

} // namespace tinyml::service
