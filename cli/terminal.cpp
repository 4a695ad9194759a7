// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <iostream>
#include <string_view>
#include <unistd.h>

namespace tinyml::cli {
namespace {

constexpr std::uint64_t kBarWidth = 30;
constexpr auto kRedrawEvery = std::chrono::milliseconds(100);

/// Columns a text takes: UTF-8 continuation bytes take none.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char letter) {
    return (static_cast<unsigned char>(letter) & 0xC0) != 0x80;
  }));
}

bool speaks_utf8() {
  for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char *value = std::getenv(name);
    if (value != nullptr && *value != '\0') {
      const std::string_view locale(value);
      return locale.find("UTF-8") != std::string_view::npos ||
             locale.find("utf8") != std::string_view::npos;
    }
  }
  return false;
}

std::string draw_with_blocks(ByteView pixels, std::uint32_t rows, std::uint32_t columns) {
  std::string text;
  for (std::uint32_t y = 0; y < rows; y += 2) {
    for (std::uint32_t x = 0; x < columns; ++x) {
      const unsigned upper = pixels[std::size_t{y} * columns + x];
      const unsigned lower = y + 1 < rows ? pixels[std::size_t{y + 1} * columns + x] : 0;
      text += fmt::format("\x1b[38;2;{0};{0};{0};48;2;{1};{1};{1}m\u2580", upper, lower);
    }
    text += "\x1b[0m\n";
  }
  return text;
}

std::string draw_with_letters(ByteView pixels, std::uint32_t rows, std::uint32_t columns) {
  constexpr std::string_view kShades = " .:-=+*#%@";
  std::string text;
  for (std::uint32_t y = 0; y < rows; ++y) {
    for (std::uint32_t x = 0; x < columns; ++x) {
      const char shade = kShades[pixels[std::size_t{y} * columns + x] * kShades.size() / 256];
      text += {shade, shade}; // a letter is about twice as high as wide
    }
    text += '\n';
  }
  return text;
}

} // namespace

ProgressBar::ProgressBar(std::string title, std::uint64_t total)
    : title_(std::move(title)), total_(std::max<std::uint64_t>(total, 1)),
      visible_(::isatty(STDERR_FILENO) == 1), started_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
  if (visible_ && drawn_ != std::chrono::steady_clock::time_point{}) {
    std::cerr << "\r\x1b[K" << std::flush;
  }
}

void ProgressBar::update(std::uint64_t done, const std::string &note) {
  const auto now = std::chrono::steady_clock::now();
  if (!visible_ || (now - drawn_ < kRedrawEvery && done < total_)) {
    return;
  }
  drawn_ = now;
  const std::uint64_t filled = std::min(done, total_) * kBarWidth / total_;
  const double seconds = std::chrono::duration<double>(now - started_).count();
  std::cerr << fmt::format("\r\x1b[K{} [{:#<{}}{:.<{}}] {}/{} {:.0f} s {}", title_, "", filled, "",
                           kBarWidth - filled, grouped(done), grouped(total_), seconds, note)
            << std::flush;
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  std::vector<std::string> titles;
  for (const std::string &header : headers_) {
    right.push_back(header.starts_with('>'));
    titles.push_back(right.back() ? header.substr(1) : header);
    widths.push_back(width_of(titles.back()));
  }
  for (const auto &row : rows_) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  const auto line = [&](const std::vector<std::string> &cells) {
    std::string result;
    for (std::size_t i = 0; i < cells.size() && i < widths.size(); ++i) {
      const std::string padding(widths[i] - width_of(cells[i]), ' ');
      result += (i == 0 ? "" : "  ") + (right[i] ? padding + cells[i] : cells[i] + padding);
    }
    result.erase(result.find_last_not_of(' ') + 1);
    return result + '\n';
  };
  std::string result = line(titles);
  for (const auto &row : rows_) {
    result += line(row);
  }
  return result;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string draw_image(ByteView pixels, std::uint32_t rows, std::uint32_t columns) {
  const bool colours = ::isatty(STDOUT_FILENO) == 1 && speaks_utf8();
  return colours ? draw_with_blocks(pixels, rows, columns)
                 : draw_with_letters(pixels, rows, columns);
}

} // namespace tinyml::cli
