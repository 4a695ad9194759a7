// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/range.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tinyml::quantize {
namespace {

using Bins = std::vector<Statistics::Bin>;

/// Squared error of all that was seen when int8 holds `range`. The same rounding as
/// quantization_for makes.
double total_error(const Bins &bins, RealRange range) {
  const double scale = (range.high - range.low) / 255;
  if (scale <= 0) {
    return INFINITY;
  }
  const double lowest = std::round(range.low / scale);
  double sum = 0;
  for (const Statistics::Bin &bin : bins) {
    const double value = bin.mean();
    const double code = std::clamp(std::round(value / scale), lowest, lowest + 255);
    const double difference = value - code * scale;
    sum += static_cast<double>(bin.count) * difference * difference;
  }
  return sum;
}

/// Shrinks a side or both as long as that helps; the smallest range tried is a tenth.
class LeastError {
public:
  LeastError(const Bins &bins, RealRange all)
      : bins_(bins), best_(all), least_(total_error(bins, all)) {}

  RealRange search() {
    shrink(1, 1);
    if (best_.low < 0 && best_.high > 0) {
      shrink(0, 1);
      shrink(1, 0);
    }
    return best_;
  }

private:
  void shrink(double low_part, double high_part) {
    constexpr int kSteps = 45;
    constexpr double kStep = 0.02;
    const RealRange from = best_;
    for (int step = 1; step <= kSteps; ++step) {
      const RealRange range{from.low * (1 - low_part * kStep * step),
                            from.high * (1 - high_part * kStep * step)};
      const double error = total_error(bins_, range);
      if (error < least_) {
        least_ = error;
        best_ = range;
      } else if (error > kGivesUp * least_) {
        return; // clipping costs more than rounding by far, and only grows
      }
    }
  }

  static constexpr double kGivesUp = 8;
  const Bins &bins_;
  RealRange best_;
  double least_;
};

RealRange percentile_range(const Statistics &s, double percentile) {
  const Bins bins = s.filled_bins();
  const auto dropped =
      static_cast<std::uint64_t>(static_cast<double>(s.count()) * (1 - percentile / 100));
  std::size_t first = 0;
  std::size_t last = bins.size() - 1;
  for (std::uint64_t seen = bins[first].count; seen <= dropped && first < last;) {
    seen += bins[++first].count;
  }
  for (std::uint64_t seen = bins[last].count; seen <= dropped && last > first;) {
    seen += bins[--last].count;
  }
  return {first == 0 ? s.low() : std::min(bins[first].mean(), 0.0),
          last + 1 == bins.size() ? s.high() : std::max(bins[last].mean(), 0.0)};
}

} // namespace

Expected<RangeChoice> parse_range_choice(const std::string &text) {
  if (text == "min-max") {
    return RangeChoice{.method = RangeMethod::kMinMax};
  }
  if (text == "mse") {
    return RangeChoice{.method = RangeMethod::kMse};
  }
  RangeChoice choice{.method = RangeMethod::kPercentile};
  if (text == "percentile") {
    return choice;
  }
  const std::string prefix = "percentile:";
  const char *end = text.data() + text.size();
  if (text.starts_with(prefix)) {
    const auto parsed = std::from_chars(text.data() + prefix.size(), end, choice.percentile);
    if (parsed.ec == std::errc{} && parsed.ptr == end && choice.percentile > 50 &&
        choice.percentile <= 100) {
      return choice;
    }
  }
  return fail(ErrorCode::kInvalidInput,
              "no calibration method '" + text +
                  "'; there are: min-max, mse, percentile, percentile:P with P above 50 and at "
                  "most 100, for example percentile:99.9");
}

std::string name_of(const RangeChoice &choice) {
  switch (choice.method) {
  case RangeMethod::kMinMax:
    return "min-max";
  case RangeMethod::kMse:
    return "mse";
  case RangeMethod::kPercentile:
    break;
  }
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, choice.percentile);
  return "percentile:" + std::string(digits, written.ptr);
}

void Statistics::add(std::span<const float> values) {
  double magnitude = 0;
  for (const float value : values) {
    const auto number = static_cast<double>(value);
    finite_ = finite_ && std::isfinite(value);
    low_ = std::min(low_, number);
    high_ = std::max(high_, number);
    magnitude = std::max(magnitude, std::abs(number));
  }
  if (!finite_) {
    return;
  }
  make_room_for(magnitude);
  count_ += values.size();
  for (const float value : values) {
    const auto number = static_cast<double>(value);
    const double place = std::floor(number * bins_per_unit_) + static_cast<double>(kBinsPerSide);
    Bin &bin = bins_[std::min(static_cast<std::size_t>(place), 2 * kBinsPerSide - 1)];
    ++bin.count;
    bin.sum += number;
  }
}

void Statistics::make_room_for(double magnitude) {
  bins_.resize(2 * kBinsPerSide);
  if (magnitude < 1e-30) {
    return; // whatever is this small is zero
  }
  if (bins_per_unit_ == 0) {
    bins_per_unit_ = static_cast<double>(kBinsPerSide) / magnitude;
  }
  while (magnitude * bins_per_unit_ > static_cast<double>(kBinsPerSide)) {
    halve_resolution();
  }
}

void Statistics::halve_resolution() {
  bins_per_unit_ /= 2;
  std::vector<Bin> wider(bins_.size());
  for (std::size_t i = 0; i < bins_.size(); ++i) {
    Bin &into = wider[kBinsPerSide / 2 + i / 2];
    into.count += bins_[i].count;
    into.sum += bins_[i].sum;
  }
  bins_ = std::move(wider);
}

std::vector<Statistics::Bin> Statistics::filled_bins() const {
  std::vector<Bin> filled;
  std::copy_if(bins_.begin(), bins_.end(), std::back_inserter(filled),
               [](const Bin &bin) { return bin.count != 0; });
  return filled;
}

RealRange choose_range(const Statistics &s, const RangeChoice &choice) {
  const RealRange all{s.low(), s.high()};
  if (s.count() == 0 || s.high() <= s.low()) {
    return all;
  }
  switch (choice.method) {
  case RangeMethod::kPercentile:
    return percentile_range(s, choice.percentile);
  case RangeMethod::kMse:
    return LeastError(s.filled_bins(), all).search();
  case RangeMethod::kMinMax:
    break;
  }
  return all;
}

} // namespace tinyml::quantize
