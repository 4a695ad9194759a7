// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_client.hpp"
#include "training/data/image_set.hpp"

#include <array>
#include <functional>
#include <string>

namespace tinyml::cli {

/// Outcome of running labelled images on a device and on the host's build of the same module.
struct Verification {
  static constexpr std::size_t kClasses = 10;
  std::string model;
  std::string build;
  std::size_t total = 0;
  std::size_t equal = 0;   ///< images for which every output byte agrees
  std::size_t correct = 0; ///< by the device's answer
  double seconds = 0;
  bool adapted = false; ///< the device has trained its model: it is no longer the host's
  /// confusion[truth][answer]
  std::array<std::array<std::size_t, kClasses>, kClasses> confusion{};

  [[nodiscard]] double accuracy() const {
    return total == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(total);
  }
  [[nodiscard]] nlohmann::json to_json() const;
  [[nodiscard]] std::string confusion_text() const;
};

/// Sends every image to the device in batches; `on_progress` hears how many are done.
[[nodiscard]] Expected<Verification>
verify_device(HttpClient &client, const std::string &endpoint, const datasets::ImageSet &images,
              const std::function<void(std::size_t)> &on_progress);

} // namespace tinyml::cli
