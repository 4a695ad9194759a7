// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace tinyml::tender {

/// Memory that only this process and its descendants have: what one more of it costs. Nothing when
/// the process is gone.
[[nodiscard]] std::optional<std::uint64_t> private_memory_bytes(pid_t process);

} // namespace tinyml::tender
