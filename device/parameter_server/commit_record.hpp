// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/training/messages.hpp"

#include <span>

namespace tinyml::device {

inline constexpr std::size_t kCommitBytes = 192;

/// What a server must know after a restart. Everything it points to was written before.
struct Commit {
  training::RunSettings settings;
  training::RunState state = training::RunState::kIdle;
  std::uint8_t model_area = 0;
  std::uint8_t generation = 0;         ///< of residual, m and v
  std::uint8_t control_generation = 0; ///< of c
  bool has_vectors = false;            ///< false: they hold their first values, nowhere written
  bool has_control = false;
  std::uint32_t version = 0;
  std::uint32_t applied = 0; ///< updates in the model
  std::uint32_t joins = 0;
  std::uint16_t restarts = 0;
  float update_norm = 0;
  float step_norm = 0;
  std::uint8_t joined[training::kMaxWorkers / 8] = {}; ///< a bit for each worker

  [[nodiscard]] bool has_joined(std::uint16_t worker) const {
    return (joined[worker / 8] >> (worker % 8) & 1) != 0;
  }
  void set_joined(std::uint16_t worker) {
    joined[worker / 8] = static_cast<std::uint8_t>(joined[worker / 8] | 1U << (worker % 8));
  }
};

void encode_commit(const Commit &commit, std::uint32_t sequence,
                   std::span<std::uint8_t, kCommitBytes> to);
/// False unless the record is whole.
[[nodiscard]] bool decode_commit(std::span<const std::uint8_t, kCommitBytes> from, Commit &commit,
                                 std::uint32_t &sequence);

} // namespace tinyml::device
