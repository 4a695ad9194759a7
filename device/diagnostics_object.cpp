// SPDX-License-Identifier: Apache-2.0
#include "device/diagnostics_object.hpp"

#include "os/hal.hpp"

namespace tinyml::device {
namespace {

ByteView bytes_of(const void *first, std::size_t size) {
  return {static_cast<const std::uint8_t *>(first), size};
}

} // namespace

/// Both are sent as they lie in memory: nothing here costs a copy.
void DiagnosticsObject::read(std::uint16_t resource, lwm2m::ValueWriter &out) {
  if (resource == lwm2m::diagnostics::kEvents) {
    Retained &kept = hal::retained();
    kept.ticks_now = tinyml::diagnostics::ticks_of(hal::monotonic_ns());
    return out.opaque(resource, bytes_of(&kept.event_count, kEventLogBytes));
  }
  if (const crash::Record *record = crash::pending(); record != nullptr) {
    out.opaque(resource, bytes_of(record, sizeof(*record)));
  }
}

} // namespace tinyml::device
