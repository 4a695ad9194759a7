// SPDX-License-Identifier: Apache-2.0
#include "cli/model_source.hpp"

#include "cli/arguments.hpp"
#include "cli/state_folder.hpp"
#include "host/files.hpp"
#include "training/data/calibration.hpp"

#include <cstring>

namespace tinyml::cli {
namespace {

constexpr std::size_t kCalibrationImages = 512;

/// A model of the zoo or one that was trained here: its file, and what to calibrate it with.
struct ZooEntry {
  std::filesystem::path file;
  std::string data; ///< a data set's name or a file of samples
};

ZooEntry entry_of(const std::filesystem::path &folder, const nlohmann::json &model) {
  const std::string samples = model.value("calibration", "");
  return {folder / model.value("file", model.value("name", "") + ".onnx"),
          samples.empty() ? model.value("dataset", "") : (folder / samples).string()};
}

/// kNotFound lists all names.
Expected<ZooEntry> find_in_zoo(const Context &context, const std::string &name) {
  const auto own = context.zoo_folder();
  if (!own.ok()) {
    return Failure{own.error()};
  }
  std::string known;
  for (const auto &folder : {*own, trained_folder()}) {
    const auto text = host::read_text(folder / "zoo.json");
    if (!text.ok() && folder == *own) {
      return Failure{text.error()};
    }
    const auto zoo = nlohmann::json::parse(text.ok() ? *text : "", nullptr, false);
    const auto models =
        zoo.is_object() ? zoo.value("models", nlohmann::json::array()) : nlohmann::json::array();
    for (const auto &model : models) {
      const std::string one = model.value("name", "");
      if (one == name) {
        return entry_of(folder, model);
      }
      known += (known.empty() ? "" : ", ") + one;
    }
  }
  return fail(ErrorCode::kNotFound,
              "'" + name + "' is neither a file nor a model of the zoo; the zoo has: " + known);
}

Expected<void> read_calibration(const std::string &from, ModelSource &source) {
  std::error_code error;
  if (std::filesystem::is_regular_file(from, error)) {
    const auto bytes = host::read_file(from);
    if (!bytes.ok()) {
      return Failure{bytes.error()};
    }
    if (bytes->empty() || bytes->size() % sizeof(float) != 0) {
      return fail(ErrorCode::kInvalidInput,
                  "'" + from + "' is not a file of little-endian float32 samples");
    }
    source.calibration.resize(bytes->size() / sizeof(float));
    std::memcpy(source.calibration.data(), bytes->data(), bytes->size());
    return {};
  }
  auto samples = datasets::calibration_samples(from, kCalibrationImages);
  if (!samples.ok()) {
    return Failure{samples.error()};
  }
  if (samples->drawn) {
    source.note =
        "the data set '" + from + "' is not on this machine: calibrated with drawn digits instead";
  }
  source.calibration = std::move(samples->values);
  return {};
}

/// One of the methods, or data as --calibration-data takes it.
void take_calibration(const std::string &word, ModelFlags &flags) {
  const auto method = quantize::parse_range_choice(word);
  if (method.ok()) {
    flags.quantization.range = *method;
  } else if (word.starts_with("percentile:")) {
    throw CLI::ValidationError("--calibration", method.error().message);
  } else {
    flags.calibration_data = word;
  }
}

void add_quantization_flags(CLI::App &verb, ModelFlags &flags) {
  verb.add_option("--calibration-data", flags.calibration_data,
                  "Samples to quantise with: mnist, fashion-mnist, or a file of float32 samples in "
                  "the model's input layout (default: the zoo model's own data set)");
  verb.add_option_function<std::vector<std::string>>(
          "--calibration",
          [&flags](const std::vector<std::string> &words) {
            for (const std::string &word : words) {
              take_calibration(word, flags);
            }
          },
          "How ranges are chosen from the samples: min-max, percentile[:P] or mse (default: mse); "
          "also takes what --calibration-data takes")
      ->take_all();
  verb.add_option("--float-layer", flags.quantization.float_layers,
                  "A layer or operator that stays float32; * and ? stand for any letters; may be "
                  "repeated");
  verb.add_option("--auto-fallback", flags.quantization.least_output_sqnr_db,
                  "Let the noisiest layers stay float32 until the outputs' signal is this many dB "
                  "above the quantisation noise, e.g. 30");
  verb.add_flag("--per-channel-fc", flags.quantization.per_channel_fully_connected,
                "A scale for each output of fully connected layers too (8 bytes of ROM each)");
}

} // namespace

Expected<ModelSource> read_model(const Context &context, const ModelFlags &flags) {
  std::error_code error;
  std::filesystem::path file = flags.model;
  std::string data_set = flags.calibration_data;
  if (!std::filesystem::exists(file, error)) {
    const auto entry = find_in_zoo(context, flags.model);
    if (!entry.ok()) {
      return Failure{entry.error()};
    }
    file = entry->file;
    data_set = data_set.empty() ? entry->data : data_set;
  }
  auto bytes = host::read_file(file);
  if (!bytes.ok()) {
    return Failure{bytes.error()};
  }
  ModelSource source{.name = file.stem().string(), .bytes = *std::move(bytes)};
  if (!data_set.empty()) {
    // A float build works without samples; with them the compiler can say whether int8 would fit.
    const auto read = read_calibration(data_set, source);
    if (!read.ok() && !flags.float32) {
      return Failure{read.error()};
    }
    if (flags.float32) {
      source.note.clear();
    }
  }
  return source;
}

Failure<HostError> about_model(const ModelFlags &flags, const HostError &error) {
  return fail(error.code, "model '" + flags.model + "': " + error.message);
}

driver::CompileOptions compile_options(const ModelFlags &flags, const ModelSource &source) {
  driver::CompileOptions options;
  options.model_name = source.name;
  if (const auto precision = driver::parse_precision(precision_of(flags)); precision.ok()) {
    options.precision = *precision; // anything else was refused with the flags
  }
  options.calibration = source.calibration;
  options.quantization = flags.quantization;
  options.optimize = *driver::parse_optimize(flags.optimize); // checked by CLI11
  options.strips = *driver::parse_strips(flags.patches);      // checked by CLI11
  return options;
}

void add_model_flags(CLI::App &verb, ModelFlags &flags) {
  verb.add_option("MODEL", flags.model, "A zoo name, or an ONNX or TensorFlow Lite file")
      ->required();
  verb.add_option_function<std::string>(
          "--precision",
          [&flags](const std::string &precision) {
            flags.precision = precision;
            flags.float32 = precision == "float32";
          },
          "int8, int16 (activations; the weights are int8) or float32 (default: int8)")
      ->check(CLI::IsMember({"int8", "int16", "float32"}));
  verb.add_flag_callback(
      "--float",
      [&flags] {
        flags.precision = "float32";
        flags.float32 = true;
      },
      "The same as --precision float32");
  verb.add_option("--optimize", flags.optimize, "What to aim at: size, balanced or speed")
      ->check(CLI::IsMember({"size", "balanced", "speed"}))
      ->capture_default_str();
  verb.add_option("--patches", flags.patches,
                  "The first layers strip by strip, less RAM for more time: auto (where RAM is "
                  "short), off, or a number of strips")
      ->check([](const std::string &text) {
        const auto strips = driver::parse_strips(text);
        return strips.ok() ? std::string() : strips.error().message;
      })
      ->capture_default_str();
  add_quantization_flags(verb, flags);
}

} // namespace tinyml::cli
