// SPDX-License-Identifier: Apache-2.0
#include "training/models/publish.hpp"

#include "host/files.hpp"
#include "training/models/export_onnx.hpp"

#include <algorithm>
#include <cstring>

namespace tinyml::training {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kCalibrationSamples = 200;

bool is_name(const std::string &name) {
  constexpr std::size_t kMaxBytes = 64;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= kMaxBytes && plain(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

Expected<void> check_name(const std::string &name) {
  return is_name(name) ? Expected<void>{}
                       : fail(ErrorCode::kInvalidInput,
                              "'" + name +
                                  "' is no model's name: lower-case letters, digits, '.', '_' and "
                                  "'-', at most 64, beginning with a letter or digit");
}

/// A set that the service can read by its name.
bool is_public(const datasets::DataSet &set) {
  return set.name == "mnist" || set.name == "fashion-mnist";
}

json input_of(const TrainableModel &model, const datasets::DataSet &set) {
  json input = model.record.value("input", json::object());
  input["width"] = set.shape.width;
  input["height"] = set.shape.height;
  input["channels"] = set.shape.channels;
  if (set.type == datasets::ValueType::kU8) {
    input["preprocessing"] = "value / 255";
    input["range"] = {0, 1};
  }
  return input;
}

json record_of(const Publication &publication, const TrainableModel &model,
               const datasets::DataSet &set) {
  json record = {{"name", publication.name},
                 {"title", publication.title},
                 {"file", publication.name + ".onnx"},
                 {"architecture", model.name},
                 {"task", set.is_picture ? "image-classification" : "series-classification"},
                 {"input", input_of(model, set)},
                 {"labels", set.classes},
                 {"accuracy_fp32", publication.accuracy},
                 {"parameters", publication.flat.size()},
                 {"training", publication.training}};
  if (is_public(set)) {
    record["dataset"] = set.name;
  } else {
    record["calibration"] = publication.name + ".calibration.f32";
  }
  return record;
}

Expected<json> read_list(const fs::path &file) {
  std::error_code error;
  if (!fs::exists(file, error)) {
    return json{{"zoo_version", 1}, {"models", json::array()}};
  }
  const auto text = host::read_text(file);
  if (!text) {
    return Failure{text.error()};
  }
  json list = json::parse(*text, nullptr, false);
  if (!list.is_object() || !list.value("models", json()).is_array()) {
    return fail(ErrorCode::kInvalidInput,
                "'" + file.string() + "' is broken: move it away and publish again");
  }
  return list;
}

void put_record(json &list, const json &record) {
  json &models = list["models"];
  for (json &known : models) {
    if (known.is_object() && known.value("name", "") == record["name"]) {
      known = record;
      return;
    }
  }
  models.push_back(record);
}

Expected<void> write_calibration(const TrainableModel &model, const datasets::DataSet &set,
                                 const fs::path &file) {
  const std::vector<float> values = calibration_of(model, set, kCalibrationSamples);
  return host::write_file(
      file, {reinterpret_cast<const std::uint8_t *>(values.data()), values.size() * sizeof(float)});
}

/// Height, width, channel becomes channel, height, width.
void put_channels_first(const datasets::SampleShape &shape, std::span<const float> from,
                        std::span<float> to) {
  const std::size_t places = std::size_t{shape.height} * shape.width;
  for (std::size_t place = 0; place < places; ++place) {
    for (std::size_t channel = 0; channel < shape.channels; ++channel) {
      to[channel * places + place] = from[place * shape.channels + channel];
    }
  }
}

} // namespace

std::vector<float> calibration_of(const TrainableModel &model, const datasets::DataSet &set,
                                  std::size_t count) {
  count = std::min(count, set.train.size());
  const std::size_t values = set.shape.values();
  std::vector<float> samples(count * values);
  std::vector<float> sample(values);
  for (std::size_t i = 0; i < count; ++i) {
    const std::span<float> to = std::span(samples).subspan(i * values, values);
    set.read(set.train, i * set.train.size() / count, sample);
    if (model.channels_first) {
      put_channels_first(model.input, sample, to);
    } else {
      std::copy(sample.begin(), sample.end(), to.begin());
    }
  }
  return samples;
}

Expected<void> check_publication(const std::string &name, const TrainableModel &model,
                                 std::span<const float> flat) {
  if (auto named = check_name(name); !named) {
    return named;
  }
  const auto bytes = export_onnx(model.bytes, flat);
  return bytes ? Expected<void>{} : Failure{bytes.error()};
}

bool holds_model(const fs::path &zoo, const std::string &name) {
  const auto list = read_list(zoo / "zoo.json");
  const json models = list ? (*list)["models"] : json::array();
  return std::any_of(models.begin(), models.end(), [&](const json &record) {
    return record.is_object() && record.value("name", "") == name;
  });
}

Expected<fs::path> publish(const Publication &publication, const TrainableModel &model,
                           const datasets::DataSet &set, const fs::path &zoo) {
  if (const auto named = check_name(publication.name); !named) {
    return Failure{named.error()};
  }
  const auto bytes = export_onnx(model.bytes, publication.flat);
  if (!bytes) {
    return Failure{bytes.error()};
  }
  auto list = read_list(zoo / "zoo.json");
  if (!list) {
    return Failure{list.error()};
  }
  std::error_code error;
  fs::create_directories(zoo, error);
  const json record = record_of(publication, model, set);
  const fs::path file = zoo / (publication.name + ".onnx");
  auto written = host::write_file(file, *bytes);
  if (written && record.contains("calibration")) {
    written = write_calibration(model, set, zoo / record["calibration"].get<std::string>());
  }
  if (written) {
    put_record(*list, record);
    written = host::write_text(zoo / "zoo.json", list->dump(2) + "\n");
  }
  return written ? Expected<fs::path>(file) : Failure{written.error()};
}

} // namespace tinyml::training
