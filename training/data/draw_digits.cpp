// SPDX-License-Identifier: Apache-2.0
#include "training/data/image_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>

namespace tinyml::datasets {
namespace {

constexpr std::uint32_t kSide = 28;

struct Point {
  double x;
  double y;
};
using Stroke = std::vector<Point>;

/// Part of an ellipse, from `from` to `to` turns (0 = right, 0.25 = down).
Stroke arc(Point centre, double radius_x, double radius_y, double from, double to) {
  constexpr int kSteps = 24;
  Stroke stroke;
  for (int i = 0; i <= kSteps; ++i) {
    const double angle = 2 * std::numbers::pi * (from + (to - from) * i / kSteps);
    stroke.push_back(
        {centre.x + radius_x * std::cos(angle), centre.y + radius_y * std::sin(angle)});
  }
  return stroke;
}

/// The ten digits as strokes in a box of 1 × 1, y downwards.
std::vector<Stroke> strokes_of(int digit) {
  switch (digit) {
  case 0:
    return {arc({0.5, 0.5}, 0.30, 0.46, 0, 1)};
  case 1:
    return {{{0.38, 0.18}, {0.54, 0.04}, {0.54, 0.96}}};
  case 2:
    return {arc({0.5, 0.29}, 0.27, 0.25, 0.5, 1.10), {{0.72, 0.44}, {0.22, 0.95}, {0.80, 0.95}}};
  case 3:
    return {arc({0.46, 0.27}, 0.26, 0.23, 0.58, 1.25), arc({0.46, 0.72}, 0.30, 0.24, 0.75, 1.42)};
  case 4:
    return {{{0.36, 0.05}, {0.22, 0.55}, {0.80, 0.55}}, {{0.66, 0.06}, {0.62, 0.97}}};
  case 5:
    return {{{0.78, 0.06}, {0.34, 0.06}, {0.30, 0.45}}, arc({0.46, 0.68}, 0.30, 0.26, 0.68, 1.40)};
  case 6:
    return {{{0.66, 0.04}, {0.40, 0.34}, {0.26, 0.64}}, arc({0.49, 0.71}, 0.24, 0.24, 0, 1)};
  case 7:
    return {{{0.20, 0.08}, {0.78, 0.08}, {0.42, 0.96}}};
  case 8:
    return {arc({0.5, 0.27}, 0.22, 0.22, 0, 1), arc({0.5, 0.73}, 0.27, 0.23, 0, 1)};
  default:
    return {arc({0.50, 0.30}, 0.25, 0.25, 0, 1), {{0.75, 0.32}, {0.70, 0.62}, {0.56, 0.96}}};
  }
}

double distance_to_segment(Point p, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double t =
      length == 0 ? 0 : std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

/// How one digit is distorted; pixels unless said otherwise.
struct Hand {
  double height;
  double width;
  double slant; ///< dx per dy
  double shift_x;
  double shift_y;
  double pen_radius;
};

class Artist {
public:
  explicit Artist(std::uint64_t seed) : random_(seed) {}

  void draw(int digit, std::uint8_t *pixels) {
    const Hand hand = next_hand();
    std::vector<Stroke> strokes = strokes_of(digit);
    for (Stroke &stroke : strokes) {
      for (Point &point : stroke) {
        point = placed(point, hand);
      }
    }
    for (std::uint32_t y = 0; y < kSide; ++y) {
      for (std::uint32_t x = 0; x < kSide; ++x) {
        pixels[y * kSide + x] = ink({x + 0.5, y + 0.5}, strokes, hand.pen_radius);
      }
    }
  }

private:
  double between(double low, double high) {
    // Not std::uniform_real_distribution: its results differ between libraries.
    return low + (high - low) * static_cast<double>(random_() >> 11) * 0x1p-53;
  }

  Hand next_hand() {
    return {.height = between(18.5, 20),
            .width = between(15, 19),
            .slant = between(-0.05, 0.25),
            .shift_x = between(-1, 1),
            .shift_y = between(-1, 1),
            .pen_radius = between(0.9, 1.5)};
  }

  static Point placed(Point p, const Hand &hand) {
    const double y = (p.y - 0.5) * hand.height;
    const double x = (p.x - 0.5) * hand.width - y * hand.slant;
    return {kSide / 2.0 + x + hand.shift_x, kSide / 2.0 + y + hand.shift_y};
  }

  std::uint8_t ink(Point at, const std::vector<Stroke> &strokes, double pen_radius) {
    double nearest = kSide;
    for (const Stroke &stroke : strokes) {
      for (std::size_t i = 1; i < stroke.size(); ++i) {
        nearest = std::min(nearest, distance_to_segment(at, stroke[i - 1], stroke[i]));
      }
    }
    const double cover = std::clamp(pen_radius + 0.5 - nearest, 0.0, 1.0);
    const double grain = cover > 0 ? between(-12, 0) : 0;
    return static_cast<std::uint8_t>(std::clamp(cover * 255 + grain, 0.0, 255.0));
  }

  std::mt19937_64 random_;
};

} // namespace

ImageSet draw_digits(std::size_t count, std::uint64_t seed) {
  ImageSet set{.rows = kSide, .columns = kSide, .pixels = {}, .labels = {}};
  set.pixels.resize(count * set.image_bytes());
  set.labels.resize(count);
  Artist artist(seed);
  for (std::size_t i = 0; i < count; ++i) {
    set.labels[i] = static_cast<std::uint8_t>(i % 10);
    artist.draw(static_cast<int>(i % 10), set.pixels.data() + i * set.image_bytes());
  }
  return set;
}

} // namespace tinyml::datasets
