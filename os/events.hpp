// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/retained.hpp"

/// The ring of the latest events (docs/debugging.md), in memory that survives a reset where the
/// board has such: what led to a crash can be read after it.
namespace tinyml::events {

using diagnostics::Event;
using Id = diagnostics::EventId;

/// Arguments above 24 bits are cut to the largest.
void note(Id id, std::uint32_t argument = 0);

/// How many can be read, at most Retained::kEvents.
[[nodiscard]] std::uint32_t count();
/// 0 is the oldest that is kept; `index` is below count().
[[nodiscard]] const Event &at(std::uint32_t index);

} // namespace tinyml::events
