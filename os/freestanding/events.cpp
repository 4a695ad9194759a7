// SPDX-License-Identifier: Apache-2.0
#include "os/events.hpp"

#include "os/hal.hpp"

namespace tinyml::events {

void note(Id id, std::uint32_t argument) {
  Retained &kept = hal::retained();
  kept.events[kept.event_count++ % Retained::kEvents] =
      Event::of(diagnostics::ticks_of(hal::monotonic_ns()), id, argument);
}

std::uint32_t count() {
  const std::uint32_t ever = hal::retained().event_count;
  return ever < Retained::kEvents ? ever : Retained::kEvents;
}

const Event &at(std::uint32_t index) {
  const Retained &kept = hal::retained();
  const std::uint32_t oldest = kept.event_count - count();
  return kept.events[(oldest + index) % Retained::kEvents];
}

} // namespace tinyml::events
