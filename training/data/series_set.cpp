// SPDX-License-Identifier: Apache-2.0
#include "training/data/series_set.hpp"

#include "host/files.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

namespace tinyml::datasets {
namespace {

constexpr std::uint64_t kMaxFileBytes = 1ULL << 30;

Expected<Series> read_series(const std::filesystem::path &path, const SeriesOptions &options) {
  const auto text = host::read_text(path, kMaxFileBytes);
  if (!text) {
    return Failure{text.error()};
  }
  auto series = parse_series(*text, options);
  if (!series) {
    return fail(series.error().code, "'" + path.string() + "', " + series.error().message);
  }
  return series;
}

/// Numbers by their value and before words, words by their letters.
bool comes_before(const std::string &a, const std::string &b) {
  const auto number = [](const std::string &text) {
    long long value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
    return std::pair(is_number ? 0 : 1, value);
  };
  return std::pair(number(a), a) < std::pair(number(b), b);
}

std::vector<std::string> classes_of(const Series &series) {
  std::vector<std::string> classes = series.labels;
  std::sort(classes.begin(), classes.end(), comes_before);
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  return classes;
}

/// A label that is no class becomes classes.size(), which load_data_set() refuses.
void add_sample(const DataSet &set, Samples &part, const Series &series, std::size_t index) {
  const std::size_t bytes = set.sample_bytes();
  const std::size_t at = part.bytes.size();
  part.bytes.resize(at + bytes);
  std::memcpy(part.bytes.data() + at, series.values.data() + index * set.shape.values(), bytes);
  const auto found = std::find(set.classes.begin(), set.classes.end(), series.labels[index]);
  part.labels.push_back(static_cast<std::uint32_t>(found - set.classes.begin()));
}

DataSet empty_set(const DataWish &wish, const Series &train) {
  return {.name = wish.source,
          .shape = {train.steps, 1, train.channels},
          .type = ValueType::kF32,
          .scale = 1,
          .is_picture = false,
          .classes = classes_of(train)};
}

/// The last samples of each class are for tests.
Expected<DataSet> divided(const DataWish &wish, const Series &series) {
  DataSet set = empty_set(wish, series);
  std::map<std::string, std::vector<std::size_t>> by_class;
  for (std::size_t i = 0; i < series.labels.size(); ++i) {
    by_class[series.labels[i]].push_back(i);
  }
  const std::uint64_t reach = wish.series.window == 0 ? 1 : wish.series.window;
  for (const auto &[name, indices] : by_class) {
    const auto count = static_cast<double>(indices.size());
    const auto tests = static_cast<std::size_t>(std::max(1.0, std::round(wish.test_share * count)));
    if (tests >= indices.size()) {
      return fail(ErrorCode::kInvalidInput, "'" + wish.source + "' has too few samples of class '" +
                                                name + "' to learn from and to test");
    }
    const std::size_t last_train = indices.size() - tests - 1;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const bool is_train = i <= last_train;
      const bool overlaps =
          series.first_rows[indices[i]] < series.first_rows[indices[last_train]] + reach;
      if (is_train || !overlaps) {
        add_sample(set, is_train ? set.train : set.test, series, indices[i]);
      }
    }
  }
  return set;
}

} // namespace

Expected<DataSet> load_series(const DataWish &wish) {
  const std::filesystem::path path = wish.source;
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(path, error);
  const auto train = read_series(is_folder ? path / "train.csv" : path, wish.series);
  if (!train) {
    return Failure{train.error()};
  }
  if (!is_folder) {
    return divided(wish, *train);
  }
  const auto test = read_series(path / "test.csv", wish.series);
  if (!test) {
    return Failure{test.error()};
  }
  if (test->steps != train->steps || test->channels != train->channels) {
    return fail(ErrorCode::kInvalidInput,
                "'" + wish.source + "': train.csv and test.csv have not the same columns");
  }
  DataSet set = empty_set(wish, *train);
  for (std::size_t i = 0; i < train->labels.size(); ++i) {
    add_sample(set, set.train, *train, i);
  }
  for (std::size_t i = 0; i < test->labels.size(); ++i) {
    add_sample(set, set.test, *test, i);
  }
  return set;
}

} // namespace tinyml::datasets
