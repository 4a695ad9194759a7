// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "service/store/records.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tinyml::image {
class SigningKey;
}

namespace tinyml::service {

class BlobFolder;

/// What somebody wants built: an order without its delivery.
struct BuildWish {
  std::string model_name;
  std::string model_sha256;
  std::optional<std::string> dataset; ///< to calibrate with
  Json profile;                       ///< as the device told it
  std::optional<std::int64_t> max_ram_bytes;
  std::optional<std::int64_t> max_rom_bytes;
  std::string precision = "int8";
  /// Which program of the kit; "base" has no model, and every field about one is empty.
  std::string program = "inference";

  [[nodiscard]] bool has_model() const { return program != "base"; }
};

/// Samples to calibrate a model with: inputs in the model's own layout, one after the other.
struct CalibrationSamples {
  std::vector<float> values;
  std::string sha256; ///< of the values' bytes: part of what identifies a build
};
using Calibration = std::shared_ptr<const CalibrationSamples>;
/// Where they come from, by data set name. Called from background threads, one at a time.
using CalibrationSource = std::function<Expected<Calibration>(const std::string &dataset)>;

/// The source that reads the project's data sets (training/data) and keeps them in memory; models'
/// own samples (kSamplesPrefix) come from `blobs`, which outlives it.
[[nodiscard]] CalibrationSource dataset_calibration(std::size_t samples,
                                                    const BlobFolder *blobs = nullptr);

/// What a build runs under (docs/backend.md).
struct BackendLimits {
  std::chrono::milliseconds time{120'000};
  std::uint64_t cpu_s = 300;
  std::uint64_t memory_bytes = 4ULL << 30;
  std::uint64_t file_bytes = 512ULL << 20;
};

/// What every build needs; outlives them all.
struct BuildEnvironment {
  std::filesystem::path backend; ///< the compiler backend program
  /// Backends of vendors, by the accelerator in a device's profile that they compile for.
  std::map<std::string, std::filesystem::path> accelerator_backends;
  std::filesystem::path kits;    ///< folder with one kit a board
  std::filesystem::path scratch; ///< where request and result folders are made
  std::string search_path = "/usr/local/bin:/usr/bin:/bin"; ///< PATH of the backend
  BackendLimits limits;
  CalibrationSource calibration;
  const BlobFolder *blobs = nullptr;
  const image::SigningKey *key = nullptr;
};

} // namespace tinyml::service
