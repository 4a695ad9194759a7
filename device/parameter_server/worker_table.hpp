// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/peer.hpp"
#include "protocol/training/messages.hpp"

namespace tinyml::device {

inline constexpr std::uint8_t kNoSlot = 0xFF;

/// What a server knows of a worker. Lost at a restart, but for that it was there.
struct Worker {
  coap::PeerId peer;
  std::uint64_t cycles = 0;
  std::uint32_t instance = 0;
  std::uint32_t version = training::kNoVersion;
  std::uint32_t seen_ms = 0;        ///< when it last said something
  std::uint32_t clock = 0;          ///< its progress, for barriers
  std::uint32_t excluded_until = 0; ///< the version with which it may take part again
  std::uint32_t samples = 0;
  std::uint32_t steps = 0;
  std::uint32_t train_ms = 0;
  std::uint32_t bytes_up = 0;
  std::uint32_t bytes_down = 0;
  float mean_loss = 0;
  float accuracy_before = 0;
  float accuracy_after = 0;
  float norm = 0;
  float step_sum = 0;
  std::uint16_t delivered = 0;
  std::uint16_t refused = 0;
  std::uint8_t slot = kNoSlot; ///< where its update waits
  std::uint8_t strikes = 0;    ///< bad updates for this version
  training::Refusal last_refusal = training::Refusal::kNone;
  bool expected = false; ///< has joined, perhaps before a restart of the server
  bool known = false;    ///< has joined since the start of the server
  bool folded = false;   ///< its update is in the sum already
  bool answered = false; ///< its last upload was taken and no other has begun
  bool is_training = false;

  [[nodiscard]] bool has_delivered() const { return slot != kNoSlot || folded; }
};

/// The workers of a run by id.
class WorkerTable {
public:
  void clear();
  /// As many as the run has.
  void resize(std::uint16_t workers) { size_ = workers; }
  [[nodiscard]] std::uint16_t size() const { return size_; }
  [[nodiscard]] Worker &operator[](std::uint16_t id) { return workers_[id]; }
  [[nodiscard]] const Worker &operator[](std::uint16_t id) const { return workers_[id]; }
  /// Null for an id that has not joined.
  [[nodiscard]] Worker *find(std::uint16_t id);
  /// Who last joined from there; null: nobody.
  [[nodiscard]] Worker *find(coap::PeerId peer);

  [[nodiscard]] bool is_live(const Worker &worker, std::uint32_t now_ms,
                             std::uint32_t lost_ms) const {
    return worker.expected && now_ms - worker.seen_ms < lost_ms;
  }
  [[nodiscard]] std::uint16_t joined() const;
  [[nodiscard]] std::uint16_t delivered() const;
  [[nodiscard]] std::uint16_t live(std::uint32_t now_ms, std::uint32_t lost_ms) const;
  /// The smallest clock of live workers; 0 without any.
  [[nodiscard]] std::uint32_t slowest(std::uint32_t now_ms, std::uint32_t lost_ms) const;
  /// A new version: what was counted for the old one begins anew.
  void begin_version();

private:
  std::uint16_t size_ = 0;
  Worker workers_[training::kMaxWorkers];
};

/// The record of a worker for the status.
[[nodiscard]] training::WorkerRecord record_of(const WorkerTable &table, std::uint16_t id,
                                               std::uint32_t version, std::uint32_t now_ms,
                                               std::uint32_t lost_ms);

} // namespace tinyml::device
