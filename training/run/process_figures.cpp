// SPDX-License-Identifier: Apache-2.0
#include "training/run/process_figures.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace tinyml::coordinator {
namespace {

constexpr int kMaxDepth = 4; // launchers have one child

std::string proc(pid_t process, const char *file) {
  return "/proc/" + std::to_string(process) + "/" + file;
}

/// Fields 14 and 15 of proc(5) stat; the name before them may hold anything but ends at the last
/// parenthesis.
std::optional<double> own_cpu_seconds(pid_t process) {
  std::ifstream file(proc(process, "stat"));
  std::string line;
  std::getline(file, line);
  const std::size_t end = line.rfind(')');
  if (end == std::string::npos) {
    return std::nullopt;
  }
  std::istringstream fields(line.substr(end + 1));
  std::string word;
  constexpr int kFieldsBefore = 11; // state is field 3
  for (int i = 0; i < kFieldsBefore; ++i) {
    fields >> word;
  }
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  if (!(fields >> user >> system)) {
    return std::nullopt;
  }
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t own_anonymous_bytes(pid_t process) {
  std::ifstream status(proc(process, "status"));
  for (std::string word; status >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == "RssAnon:" && status >> kilobytes) {
      return kilobytes << 10U;
    }
  }
  return 0;
}

std::optional<ProcessFigures> tree_figures(pid_t process, int depth) {
  const auto seconds = own_cpu_seconds(process);
  if (!seconds) {
    return std::nullopt;
  }
  ProcessFigures sum{*seconds, own_anonymous_bytes(process)};
  std::ifstream children(proc(process, "task/") + std::to_string(process) + "/children");
  for (pid_t child = 0; depth < kMaxDepth && children >> child;) {
    if (const auto figures = tree_figures(child, depth + 1)) {
      sum.cpu_seconds += figures->cpu_seconds;
      sum.anonymous_bytes += figures->anonymous_bytes;
    }
  }
  return sum;
}

} // namespace

std::optional<ProcessFigures> figures_of(pid_t process) {
  return process > 0 ? tree_figures(process, 0) : std::nullopt;
}

void ProcessMeter::look(pid_t process) {
  if (process != process_) {
    before_s_ += now_.cpu_seconds;
    now_ = {};
    process_ = process;
  }
  if (const auto figures = figures_of(process)) {
    // A child that ended takes its time with it where nobody waited for it yet.
    now_.cpu_seconds = std::max(now_.cpu_seconds, figures->cpu_seconds);
    peak_bytes_ = std::max(peak_bytes_, figures->anonymous_bytes);
  }
}

} // namespace tinyml::coordinator
