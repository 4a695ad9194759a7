// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "bench/os/bench_device.hpp"

#include <optional>

namespace tinyml::bench_os {

/// Instructions that the board's processor executes from its reset until the first frame is on the
/// wire: exact, equal programs give equal counts. Nothing on boards without an emulated network
/// card.
[[nodiscard]] Expected<std::optional<std::uint64_t>>
instructions_to_first_frame(const BenchDevice &device, const std::filesystem::path &work);

/// When the first packet of a capture (libpcap's file format, version 2.4) was taken, in
/// microseconds since 1970; nothing when there is none yet.
[[nodiscard]] std::optional<std::uint64_t> first_packet_us(ByteView capture);

} // namespace tinyml::bench_os
