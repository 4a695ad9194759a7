// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/options.hpp"

#include "tender/monitor/guest_layout.hpp"

#include <charconv>
#include <cstring>
#include <optional>

namespace tinyml::tender {

const char *const kMonitorUsage =
    "usage: tinyml-monitor [--store FILE] [--kernel ELF] [--switch-port PORT] [--memory SIZE]\n"
    "                      [--max-seconds N] [--max-cpu-seconds N] [--gdb PORT] [--stats]\n"
    "Runs a guest of board kvm-x86_64: the image that its store holds, or a program alone.\n";

namespace {

std::optional<std::uint32_t> number(const char *text, std::uint32_t largest) {
  std::uint32_t value = 0;
  const char *end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, value);
  return error == std::errc{} && rest == end && value > 0 && value <= largest ? std::optional(value)
                                                                              : std::nullopt;
}

/// "512K", "2M": whole pages between the least and the largest machine.
std::optional<std::uint32_t> memory_size(const char *text) {
  const std::size_t length = std::strlen(text);
  const char unit = length > 0 ? text[length - 1] : '\0';
  if (length > 8 || (unit != 'K' && unit != 'M')) {
    return std::nullopt;
  }
  const std::uint32_t scale = unit == 'K' ? 1U << 10 : 1U << 20;
  const auto value = number(std::string(text, length - 1).c_str(), kLargestMachineBytes / scale);
  const std::uint32_t bytes = value.value_or(0) * scale;
  return bytes >= kLeastMachineBytes && bytes % 4096 == 0 ? std::optional(bytes) : std::nullopt;
}

Failure<HostError> wrong(std::string_view name, const char *wanted) {
  return fail(ErrorCode::kInvalidInput, std::string(name) + " wants " + wanted);
}

Expected<void> take_number(std::string_view name, const char *value, std::uint32_t largest,
                           std::uint32_t &into) {
  const auto parsed = number(value, largest);
  if (!parsed) {
    return wrong(name, "a whole number from 1 on");
  }
  into = *parsed;
  return {};
}

Expected<void> take_port(std::string_view name, const char *value, std::uint16_t &into) {
  const auto parsed = number(value, 0xFFFF);
  if (!parsed) {
    return wrong(name, "a port from 1 to 65535");
  }
  into = static_cast<std::uint16_t>(*parsed);
  return {};
}

Expected<void> take(MonitorOptions &options, std::string_view name, const char *value) {
  constexpr std::uint32_t kLongestSeconds = 1'000'000'000;
  if (name == "--store") {
    options.store = value;
  } else if (name == "--kernel") {
    options.kernel = value;
  } else if (name == "--switch-port") {
    return take_port(name, value, options.switch_port);
  } else if (name == "--gdb") {
    return take_port(name, value, options.gdb_port);
  } else if (name == "--max-seconds") {
    return take_number(name, value, kLongestSeconds, options.max_seconds);
  } else if (name == "--max-cpu-seconds") {
    return take_number(name, value, kLongestSeconds, options.max_cpu_seconds);
  } else if (name == "--memory") {
    const auto bytes = memory_size(value);
    if (!bytes) {
      return wrong(name, "a size from 128K to 64M in steps of 4K, as in 512K or 2M");
    }
    options.memory_bytes = *bytes;
  } else {
    return fail(ErrorCode::kInvalidInput, "there is no option " + std::string(name));
  }
  return {};
}

} // namespace

Expected<MonitorOptions> parse_options(std::span<const char *const> arguments) {
  MonitorOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--stats") {
      options.statistics = true;
      continue;
    }
    const char *value = i + 1 < arguments.size() ? arguments[++i] : nullptr;
    if (value == nullptr) {
      return fail(ErrorCode::kInvalidInput, std::string(name) + " is no option or has no value");
    }
    if (const auto taken = take(options, name, value); !taken) {
      return Failure{taken.error()};
    }
  }
  if (options.store == nullptr && options.kernel == nullptr) {
    return fail(ErrorCode::kInvalidInput,
                "nothing to run: --store FILE names a provisioned store, --kernel ELF a program");
  }
  return options;
}

} // namespace tinyml::tender
