// SPDX-License-Identifier: Apache-2.0
#include "training/data/data_set.hpp"

#include <charconv>
#include <fmt/format.h>

namespace tinyml::datasets {
namespace {

template <typename T> bool read_number(std::string_view text, T &number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

bool read_count(std::string_view text, std::uint32_t &count) {
  constexpr std::uint32_t kMost = 1U << 20;
  return read_number(text, count) && count > 0 && count <= kMost;
}

/// False for a key that is none, or a value that is none of the key's.
bool take_option(std::string_view key, std::string_view value, DataWish &wish) {
  if (key == "window") {
    return read_count(value, wish.series.window);
  }
  if (key == "stride") {
    return read_count(value, wish.series.stride);
  }
  if (key == "channels") {
    return read_count(value, wish.series.channels);
  }
  if (key == "test") {
    return read_number(value, wish.test_share) && wish.test_share > 0 && wish.test_share < 1;
  }
  wish.series.label_column = value;
  return key == "label" && !value.empty();
}

} // namespace

Expected<DataWish> parse_data_wish(std::string_view text) {
  std::size_t end = std::min(text.find(','), text.size());
  DataWish wish{.source = std::string(text.substr(0, end))};
  while (end < text.size()) {
    text.remove_prefix(end + 1);
    end = std::min(text.find(','), text.size());
    const std::string_view option = text.substr(0, end);
    const std::size_t equals = std::min(option.find('='), option.size());
    const std::string_view value = option.substr(std::min(equals + 1, option.size()));
    if (!take_option(option.substr(0, equals), value, wish)) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("'{}' says nothing about data: there are window=STEPS, stride=STEPS, "
                              "channels=N, label=COLUMN and test=SHARE (0 to 1)",
                              option));
    }
  }
  if (wish.source.empty()) {
    return fail(ErrorCode::kInvalidInput, "no data set is named");
  }
  return wish;
}

} // namespace tinyml::datasets
