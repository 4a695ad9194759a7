// SPDX-License-Identifier: Apache-2.0
#include "tender/fleet/private_memory.hpp"

#include <fstream>
#include <string>

namespace tinyml::tender {
namespace {

constexpr int kMaxDepth = 4; // launchers have one child

std::string proc(pid_t process, const char *file) {
  return "/proc/" + std::to_string(process) + "/" + file;
}

std::uint64_t own_bytes(std::ifstream &rollup) {
  constexpr std::uint64_t kKilobyte = 1024;
  std::uint64_t sum = 0;
  for (std::string word; rollup >> word;) {
    std::uint64_t kilobytes = 0;
    if ((word == "Private_Clean:" || word == "Private_Dirty:") && rollup >> kilobytes) {
      sum += kilobytes * kKilobyte;
    }
  }
  return sum;
}

std::optional<std::uint64_t> tree_bytes(pid_t process, int depth) {
  std::ifstream rollup(proc(process, "smaps_rollup"));
  if (!rollup) {
    return std::nullopt;
  }
  std::uint64_t sum = own_bytes(rollup);
  std::ifstream children(proc(process, "task/") + std::to_string(process) + "/children");
  for (pid_t child = 0; depth < kMaxDepth && children >> child;) {
    sum += tree_bytes(child, depth + 1).value_or(0);
  }
  return sum;
}

} // namespace

std::optional<std::uint64_t> private_memory_bytes(pid_t process) { return tree_bytes(process, 0); }

} // namespace tinyml::tender
