// SPDX-License-Identifier: Apache-2.0
#include "training/data/calibration.hpp"
#include "service/builds/build_wish.hpp"
#include "service/store/digest.hpp"

#include <map>
#include <mutex>

namespace tinyml::service {

CalibrationSource dataset_calibration(std::size_t samples) {
  struct Kept {
    std::mutex mutex;
    std::map<std::string, Calibration> by_name;
  };
  return [samples,
          kept = std::make_shared<Kept>()](const std::string &dataset) -> Expected<Calibration> {
    const std::scoped_lock lock(kept->mutex);
    Calibration &known = kept->by_name[dataset];
    if (known == nullptr) {
      auto loaded = datasets::calibration_samples(dataset, samples);
      if (!loaded) {
        return Failure{loaded.error()};
      }
      CalibrationSamples fresh{.values = std::move(loaded->values)};
      fresh.sha256 = sha256_hex({reinterpret_cast<const std::uint8_t *>(fresh.values.data()),
                                 fresh.values.size() * sizeof(float)});
      known = std::make_shared<const CalibrationSamples>(std::move(fresh));
    }
    return known;
  };
}

} // namespace tinyml::service
