// SPDX-License-Identifier: Apache-2.0
#include "cli/test_data.hpp"

#include "cli/arguments.hpp"
#include "host/files.hpp"
#include "training/data/image_set.hpp"

#include <charconv>
#include <cstring>

namespace tinyml::cli {
namespace {

Expected<std::vector<float>> read_floats(const std::string &file) {
  const auto bytes = host::read_file(file);
  if (!bytes.ok()) {
    return Failure{bytes.error()};
  }
  if (bytes->empty() || bytes->size() % sizeof(float) != 0) {
    return fail(ErrorCode::kInvalidInput,
                "'" + file + "' is not a file of little-endian float32 samples");
  }
  std::vector<float> values(bytes->size() / sizeof(float));
  std::memcpy(values.data(), bytes->data(), bytes->size());
  return values;
}

/// Numbers with white space or commas between them.
Expected<std::vector<std::uint32_t>> read_labels(const std::string &file) {
  const auto text = host::read_text(file);
  if (!text.ok()) {
    return Failure{text.error()};
  }
  std::vector<std::uint32_t> labels;
  const char *at = text->data();
  const char *end = at + text->size();
  while (true) {
    while (at != end && std::strchr(" \t\r\n,", *at) != nullptr) {
      ++at;
    }
    if (at == end) {
      return labels;
    }
    std::uint32_t label = 0;
    const auto parsed = std::from_chars(at, end, label);
    if (parsed.ec != std::errc{}) {
      return fail(ErrorCode::kInvalidInput, "'" + file +
                                                "' has something that is no class number "
                                                "behind label " +
                                                std::to_string(labels.size()));
    }
    labels.push_back(label);
    at = parsed.ptr;
  }
}

Expected<LabelledSamples> read_files(const TestDataFlags &flags) {
  auto inputs = read_floats(flags.data);
  if (!inputs.ok()) {
    return Failure{inputs.error()};
  }
  LabelledSamples samples{.inputs = *std::move(inputs)};
  if (!flags.labels.empty()) {
    auto labels = read_labels(flags.labels);
    if (!labels.ok()) {
      return Failure{labels.error()};
    }
    samples.labels = *std::move(labels);
  }
  return samples;
}

Expected<LabelledSamples> read_data_set(const TestDataFlags &flags) {
  auto images = datasets::load(flags.data, datasets::Split::kTest);
  if (!images.ok()) {
    return Failure{images.error()};
  }
  if (flags.limit != 0) {
    *images = images->first(flags.limit);
  }
  LabelledSamples samples;
  for (const std::uint8_t pixel : images->pixels) {
    samples.inputs.push_back(static_cast<float>(pixel) / 255.0F);
  }
  samples.labels.assign(images->labels.begin(), images->labels.end());
  return samples;
}

} // namespace

Expected<LabelledSamples> read_test_data(const TestDataFlags &flags) {
  if (flags.data.empty()) {
    return flags.labels.empty() ? Expected<LabelledSamples>(LabelledSamples{})
                                : fail(ErrorCode::kInvalidInput,
                                       "--labels needs --data: the samples that they belong to");
  }
  std::error_code error;
  return std::filesystem::is_regular_file(flags.data, error) ? read_files(flags)
                                                             : read_data_set(flags);
}

void add_test_data_flags(CLI::App &verb, TestDataFlags &flags) {
  verb.add_option("--data", flags.data,
                  "Test samples: mnist, fashion-mnist, or a file of float32 samples");
  verb.add_option(
      "--labels", flags.labels,
      "The right classes of a file of samples: numbers with spaces or line ends between");
  verb.add_option("--limit", flags.limit, "Use only the first images of a data set");
}

} // namespace tinyml::cli
