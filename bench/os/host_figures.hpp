// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/os/bench_device.hpp"

namespace tinyml::bench_os {

/// What a running virtual device costs this machine. Times are from a shared machine and say the
/// order of magnitude.
struct HostFigures {
  std::string board;
  double first_frame_ms = 0;       ///< from the start of the process, program os/net/echo; median
  double delivered_frame_ms = 0;   ///< the same through bootloader and signature, program base
  std::uint64_t private_bytes = 0; ///< of its processes after that frame, guest memory included
  double ping_us = 0;              ///< round trip of 56 bytes through the switch; median. 0: hosted
  double echo_us = 0;              ///< round trip of a UDP datagram of 56 bytes; median
  double frames_per_s = 0;         ///< UDP datagrams of 56 bytes there and back, many at once

  [[nodiscard]] std::uint64_t guests_per_gib() const {
    return private_bytes == 0 ? 0 : (1ULL << 30) / private_bytes;
  }
};

[[nodiscard]] Expected<HostFigures> measure_on_host(const Places &places, const std::string &board,
                                                    int starts, const std::filesystem::path &work);

/// The KVM modules that are loaded, e.g. "kvm_intel"; "none" without.
[[nodiscard]] std::string kvm_modules();

/// Private memory of a process and of all that it started, by smaps_rollup (proc(5)).
[[nodiscard]] std::uint64_t private_bytes_of(int pid);

} // namespace tinyml::bench_os
