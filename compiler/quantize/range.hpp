// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// What calibration remembers of a value, and the range of real numbers it chooses from that.
namespace tinyml::quantize {

/// How the range of an activation is taken from what calibration saw.
enum class RangeMethod : std::uint8_t {
  kMinMax,     ///< everything that was seen
  kPercentile, ///< without the rarest values at both ends
  kMse,        ///< whatever makes the mean squared error of rounding and clipping smallest
};

struct RangeChoice {
  RangeMethod method = RangeMethod::kMse;
  double percentile = 99.99; ///< kPercentile leaves out the rest, at each end
};

/// "min-max", "mse", "percentile" or "percentile:99.9" (above 50, at most 100).
[[nodiscard]] Expected<RangeChoice> parse_range_choice(const std::string &text);
[[nodiscard]] std::string name_of(const RangeChoice &choice);

/// A range of real numbers.
struct RealRange {
  double low, high;
};

/// Extremes and distribution of a value, in bounded memory and one pass: bins of equal width on
/// both sides of zero that become twice as wide whenever a number does not fit. Each bin keeps the
/// mean of its numbers, so that a few distinct ones (pixels, zeros) are exact.
class Statistics {
public:
  static constexpr std::size_t kBinsPerSide = 4096;

  struct Bin {
    std::uint64_t count = 0;
    double sum = 0;

    [[nodiscard]] double mean() const { return sum / static_cast<double>(count); }
  };

  /// Numbers that are not finite make the range infinite.
  void add(std::span<const float> values);

  /// Both hold zero, which every quantised range must.
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] bool is_finite() const { return finite_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Ascending, without the empty ones.
  [[nodiscard]] std::vector<Bin> filled_bins() const;

private:
  void make_room_for(double magnitude);
  void halve_resolution();

  double low_ = 0;
  double high_ = 0;
  bool finite_ = true;
  std::uint64_t count_ = 0;
  double bins_per_unit_ = 0; ///< 0 until a number other than zero comes
  std::vector<Bin> bins_;    ///< 2 * kBinsPerSide; zero lies between the halves
};

/// The range that int8 should hold.
[[nodiscard]] RealRange choose_range(const Statistics &statistics, const RangeChoice &choice);

} // namespace tinyml::quantize
