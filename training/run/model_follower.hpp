// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "training/run/train_peer.hpp"

#include <algorithm>

namespace tinyml::coordinator {

/// Keeps the global model version by version, as a worker does: by deltas while the server has
/// them, else by the whole model.
class ModelFollower {
public:
  /// The model that a run begins with, or nothing yet.
  explicit ModelFollower(std::optional<VersionedModel> begin = std::nullopt)
      : model_(std::move(begin)) {}

  [[nodiscard]] const std::optional<VersionedModel> &model() const { return model_; }

  /// One step towards `newest`: the next version, or the newest where the server no longer has the
  /// delta. Nothing to do when it is there already.
  [[nodiscard]] Expected<void> step(TrainPeer &server, std::uint32_t newest);
  /// From elsewhere: so many updates are in the model.
  void has_at_least(std::uint32_t updates) {
    if (model_) {
      model_->updates = std::max(model_->updates, updates);
    }
  }

private:
  std::optional<VersionedModel> model_;
};

/// Adds a delta as it came (header, codes, CRC) to the model of the version it starts from. False,
/// and nothing changed, when it is damaged or of another model.
[[nodiscard]] bool add_delta(ByteView message, VersionedModel &model);

} // namespace tinyml::coordinator
