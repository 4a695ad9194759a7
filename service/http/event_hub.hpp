// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace tinyml::service {

/// Hands what happens to everybody who listens (server-sent events, WHATWG HTML section 9.2), and
/// keeps the last ones for listeners that come back.
class EventHub {
public:
  static constexpr std::size_t kKeptEvents = 1024;

  /// Gets one encoded event ("id: …\nevent: …\ndata: …\n\n").
  using Listener = std::function<void(const std::string &)>;

  void publish(std::string_view kind, const nlohmann::json &data);

  /// Calls the listener with every kept event after `last_event_id` (none when absent), then with
  /// every new one until remove().
  [[nodiscard]] std::uint64_t add(Listener listener, std::optional<std::uint64_t> last_event_id);
  void remove(std::uint64_t listener);
  [[nodiscard]] std::size_t listeners() const { return listeners_.size(); }

private:
  struct Kept {
    std::uint64_t id;
    std::string text;
  };
  std::deque<Kept> kept_;
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t next_event_ = 1;
  std::uint64_t next_listener_ = 1;
};

} // namespace tinyml::service
