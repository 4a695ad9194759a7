// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/statistics.hpp"

#include <charconv>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace tinyml::tender {
namespace {

constexpr std::size_t kPageBytes = 4096;

const char *loaded_module() {
  constexpr const char *kModules[][2] = {{"/sys/module/kvm_pvm", "kvm_pvm"},
                                         {"/sys/module/kvm_intel", "kvm_intel"},
                                         {"/sys/module/kvm_amd", "kvm_amd"}};
  for (const auto &[path, name] : kModules) {
    if (::access(path, F_OK) == 0) {
      return name;
    }
  }
  return "kvm";
}

const char *module_name = "";

/// The number behind `name` in /proc/PID/smaps_rollup.
std::uint64_t kilobytes(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) {
    return 0;
  }
  const std::size_t digits = text.find_first_of("0123456789", at);
  std::uint64_t value = 0;
  std::from_chars(text.data() + std::min(digits, text.size()), text.data() + text.size(), value);
  return value;
}

std::uint64_t resident_kilobytes(ByteSpan memory) {
  static unsigned char pages[(64U << 20) / kPageBytes];
  std::uint64_t resident = 0;
  if (::mincore(memory.data(), memory.size(), pages) == 0) {
    for (std::size_t i = 0; i < memory.size() / kPageBytes; ++i) {
      resident += pages[i] & 1;
    }
  }
  return resident * kPageBytes / 1024;
}

} // namespace

void Statistics::prepare() {
  module_name = loaded_module();
  memory_use_ = FileDescriptor(::open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC));
}

void Statistics::print(ByteSpan guest_memory) const {
  char text[2048];
  const ssize_t got = ::pread(memory_use_.get(), text, sizeof(text), 0);
  const std::string_view use(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::uint64_t guest = resident_kilobytes(guest_memory);
  const std::uint64_t all = kilobytes(use, "Private_Clean:") + kilobytes(use, "Private_Dirty:");
  const auto field = [](const char *name, std::uint64_t value) {
    return std::string(", \"") + name + "\": " + std::to_string(value);
  };
  const std::string line =
      std::string("{ \"kvm_module\": \"") + module_name + "\"" + field("starts", starts) +
      field("requests", requests) + field("faults", faults) + field("frames_sent", frames_sent) +
      field("frames_received", frames_received) + field("first_frame_us", first_frame_ns / 1000) +
      field("guest_kb", guest) + field("monitor_private_kb", all > guest ? all - guest : 0) +
      " }\n";
  (void)!::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace tinyml::tender
