// SPDX-License-Identifier: Apache-2.0
#include "compiler/report/text_table.hpp"

#include <algorithm>

namespace tinyml::report {
namespace {

/// Characters, not bytes.
std::size_t width_of(const std::string &cell) {
  return static_cast<std::size_t>(std::count_if(cell.begin(), cell.end(), [](char c) {
    constexpr unsigned kContinuationMask = 0xC0;
    constexpr unsigned kContinuation = 0x80;
    return (static_cast<unsigned char>(c) & kContinuationMask) != kContinuation;
  }));
}

} // namespace

std::string TextTable::text() const {
  std::vector<std::vector<std::string>> lines = {headers_};
  std::vector<bool> right;
  for (std::string &header : lines.front()) {
    right.push_back(header.starts_with('>'));
    header.erase(0, right.back() ? 1 : 0);
  }
  lines.insert(lines.end(), rows_.begin(), rows_.end());
  std::vector<std::size_t> widths(headers_.size(), 0);
  for (const auto &line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(line[i]));
    }
  }
  std::string text;
  for (const auto &line : lines) {
    std::string row;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - width_of(line[i]), ' ');
      row += (i == 0 ? "" : "  ") + (right[i] ? padding + line[i] : line[i] + padding);
    }
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

} // namespace tinyml::report
