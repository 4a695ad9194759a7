// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>

namespace tinyml::tender {

/// Takes pictures of a running machine's memory through its monitor (QEMU Machine Protocol).
class Monitor {
public:
  explicit Monitor(int fd) : fd_(fd) {}

  /// The monitor's greeting; before anything else.
  [[nodiscard]] Expected<void> greet();
  /// Writes `size_bytes` of the memory from `address` on, as the processor sees it, to a file.
  [[nodiscard]] Expected<void> save(std::uint32_t address, std::uint64_t size_bytes,
                                    const std::string &file);

private:
  [[nodiscard]] Expected<void> command(const std::string &text);
  [[nodiscard]] Expected<std::string> next_line();

  int fd_;
  std::string received_;
};

} // namespace tinyml::tender
