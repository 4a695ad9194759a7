// SPDX-License-Identifier: Apache-2.0
#include "os/boards/linux/process.hpp"
#include "os/hal.hpp"

namespace tinyml::hal {

namespace {

constexpr int kRealTimeClock = 0;
constexpr int kMonotonicClock = 1;
constexpr std::uint64_t kSecond = 1'000'000'000;

struct Poll { // struct pollfd
  int file;
  std::int16_t wanted;
  std::int16_t happened;
};

} // namespace

std::uint64_t monotonic_ns() {
  return linux_board::clock_ns(kMonotonicClock) - linux_board::state.start_ns;
}

std::uint64_t wall_clock_ns() { return linux_board::clock_ns(kRealTimeClock); }

std::uint64_t cycle_count() { return linux_board::clock_ns(kMonotonicClock); }

bool wait_until(std::uint64_t deadline_ns) {
  constexpr std::int16_t kReadable = 1;
  for (;;) {
    const std::uint64_t now = monotonic_ns();
    const std::uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
    const std::int64_t timeout[2] = {static_cast<std::int64_t>(left / kSecond),
                                     static_cast<std::int64_t>(left % kSecond)};
    Poll poll = {linux_board::network_socket(), kReadable, 0};
    const long ready =
        linux_x86_64::call(linux_x86_64::Call::kPollUntil, linux_x86_64::address_of(&poll), 1,
                           linux_x86_64::address_of(timeout));
    if (ready > 0) {
      return true;
    }
    if (left == 0) {
      return false;
    }
  }
}

} // namespace tinyml::hal
