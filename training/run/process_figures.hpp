// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace tinyml::coordinator {

/// What /proc tells of a machine's process and its descendants (a launcher's image is one).
struct ProcessFigures {
  double cpu_seconds = 0;            ///< user and system, all threads
  std::uint64_t anonymous_bytes = 0; ///< resident and not of a file: RssAnon of proc(5)
};

/// Nothing when the process is gone.
[[nodiscard]] std::optional<ProcessFigures> figures_of(pid_t process);

/// Follows one machine, whose process may die and be started again: CPU time adds up, memory is the
/// largest that was seen.
class ProcessMeter {
public:
  /// Looks again; a process of another id is a new one.
  void look(pid_t process);
  [[nodiscard]] double cpu_seconds() const { return before_s_ + now_.cpu_seconds; }
  [[nodiscard]] std::uint64_t peak_anonymous_bytes() const { return peak_bytes_; }

private:
  pid_t process_ = -1;
  double before_s_ = 0; ///< of processes that are gone
  ProcessFigures now_;
  std::uint64_t peak_bytes_ = 0;
};

} // namespace tinyml::coordinator
