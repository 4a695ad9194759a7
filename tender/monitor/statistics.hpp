// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "tender/switch/file_descriptor.hpp"

namespace tinyml::tender {

/// What `--stats` tells when the guest has ended.
class Statistics {
public:
  std::uint32_t starts = 0;
  std::uint64_t requests = 0;
  std::uint64_t faults = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t first_frame_ns = 0; ///< since the monitor's main(); 0: none yet

  /// Opens what has to be read later; before confine().
  void prepare();
  /// One line of JSON on standard error.
  void print(ByteSpan guest_memory) const;

private:
  FileDescriptor memory_use_;
};

} // namespace tinyml::tender
