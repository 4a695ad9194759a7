// SPDX-License-Identifier: Apache-2.0
#include "training/data/calibration.hpp"
#include "service/builds/build_wish.hpp"
#include "service/store/blob_folder.hpp"
#include "service/store/digest.hpp"

#include <cstring>
#include <map>
#include <mutex>

namespace tinyml::service {
namespace {

/// Samples that came with a model.
Expected<std::vector<float>> own_samples(const BlobFolder &blobs, const std::string &sha256) {
  const auto bytes = blobs.get(sha256);
  if (!bytes) {
    return Failure{bytes.error()};
  }
  if (bytes->empty() || bytes->size() % sizeof(float) != 0) {
    return fail(ErrorCode::kInvalidInput, "the model's samples are not float32 values");
  }
  std::vector<float> values(bytes->size() / sizeof(float));
  std::memcpy(values.data(), bytes->data(), bytes->size());
  return values;
}

Expected<std::vector<float>> samples_of(const std::string &dataset, std::size_t samples,
                                        const BlobFolder *blobs) {
  if (dataset.starts_with(kSamplesPrefix) && blobs != nullptr) {
    return own_samples(*blobs, dataset.substr(kSamplesPrefix.size()));
  }
  auto loaded = datasets::calibration_samples(dataset, samples);
  return loaded ? Expected<std::vector<float>>(std::move(loaded->values)) : Failure{loaded.error()};
}

} // namespace

CalibrationSource dataset_calibration(std::size_t samples, const BlobFolder *blobs) {
  struct Kept {
    std::mutex mutex;
    std::map<std::string, Calibration> by_name;
  };
  return [samples, blobs,
          kept = std::make_shared<Kept>()](const std::string &dataset) -> Expected<Calibration> {
    const std::scoped_lock lock(kept->mutex);
    Calibration &known = kept->by_name[dataset];
    if (known == nullptr) {
      auto loaded = samples_of(dataset, samples, blobs);
      if (!loaded) {
        return Failure{loaded.error()};
      }
      CalibrationSamples fresh{.values = *std::move(loaded)};
      fresh.sha256 = sha256_hex({reinterpret_cast<const std::uint8_t *>(fresh.values.data()),
                                 fresh.values.size() * sizeof(float)});
      known = std::make_shared<const CalibrationSamples>(std::move(fresh));
    }
    return known;
  };
}

} // namespace tinyml::service
