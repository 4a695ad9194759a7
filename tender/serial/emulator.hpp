// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "tender/switch/file_descriptor.hpp"

#include <string>
#include <vector>

namespace tinyml::tender {

/// A QEMU that stands still at its start, with a serial line, a monitor and a debugger's port that
/// only this program has. Killed when this object goes, and by the kernel when this program dies.
struct Emulator {
  [[nodiscard]] static Expected<Emulator> start(std::vector<std::string> argv);
  Emulator(Emulator &&other) noexcept;
  Emulator &operator=(Emulator &&) = delete;
  ~Emulator();

  FileDescriptor line;
  FileDescriptor monitor;
  FileDescriptor debugger;
  FileDescriptor process; ///< readable when it has ended

  /// Its exit code once it has ended; 128 + the signal that ended it.
  [[nodiscard]] int wait();

private:
  Emulator() = default;
  int pid_ = -1;
};

/// Writes all of it, waiting where needed. False when the other end is gone.
[[nodiscard]] bool write_all(int fd, std::string_view bytes);

} // namespace tinyml::tender
