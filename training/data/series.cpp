// SPDX-License-Identifier: Apache-2.0
#include "training/data/series.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace tinyml::datasets {
namespace {

using Fields = std::vector<std::string_view>;

/// A row of the file, its label apart.
struct Row {
  std::vector<float> values;
  std::string label;
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \r\"";
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Fields fields_of(std::string_view line) {
  Fields fields;
  while (true) {
    const std::size_t end = line.find_first_of(",;\t");
    fields.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) {
      return fields;
    }
    line.remove_prefix(end + 1);
  }
}

std::optional<float> number_of(std::string_view field) {
  float value = 0;
  const auto parsed = std::from_chars(field.data(), field.data() + field.size(), value);
  const bool is_whole = parsed.ec == std::errc{} && parsed.ptr == field.data() + field.size();
  return is_whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

Failure<HostError> broken(std::size_t line, const std::string &why) {
  return fail(ErrorCode::kInvalidInput, fmt::format("line {}: {}", line, why));
}

bool is_header(const Fields &fields) {
  return fields.size() > 1 && std::none_of(fields.begin(), fields.end(),
                                           [](auto field) { return number_of(field).has_value(); });
}

Expected<std::size_t> label_column(const Fields &first, bool header, const std::string &wish) {
  const std::string &name = wish.empty() ? "label" : wish;
  const auto found = std::find(first.begin(), first.end(), name);
  if (header && found != first.end()) {
    return static_cast<std::size_t>(found - first.begin());
  }
  if (wish.empty()) {
    return first.size() - 1;
  }
  std::size_t index = 0;
  const auto parsed = std::from_chars(wish.data(), wish.data() + wish.size(), index);
  if (parsed.ec != std::errc{} || parsed.ptr != wish.data() + wish.size() ||
      index >= first.size()) {
    return fail(ErrorCode::kInvalidInput, "there is no column '" + wish + "' for the label");
  }
  return index;
}

Expected<Row> parse_row(const Fields &fields, std::size_t label, std::size_t line) {
  Row row{.values = {}, .label = std::string(fields[label])};
  if (row.label.empty()) {
    return broken(line, "it has no label");
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i == label) {
      continue;
    }
    const auto value = number_of(fields[i]);
    if (!value) {
      return broken(line, fmt::format("'{}' is not a finite number", fields[i]));
    }
    row.values.push_back(*value);
  }
  return row;
}

Expected<std::vector<Row>> parse_rows(std::string_view text, const std::string &label_wish) {
  std::vector<Row> rows;
  std::size_t columns = 0;
  std::size_t label = 0;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const Fields fields = fields_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (fields.size() == 1 && fields[0].empty()) {
      continue;
    }
    if (columns == 0) {
      columns = fields.size();
      const bool header = is_header(fields);
      const auto found = label_column(fields, header, label_wish);
      if (!found) {
        return Failure{found.error()};
      }
      label = *found;
      if (header) {
        continue;
      }
    }
    if (fields.size() != columns || columns < 2) {
      return broken(line, fmt::format("{} columns; it takes {}, a label and numbers", fields.size(),
                                      std::max<std::size_t>(columns, 2)));
    }
    auto row = parse_row(fields, label, line);
    if (!row) {
      return Failure{row.error()};
    }
    rows.push_back(*std::move(row));
  }
  return rows;
}

Expected<Series> whole_samples(std::vector<Row> rows, std::uint32_t channels) {
  const auto values = static_cast<std::uint32_t>(rows[0].values.size());
  if (channels == 0 || values % channels != 0) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("{} values a row are not steps of {} channels", values, channels));
  }
  Series series{.steps = values / channels, .channels = channels};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    series.values.insert(series.values.end(), rows[i].values.begin(), rows[i].values.end());
    series.labels.push_back(std::move(rows[i].label));
    series.first_rows.push_back(i);
  }
  return series;
}

Series windows(const std::vector<Row> &rows, std::uint32_t window, std::uint32_t stride) {
  Series series{.steps = window, .channels = static_cast<std::uint32_t>(rows[0].values.size())};
  for (std::size_t first = 0; first + window <= rows.size(); first += stride) {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
    if (!std::all_of(begin, begin + window,
                     [&](const Row &row) { return row.label == begin->label; })) {
      continue;
    }
    for (auto row = begin; row != begin + window; ++row) {
      series.values.insert(series.values.end(), row->values.begin(), row->values.end());
    }
    series.labels.push_back(begin->label);
    series.first_rows.push_back(first);
  }
  return series;
}

} // namespace

Expected<Series> parse_series(std::string_view text, const SeriesOptions &options) {
  auto rows = parse_rows(text, options.label_column);
  if (!rows) {
    return Failure{rows.error()};
  }
  if (rows->empty()) {
    return fail(ErrorCode::kInvalidInput, "there is no row of samples");
  }
  if (options.window == 0) {
    return whole_samples(*std::move(rows), options.channels);
  }
  Series series =
      windows(*rows, options.window, options.stride == 0 ? options.window : options.stride);
  if (series.labels.empty()) {
    return fail(ErrorCode::kInvalidInput,
                fmt::format("no window of {} steps with one label", options.window));
  }
  return series;
}

} // namespace tinyml::datasets
