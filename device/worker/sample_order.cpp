// SPDX-License-Identifier: Apache-2.0
#include "device/worker/sample_order.hpp"

#include "protocol/coap/random.hpp"

#include <algorithm>

namespace tinyml::device {

namespace {

constexpr unsigned kRounds = 4;

std::uint32_t runs_of(std::uint32_t samples, std::uint32_t run_samples) {
  return (samples + run_samples - 1) / run_samples;
}

} // namespace

Permutation::Permutation(std::uint32_t count, std::uint64_t seed) : count_(count), seed_(seed) {
  while (half_bits_ < 16 && (1U << (2 * half_bits_)) < count) {
    ++half_bits_;
  }
}

std::uint32_t Permutation::mix(std::uint32_t value) const {
  const std::uint32_t mask = (1U << half_bits_) - 1;
  std::uint32_t left = value >> half_bits_;
  std::uint32_t right = value & mask;
  for (unsigned round = 0; round < kRounds; ++round) {
    coap::SeededRandom random(seed_ + (std::uint64_t{right} << 8) + round);
    const std::uint32_t next = left ^ (static_cast<std::uint32_t>(random.next() >> 32) & mask);
    left = right;
    right = next;
  }
  return left << half_bits_ | right;
}

std::uint32_t Permutation::operator()(std::uint32_t index) const {
  std::uint32_t value = mix(index);
  while (value >= count_) {
    value = mix(value);
  }
  return value;
}

SampleOrder::SampleOrder(std::uint32_t samples, std::uint32_t run_samples, std::uint64_t seed)
    : samples_(samples), run_samples_(std::max<std::uint32_t>(run_samples, 1)), seed_(seed) {
  begin_epoch();
}

void SampleOrder::begin_epoch() {
  run_ = 0;
  used_ = 0;
  permutation_ =
      Permutation(runs_of(samples_, run_samples_), coap::SeededRandom(seed_ + epoch_).next());
  ++epoch_;
}

SampleOrder::Run SampleOrder::take(std::uint32_t most) {
  if (run_ == runs_of(samples_, run_samples_)) {
    begin_epoch();
    return {};
  }
  const std::uint32_t first = permutation_(run_) * run_samples_;
  const std::uint32_t length = std::min(run_samples_, samples_ - first);
  const Run run{first + used_, std::min(most, length - used_)};
  used_ += run.count;
  if (used_ == length) {
    ++run_;
    used_ = 0;
  }
  return run;
}

} // namespace tinyml::device
