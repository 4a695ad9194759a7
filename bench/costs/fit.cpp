// SPDX-License-Identifier: Apache-2.0
#include "bench/costs/fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace tinyml::bench {
namespace {

using report::kQuantities;
using report::Work;

/// Rows are work divided by the measured count, so that the right-hand side is all ones and
/// residuals are relative errors.
std::vector<Work> relative_rows(const std::vector<Measurement> &measured,
                                const report::Bundles &bundles) {
  std::vector<Work> rows;
  for (const Measurement &one : measured) {
    Work row = report::work_of(one.graph, one.graph.nodes.front(), bundles);
    for (double &quantity : row) {
      quantity /= std::max(1.0, static_cast<double>(one.instructions));
    }
    rows.push_back(row);
  }
  return rows;
}

double residual(const Work &row, const Work &coefficients) {
  double sum = -1;
  for (std::size_t i = 0; i < kQuantities; ++i) {
    sum += row[i] * coefficients[i];
  }
  return sum;
}

/// Non-negative least squares by cyclic descent: every coefficient in turn takes its best value.
Work least_squares(const std::vector<Work> &rows) {
  constexpr int kRounds = 20'000;
  Work coefficients{};
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kQuantities; ++i) {
      double along = 0;
      double square = 0;
      for (const Work &row : rows) {
        along += row[i] * (row[i] * coefficients[i] - residual(row, coefficients));
        square += row[i] * row[i];
      }
      coefficients[i] = square > 0 ? std::max(0.0, along / square) : 0;
    }
  }
  return coefficients;
}

double largest_residual(const std::vector<Work> &rows, const Work &coefficients) {
  double largest = 0;
  for (const Work &row : rows) {
    largest = std::max(largest, std::abs(residual(row, coefficients)));
  }
  return largest;
}

double sum_of_squares(const std::vector<Work> &rows, const Work &coefficients) {
  double sum = 0;
  for (const Work &row : rows) {
    sum += residual(row, coefficients) * residual(row, coefficients);
  }
  return sum;
}

/// Four digits are more than the fit is worth, and they keep the table readable.
double rounded(double value) {
  if (value < 1e-6) {
    return 0;
  }
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 3);
  return std::stod(std::to_string(std::round(value / unit) * unit));
}

std::vector<report::Bundles> candidates() {
  std::vector<report::Bundles> all;
  for (const std::int64_t channels : {1, 2, 4, 8, 16}) {
    for (const std::int64_t inputs : {1, 2, 4, 8, 16}) {
      all.push_back({channels, inputs});
    }
  }
  return all;
}

} // namespace

report::KernelCost fit_kernel(const std::vector<Measurement> &measured) {
  report::KernelCost best;
  double least = std::numeric_limits<double>::infinity();
  for (const report::Bundles &bundles : candidates()) {
    const auto rows = relative_rows(measured, bundles);
    Work coefficients = least_squares(rows);
    std::transform(coefficients.begin(), coefficients.end(), coefficients.begin(), rounded);
    // Larger bundles have to earn their place.
    constexpr double kWorthIt = 0.98;
    const double error = sum_of_squares(rows, coefficients);
    if (error < least * kWorthIt) {
      least = error;
      best.bundles = bundles;
      best.instructions = coefficients;
      best.largest_error = std::round(largest_residual(rows, coefficients) * 1000) / 1000;
    }
  }
  for (const Measurement &one : measured) {
    best.code_bytes = std::max(best.code_bytes, one.code_bytes);
    best.constant_bytes = std::max(best.constant_bytes, one.constant_bytes);
    best.library_bytes = std::max(best.library_bytes, one.library_bytes);
    best.stack_bytes = std::max(best.stack_bytes, one.stack_bytes);
  }
  best.cases = static_cast<std::uint32_t>(measured.size());
  return best;
}

} // namespace tinyml::bench
