// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/data/image_set.hpp"
#include "training/data/series.hpp"

#include <optional>
#include <span>

namespace tinyml::datasets {

/// The values of one sample in their order: row by row, the channels of a place side by side. A
/// time series of w steps is w rows of one column.
struct SampleShape {
  std::uint32_t height = 1;
  std::uint32_t width = 1;
  std::uint32_t channels = 1;

  [[nodiscard]] std::size_t values() const { return std::size_t{height} * width * channels; }
  bool operator==(const SampleShape &) const = default;
};

enum class ValueType : std::uint8_t { kU8 = 0, kF32 = 1 };

/// Samples one after the other (float32 values little-endian), and a class for each.
struct Samples {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint32_t> labels;

  [[nodiscard]] std::size_t size() const { return labels.size(); }
};

/// Labelled samples in two parts: what is learned from, and what nobody learns from.
struct DataSet {
  std::string name;
  SampleShape shape;
  ValueType type = ValueType::kU8;
  float scale = 1.0F / 255.0F; ///< the model sees scale * value + offset
  float offset = 0;
  bool is_picture = true;
  std::vector<std::string> classes; ///< labels are indices of it
  Samples train;
  Samples test;

  [[nodiscard]] std::size_t sample_bytes() const {
    return shape.values() * (type == ValueType::kU8 ? 1 : sizeof(float));
  }
  [[nodiscard]] ByteView sample(const Samples &part, std::size_t index) const {
    return ByteView(part.bytes).subspan(index * sample_bytes(), sample_bytes());
  }
  /// What the model sees of a sample; `to` holds shape.values().
  void read(const Samples &part, std::size_t index, std::span<float> to) const;
};

/// What a person asks for, and what the model takes.
struct DataWish {
  /// "mnist", "fashion-mnist" or "fashion"; a folder with one folder of pictures (PNG, JPEG, PGM,
  /// PPM) for each class, or with such folders in `train` and `test`; a .csv file, or a folder with
  /// train.csv and test.csv (see series.hpp).
  std::string source;
  SampleShape model_input;    ///< pictures of a folder are brought to this size
  double test_share = 0.2;    ///< of a source that does not say what its test part is
  std::uint64_t seed = 1;     ///< decides which pictures of a folder are for tests
  std::size_t most_train = 0; ///< evenly spread over the part; 0: all
  std::size_t most_test = 0;
  SeriesOptions series;
  LoadOptions published;
};

/// A source as it is written on a command line, with how to read a series behind it:
/// `SOURCE[,window=STEPS][,stride=STEPS][,channels=N][,label=COLUMN][,test=SHARE]`. kInvalidInput
/// names what is none of these.
[[nodiscard]] Expected<DataWish> parse_data_wish(std::string_view text);

/// kNotFound when the source is nothing that is there; kInvalidInput for broken files, a class
/// without samples, a label that is no class: the message names the place.
[[nodiscard]] Expected<DataSet> load_data_set(const DataWish &wish);

/// kDoesNotFit when a model with this input and so many outputs cannot learn the data set.
[[nodiscard]] Expected<void> check_fits(const DataSet &set, const SampleShape &model_input,
                                        std::uint32_t outputs);

/// `images` as a part of a data set; the values 0…255 stand for 0…1.
[[nodiscard]] Samples samples_of(ImageSet images);

} // namespace tinyml::datasets
