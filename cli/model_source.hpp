// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/context.hpp"
#include "compiler/driver/compile_model.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tinyml::cli {

/// A model as the local verbs (compile, plan, exec) use it, without a service.
struct ModelSource {
  std::string name;
  std::vector<std::uint8_t> bytes;
  std::vector<float> calibration; ///< empty when none was asked for
  std::string note;               ///< what a person should know about the calibration; may be empty
};

struct ModelFlags {
  std::string model; ///< a zoo name or a file
  std::string
      calibration_data; ///< data set name, or a file of float32 samples; the zoo's own when empty
  bool float32 = false;
  std::string optimize = "balanced"; ///< or "size", "speed"
  std::string patches = "auto";      ///< or "off", or a number of strips
  std::string precision = "int8";    ///< or int16; float32 when `float32` says so
  quantize::QuantizeOptions quantization;
};

/// "int8", "int16" or "float32".
[[nodiscard]] inline const std::string &precision_of(const ModelFlags &flags) {
  static const std::string kFloat32 = "float32";
  return flags.float32 ? kFloat32 : flags.precision;
}

/// The part of the compiler's options that the flags decide.
[[nodiscard]] driver::CompileOptions compile_options(const ModelFlags &flags,
                                                     const ModelSource &source);

/// Reads the model and its calibration samples, which a float build can do without.
[[nodiscard]] Expected<ModelSource> read_model(const Context &context, const ModelFlags &flags);

/// What went wrong with the model, with its name in front.
[[nodiscard]] Failure<HostError> about_model(const ModelFlags &flags, const HostError &error);

/// Adds MODEL, the precision, how to quantise and --optimize to a verb.
void add_model_flags(CLI::App &verb, ModelFlags &flags);

} // namespace tinyml::cli
