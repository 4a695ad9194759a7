// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tinyml::cli {

/// One line on standard error that shows how far long work is; silent when that is not a terminal.
class ProgressBar {
public:
  ProgressBar(std::string title, std::uint64_t total);
  ~ProgressBar();
  ProgressBar(const ProgressBar &) = delete;
  ProgressBar &operator=(const ProgressBar &) = delete;

  void update(std::uint64_t done, const std::string &note = {});

private:
  std::string title_;
  std::uint64_t total_;
  bool visible_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point drawn_{};
};

/// Rows of text in columns as wide as their widest cell; a column whose header begins with '>' is
/// right-aligned.
class Table {
public:
  explicit Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] std::string text() const;

private:
  std::vector<std::string> headers_;
  std::vector<std::vector<std::string>> rows_;
};

/// 12345678 → "12,345,678".
[[nodiscard]] std::string grouped(std::uint64_t number);

/// Draws a grey image (row-major, 0 black … 255 white) with half-block characters, two rows a line;
/// plain letters when the terminal is not known to speak UTF-8.
[[nodiscard]] std::string draw_image(ByteView pixels, std::uint32_t rows, std::uint32_t columns);

} // namespace tinyml::cli
