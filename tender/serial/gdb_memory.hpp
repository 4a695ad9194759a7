// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace tinyml::tender {

/// Writes the memory of a machine that stands still, read-only memory too, through an emulator's
/// debugger port (GDB Remote Serial Protocol, packet M), and leaves the port again, which lets the
/// machine run.
[[nodiscard]] Expected<void> write_memory_and_run(int debugger, std::uint32_t address,
                                                  ByteView bytes);

} // namespace tinyml::tender
