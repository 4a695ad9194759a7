// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <filesystem>
#include <fstream>
#include <memory>

namespace tinyml::coordinator {

/// Writes Ethernet frames to a file that tcpdump and Wireshark read (pcap, little-endian,
/// microseconds, link type 1).
class FrameCapture {
public:
  [[nodiscard]] static Expected<std::unique_ptr<FrameCapture>>
  create(const std::filesystem::path &file);
  /// One thread at a time. A full disk costs the rest of the file.
  void take(ByteView frame);

private:
  explicit FrameCapture(std::ofstream out) : out_(std::move(out)) {}
  std::ofstream out_;
};

} // namespace tinyml::coordinator
