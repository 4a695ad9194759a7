// SPDX-License-Identifier: Apache-2.0
#include "training/data/picture.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::datasets {
namespace {

/// Overlap-weighted mean of the source pixels under one target pixel, along one axis.
struct Window {
  std::size_t begin;
  std::vector<double> weights;
};

Window window_of(std::uint32_t target, std::uint32_t target_size, std::uint32_t source_size) {
  const double ratio = static_cast<double>(source_size) / target_size;
  const double width = std::max(ratio, 1.0);
  const double centre = (target + 0.5) * ratio;
  const double from = std::clamp(centre - width / 2, 0.0, source_size - 1.0);
  const double to = std::clamp(centre + width / 2, from + 1e-9, static_cast<double>(source_size));
  Window window{static_cast<std::size_t>(from), {}};
  double sum = 0;
  for (auto left = std::floor(from); left < to; left += 1) {
    const double covered = std::min(to, left + 1) - std::max(from, left);
    window.weights.push_back(std::max(covered, 0.0));
    sum += window.weights.back();
  }
  for (double &weight : window.weights) {
    weight /= sum;
  }
  return window;
}

std::uint8_t mean(const Picture &picture, const Window &vertical, const Window &horizontal,
                  std::uint32_t channel) {
  double sum = 0;
  for (std::size_t j = 0; j < vertical.weights.size(); ++j) {
    const std::size_t row = (vertical.begin + j) * picture.columns;
    for (std::size_t i = 0; i < horizontal.weights.size(); ++i) {
      const std::size_t place = row + horizontal.begin + i;
      sum += vertical.weights[j] * horizontal.weights[i] *
             picture.pixels[place * picture.channels + channel];
    }
  }
  return static_cast<std::uint8_t>(std::lround(sum));
}

} // namespace

Picture resized(const Picture &picture, std::uint32_t rows, std::uint32_t columns) {
  Picture result{rows, columns, picture.channels, {}};
  result.pixels.reserve(std::size_t{rows} * columns * picture.channels);
  std::vector<Window> across;
  for (std::uint32_t x = 0; x < columns; ++x) {
    across.push_back(window_of(x, columns, picture.columns));
  }
  for (std::uint32_t y = 0; y < rows; ++y) {
    const Window vertical = window_of(y, rows, picture.rows);
    for (const Window &horizontal : across) {
      for (std::uint32_t channel = 0; channel < picture.channels; ++channel) {
        result.pixels.push_back(mean(picture, vertical, horizontal, channel));
      }
    }
  }
  return result;
}

} // namespace tinyml::datasets
