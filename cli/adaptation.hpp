// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_client.hpp"
#include "cli/running_module.hpp"

#include <functional>
#include <string>

namespace tinyml::cli {

/// A fine-tuning as a person asks for it.
struct AdaptWish {
  std::string endpoint;
  std::string data;          ///< datasets::parse_data_wish; the model's own data set when empty
  std::size_t samples = 200; ///< to train on
  std::size_t held_out = 200;
  std::uint32_t epochs = 5;
  double rate = 0.01;
  std::uint32_t seed = 1;
};

/// The shard with `wish`'s samples for a model with this input and so many outputs.
[[nodiscard]] Expected<std::vector<std::uint8_t>> shard_for(const AdaptWish &wish,
                                                            const RunningModule &module);

/// Sends the samples and has the device train on them; the answer is the FitStatus of
/// docs/openapi.yaml at its end. `on_progress` hears each one. Fails when the device could not.
[[nodiscard]] Expected<nlohmann::json>
adapt_device(HttpClient &client, const AdaptWish &wish,
             const std::function<void(const nlohmann::json &)> &on_progress);

/// Back to the model as it was ordered.
[[nodiscard]] Expected<nlohmann::json> reset_device(HttpClient &client,
                                                    const std::string &endpoint);

/// Whether the device's model is no longer the ordered one; no, where it cannot be asked.
[[nodiscard]] bool is_adapted(HttpClient &client, const std::string &endpoint);

} // namespace tinyml::cli
