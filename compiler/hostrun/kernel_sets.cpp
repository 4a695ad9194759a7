// SPDX-License-Identifier: Apache-2.0
#include "compiler/hostrun/kernel_sets.hpp"

#include <algorithm>
#include <cstdlib>

namespace tinyml::hostrun {
namespace {

struct HostKernelSet {
  std::string_view name;
  std::span<const char *const> flags;
  bool (*runs_here)();
  std::span<const char *const> extensions;
};

bool always() { return true; }

#if defined(__x86_64__)
// The built-in function also asks whether the operating system saves the wide registers.
bool has_avx2() { return __builtin_cpu_supports("avx2") != 0; }
bool has_avx512vnni() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vnni") != 0;
}
constexpr const char *kAvx2[] = {"-mavx2"};
constexpr const char *kAvx2Words[] = {"avx2"};
constexpr const char *kAvx512VnniWords[] = {"avx512f", "avx512bw", "avx512vl", "avx512dq",
                                            "avx512vnni"};
constexpr const char *kAvx512Vnni[] = {"-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq",
                                       "-mavx512vnni"};
#endif

/// Slowest first.
constexpr HostKernelSet kSets[] = {
    {"scalar", {}, always, {}},
#if defined(__x86_64__)
    {"avx2", kAvx2, has_avx2, kAvx2Words},
    {"avx512vnni", kAvx512Vnni, has_avx512vnni, kAvx512VnniWords},
#endif
};

bool runs_here(std::string_view name) {
  return std::ranges::any_of(
      kSets, [&](const HostKernelSet &set) { return set.name == name && set.runs_here(); });
}

} // namespace

std::vector<std::string> runnable_kernel_sets() {
  std::vector<std::string> names;
  for (const HostKernelSet &set : kSets) {
    if (set.runs_here()) {
      names.emplace_back(set.name);
    }
  }
  return names;
}

std::string best_kernel_set() { return runnable_kernel_sets().back(); }

std::string host_kernel_set() {
  const char *wanted = std::getenv("TINYML_HOST_ISA");
  return wanted != nullptr && runs_here(wanted) ? wanted : best_kernel_set();
}

std::vector<std::string> host_extensions() {
  std::vector<std::string> words;
  const std::string last = host_kernel_set();
  for (const HostKernelSet &set : kSets) {
    if (set.runs_here()) {
      words.insert(words.end(), set.extensions.begin(), set.extensions.end());
    }
    if (set.name == last) {
      break;
    }
  }
  return words;
}

std::span<const char *const> kernel_set_flags(std::string_view name) {
  const auto *set = std::ranges::find(kSets, name, &HostKernelSet::name);
  return set == std::end(kSets) ? std::span<const char *const>{} : set->flags;
}

} // namespace tinyml::hostrun
