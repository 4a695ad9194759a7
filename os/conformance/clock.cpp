// SPDX-License-Identifier: Apache-2.0
#include "os/conformance/checks.hpp"

namespace tinyml::conformance {

namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kLongestLate = 100 * kMillisecond;
constexpr std::uint64_t kEarly = ~0ULL;

template <typename Read> bool never_steps_back(Read read) {
  std::uint64_t last = read();
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t now = read();
    if (now < last) {
      return false;
    }
    last = now;
  }
  return true;
}

bool is_a_date_or_none(std::uint64_t since_1970_ns) {
  constexpr std::uint64_t kSince2020Ns = 1'577'836'800'000'000'000;
  return since_1970_ns == 0 || since_1970_ns > kSince2020Ns;
}

/// Waits with nothing to receive; frames that come are taken away.
std::uint64_t overslept_ns(std::uint64_t nap_ns) {
  const std::uint64_t deadline = hal::monotonic_ns() + nap_ns;
  std::uint8_t frame[64];
  while (hal::wait_until(deadline)) {
    (void)hal::net_receive(frame);
  }
  const std::uint64_t now = hal::monotonic_ns();
  return now < deadline ? kEarly : now - deadline;
}

/// Whoever runs a virtual board may be busy elsewhere when a wait ends, but not each time.
std::uint64_t least_overslept_ns(std::uint64_t nap_ns) {
  constexpr int kTries = 8;
  std::uint64_t least = kEarly;
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t late = overslept_ns(nap_ns);
    if (late == kEarly) {
      return kEarly;
    }
    least = late < least ? late : least;
    if (least < kLongestLate) {
      break;
    }
  }
  return least;
}

} // namespace

void check_clock(Report &report) {
  report.check("the clock never steps back", never_steps_back(hal::monotonic_ns));
  report.check("the cycle counter never steps back", never_steps_back(hal::cycle_count));
  report.check("the date is one, or unknown", is_a_date_or_none(hal::wall_clock_ns()));
  const std::uint64_t cycles = hal::cycle_count();
  const std::uint64_t start = hal::monotonic_ns();
  report.check("waiting for the past returns at once", !hal::wait_until(0));
  std::uint64_t worst = 0;
  bool none_early = true;
  for (const std::uint64_t nap :
       {kMillisecond / 1000, kMillisecond, 20 * kMillisecond, 1500 * kMillisecond}) {
    const std::uint64_t late = least_overslept_ns(nap);
    none_early = none_early && late != kEarly;
    worst = late > worst ? late : worst;
  }
  report.check("a wait does not end early", none_early);
  report.check("a wait ends within 100 ms of its time", worst < kLongestLate);
  report.figure("worst wait, ns late", worst);
  const std::uint64_t elapsed_ns = hal::monotonic_ns() - start;
  const std::uint64_t elapsed_cycles = hal::cycle_count() - cycles;
  report.check("cycles are counted", elapsed_cycles > 0);
  const std::uint64_t hz = hal::boot_info().cycle_hz;
  if (hz != 0) {
    const std::uint64_t expected = elapsed_ns / 1000 * (hz / 1000) / 1000;
    report.check("cycle rate is as told",
                 elapsed_cycles > expected / 2 && elapsed_cycles < expected * 2);
  }
}

} // namespace tinyml::conformance
