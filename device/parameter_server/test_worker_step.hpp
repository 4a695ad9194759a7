// SPDX-License-Identifier: Apache-2.0
// Host only: for tests. TestWorker's local training; included by test_worker.hpp alone.
#pragma once

#include "device/parameter_server/test_worker.hpp"

namespace tinyml::device {

/// Gradient steps towards the target, with SCAFFOLD's correction or FedProx's pull.
inline void TestWorker::train() {
  Vector point = model_;
  Vector correction = control_;
  training::correction_of(correction, own_control_);
  const std::uint32_t steps = task_.local_steps != 0 ? task_.local_steps : task_.local_epochs * 4U;
  step_sum_ = 0;
  for (std::uint32_t step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < point.size(); ++i) {
      float gradient = point[i] - target_[i];
      gradient += scaffold() ? correction[i] : settings_.proximal * (point[i] - model_[i]);
      point[i] -= task_.rate * gradient;
    }
    step_sum_ += task_.rate;
  }
  training::UpdateHeader header{.run_id = settings_.run_id,
                                .worker = index_,
                                .coding = settings_.update_coding,
                                .base_version = version_,
                                .samples = samples_,
                                .steps = steps,
                                .mean_loss = 0.5F,
                                .accuracy_before = -1,
                                .accuracy_after = -1,
                                .step_sum = step_sum_,
                                .parameter_count = static_cast<std::uint32_t>(point.size())};
  update_.assign(training::UpdateHeader::kBytes, 0);
  encode(header, update_);
  next_residual_.resize(point.size());
  sent_.resize(point.size());
  for (std::size_t i = 0; i < point.size(); ++i) {
    next_residual_[i] = manners.boost * (point[i] - model_[i]) + residual_[i];
    sent_[i] = next_residual_[i];
  }
  for (std::size_t done = 0; done < point.size(); done += training::kBlockValues) {
    const auto part =
        std::span(next_residual_)
            .subspan(done, std::min<std::size_t>(training::kBlockValues, point.size() - done));
    const std::size_t at = update_.size();
    update_.resize(at +
                   training::coded_block_bytes(coding(), static_cast<std::uint32_t>(part.size())));
    static_cast<void>(training::encode_block(coding(), part, ByteSpan(update_).subspan(at)));
  }
  for (std::size_t i = 0; i < point.size(); ++i) {
    sent_[i] -= next_residual_[i];
  }
  if (manners.nan_updates > 0) {
    --manners.nan_updates;
    store_le(update_.data() + training::UpdateHeader::kBytes + 0, 0x7FC07FC0U); // scale and code
  }
  const std::uint32_t crc = crc32(update_);
  update_.resize(update_.size() + 4);
  store_le(update_.data() + update_.size() - 4, crc);
  if (manners.garbage_updates > 0) {
    --manners.garbage_updates;
    update_[update_.size() / 2] ^= 0x55;
  }
}

} // namespace tinyml::device
