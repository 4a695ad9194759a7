// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace tinyml::host {

/// A program that runs beside this one. Unless released, it ends with the object and with this
/// program.
class Child {
public:
  struct Options {
    std::vector<std::string> argv;     ///< argv[0] is looked up in PATH
    std::filesystem::path output_file; ///< stdout and stderr are appended here; ours when empty
    bool outlives_us = false;          ///< a session of its own, not killed when this program dies
  };
  /// kUnavailable when the program is not there.
  [[nodiscard]] static Expected<Child> start(const Options &options);

  Child(Child &&other) noexcept
      : pid_(std::exchange(other.pid_, -1)), status_(std::exchange(other.status_, std::nullopt)) {}
  Child &operator=(Child &&other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(status_, other.status_);
    return *this;
  }
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  /// Exit code, or 128 + signal, once it has ended.
  [[nodiscard]] std::optional<int> ended();
  /// SIGTERM, then SIGKILL to its process group when `grace` has passed.
  void stop(std::chrono::milliseconds grace = std::chrono::seconds(5));
  /// Lets it live on without this object.
  void release() { pid_ = -1; }

private:
  explicit Child(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;
  std::optional<int> status_;
};

/// A UDP or TCP port on 127.0.0.1 that was free a moment ago.
[[nodiscard]] Expected<std::uint16_t> free_tcp_port();
[[nodiscard]] Expected<std::uint16_t> free_udp_port();

} // namespace tinyml::host
