// SPDX-License-Identifier: Apache-2.0
#include "training/data/data_set.hpp"

#include "training/data/image_folder.hpp"
#include "training/data/series_set.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace tinyml::datasets {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> published_classes(const std::string &name) {
  if (name == "mnist") {
    return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  }
  return {"t-shirt", "trouser", "pullover", "dress", "coat",
          "sandal",  "shirt",   "sneaker",  "bag",   "boot"};
}

Expected<DataSet> load_published(const DataWish &wish) {
  auto train = load(wish.source, Split::kTrain, wish.published);
  if (!train) {
    return Failure{train.error()};
  }
  auto test = load(wish.source, Split::kTest, wish.published);
  if (!test) {
    return Failure{test.error()};
  }
  DataSet set{.name = wish.source == "mnist" ? "mnist" : "fashion-mnist",
              .shape = {train->rows, train->columns, 1},
              .classes = published_classes(wish.source)};
  set.train = samples_of(*std::move(train));
  set.test = samples_of(*std::move(test));
  return set;
}

Expected<DataSet> load_source(const DataWish &wish) {
  std::error_code error;
  const fs::path path = wish.source;
  if (wish.source == "mnist" || wish.source == "fashion" || wish.source == "fashion-mnist") {
    return load_published(wish);
  }
  if (fs::is_regular_file(path, error)) {
    return path.extension() == ".csv"
               ? load_series(wish)
               : fail(ErrorCode::kInvalidInput, "'" + wish.source + "' is not a .csv file");
  }
  if (fs::is_directory(path, error)) {
    return fs::exists(path / "train.csv", error) ? load_series(wish) : load_image_folder(wish);
  }
  return fail(ErrorCode::kNotFound,
              "no data set '" + wish.source +
                  "': give mnist, fashion, a folder of pictures with a folder for each class, or a "
                  ".csv file");
}

/// Leaves `count` samples, evenly spread.
void thin_out(const DataSet &set, Samples &part, std::size_t count) {
  if (count == 0 || count >= part.size()) {
    return;
  }
  Samples kept;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t index = i * part.size() / count;
    const ByteView sample = set.sample(part, index);
    kept.bytes.insert(kept.bytes.end(), sample.begin(), sample.end());
    kept.labels.push_back(part.labels[index]);
  }
  part = std::move(kept);
}

Expected<void> check_part(const DataSet &set, const Samples &part, const char *what) {
  if (part.size() == 0) {
    return fail(ErrorCode::kInvalidInput, fmt::format("'{}' has no {} samples", set.name, what));
  }
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part.labels[i] >= set.classes.size()) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("label {} of {} sample {} of '{}' is none of its {} classes",
                              part.labels[i], what, i, set.name, set.classes.size()));
    }
  }
  return {};
}

} // namespace

void DataSet::read(const Samples &part, std::size_t index, std::span<float> to) const {
  const ByteView from = sample(part, index);
  for (std::size_t i = 0; i < shape.values(); ++i) {
    float value = 0;
    if (type == ValueType::kU8) {
      value = static_cast<float>(from[i]);
    } else {
      std::memcpy(&value, from.data() + i * sizeof(float), sizeof(float));
    }
    to[i] = scale * value + offset;
  }
}

Samples samples_of(ImageSet images) {
  Samples part{.bytes = std::move(images.pixels), .labels = {}};
  part.labels.assign(images.labels.begin(), images.labels.end());
  return part;
}

Expected<DataSet> load_data_set(const DataWish &wish) {
  if (!(wish.test_share > 0 && wish.test_share < 1)) {
    return fail(ErrorCode::kInvalidInput, "the test part must be more than 0 and less than all");
  }
  auto set = load_source(wish);
  if (!set) {
    return set;
  }
  if (set->classes.size() < 2) {
    return fail(ErrorCode::kInvalidInput,
                "'" + set->name + "' has samples of one class: there is nothing to tell apart");
  }
  thin_out(*set, set->train, wish.most_train);
  thin_out(*set, set->test, wish.most_test);
  if (auto checked = check_part(*set, set->train, "training"); !checked) {
    return Failure{checked.error()};
  }
  if (auto checked = check_part(*set, set->test, "test"); !checked) {
    return Failure{checked.error()};
  }
  return set;
}

Expected<void> check_fits(const DataSet &set, const SampleShape &model_input,
                          std::uint32_t outputs) {
  const SampleShape &shape = set.shape;
  if (shape.values() != model_input.values() || (set.is_picture && shape != model_input)) {
    return fail(ErrorCode::kDoesNotFit,
                fmt::format("samples of '{}' are {}x{}x{} (height, width, channels), the model "
                            "takes {}x{}x{}",
                            set.name, shape.height, shape.width, shape.channels, model_input.height,
                            model_input.width, model_input.channels));
  }
  if (set.classes.size() > outputs) {
    return fail(ErrorCode::kDoesNotFit, fmt::format("'{}' has {} classes, the model {} outputs",
                                                    set.name, set.classes.size(), outputs));
  }
  return {};
}

} // namespace tinyml::datasets
