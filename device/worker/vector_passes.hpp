// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/crc32.hpp"
#include "device/worker/score_balance.hpp"
#include "device/worker/scratch.hpp"
#include "device/worker/worker_store.hpp"
#include "protocol/training/messages.hpp"
#include "training/coding/coding.hpp"

namespace tinyml::device {

/// What a worker does with whole vectors, a block at a call: begin(), then the same pass until it
/// does not say kMore.
template <store::Flash Flash, typename Step> class VectorPasses {
public:
  enum class Progress : std::uint8_t { kMore, kDone, kStoreFailed, kNotFinite };

  VectorPasses(WorkerStore<Flash> &store, Step &step) : store_(store), step_(step) {}

  void begin() { first_ = 0; }

  /// From the next prepare() on.
  void calibrate(std::span<const std::uint32_t> class_counts, float strength) {
    prior_.set(class_counts, strength);
  }

  /// What encode() says of the classes' biases in place of their difference, by `strength` from now
  /// on; 0: nothing.
  ScoreBalance &balance() { return balance_; }
  void set_balance(float strength) { balance_strength_ = strength; }

  /// The module gets the model, and the vector that its correction takes: the model itself as
  /// anchor, or c - c_i as control.
  Progress prepare() {
    const Scratch scratch(step_.arena());
    const auto model = scratch.block(0, block_values());
    const auto other = scratch.block(1, block_values());
    if (!store_.model.read(first_, model)) {
      return Progress::kStoreFailed;
    }
    prior_.add(model, first_, info().learned_count, 1);
    step_.load(first_, model.data(), block_values());
    if (has(module::TrainingCorrection::kAnchor)) {
      load_correction(model);
    } else if (has(module::TrainingCorrection::kControl)) {
      if (!store_.server_control.read(first_, model) || !store_.own_control.read(first_, other)) {
        return Progress::kStoreFailed;
      }
      for (std::size_t i = 0; i < model.size(); ++i) {
        model[i] -= other[i];
      }
      load_correction(model);
    }
    return advance();
  }

  /// Codes (parameters - model) + residual behind `header`, which is complete, and a CRC behind all
  /// of it. The new residual is the residual's next(), to be adopted when the update is taken.
  Progress encode(const training::UpdateHeader &header) {
    if (first_ == 0 && !begin_update(header)) {
      return Progress::kStoreFailed;
    }
    const Scratch scratch(step_.arena());
    const auto update = scratch.block(0, block_values());
    const auto other = scratch.block(1, block_values());
    step_.read(first_, update.data(), block_values());
    prior_.add(update, first_, info().learned_count, -1);
    if (!store_.model.read(first_, other)) {
      return Progress::kStoreFailed;
    }
    for (std::size_t i = 0; i < update.size(); ++i) {
      update[i] -= other[i];
    }
    balance_.replace(update, first_, info().learned_count, balance_strength_);
    if (!store_.residual.read(first_, other)) {
      return Progress::kStoreFailed;
    }
    for (std::size_t i = 0; i < update.size(); ++i) {
      update[i] += other[i];
    }
    return finish_update(static_cast<training::Coding>(header.coding), update, scratch);
  }
  /// The same where the training left the finite numbers: every scale (or value) is not a number,
  /// which the server refuses and counts. Nothing is left over.
  Progress encode_diverged(const training::UpdateHeader &header) {
    if (first_ == 0 && !begin_update(header)) {
      return Progress::kStoreFailed;
    }
    const Scratch scratch(step_.arena());
    const auto nothing = scratch.block(0, block_values());
    std::fill(nothing.begin(), nothing.end(), 0.0F);
    const ByteSpan codes = scratch.codes(
        training::coded_bytes(static_cast<training::Coding>(header.coding), block_values()));
    std::fill(codes.begin(), codes.end(), std::uint8_t{0xFF}); // a NaN, as an f32 and as its half
    return keep_update(codes, nothing);
  }
  [[nodiscard]] std::uint32_t update_bytes() const { return update_bytes_; }

  /// model := model + the delta in `codes`, and SCAFFOLD's c with it.
  Progress apply(const training::DeltaHeader &header) {
    if (first_ == 0) {
      store_.model.begin_next();
      store_.server_control.begin_next();
    }
    const Scratch scratch(step_.arena());
    const auto delta = scratch.block(0, block_values());
    const auto model = scratch.block(1, block_values());
    if (!decode(static_cast<training::Coding>(header.coding), training::DeltaHeader::kBytes,
                delta) ||
        !store_.model.read(first_, model)) {
      return Progress::kStoreFailed;
    }
    for (std::size_t i = 0; i < model.size(); ++i) {
      model[i] += delta[i];
    }
    if (!store_.model.append(model) || !move_server_control(header, delta, model)) {
      return Progress::kStoreFailed;
    }
    const Progress progress = advance();
    if (progress == Progress::kDone) {
      store_.model.adopt();
      adopt_control(store_.server_control);
    }
    return progress;
  }

  /// c_i := c_i - c - q / `step_sum`, q being the update in `codes`, which has been taken.
  Progress move_own_control(training::Coding coding, float step_sum) {
    if (first_ == 0) {
      store_.own_control.begin_next();
    }
    const Scratch scratch(step_.arena());
    const auto update = scratch.block(0, block_values());
    const auto own = scratch.block(1, block_values());
    const auto server = scratch.block(2, block_values());
    if (!decode(coding, training::UpdateHeader::kBytes, update) ||
        !store_.own_control.read(first_, own) || !store_.server_control.read(first_, server)) {
      return Progress::kStoreFailed;
    }
    const std::size_t learned = learned_here();
    for (std::size_t i = 0; i < own.size(); ++i) {
      own[i] = i < learned ? own[i] - server[i] - update[i] / step_sum : 0;
    }
    if (!store_.own_control.append(own)) {
      return Progress::kStoreFailed;
    }
    const Progress progress = advance();
    if (progress == Progress::kDone) {
      store_.own_control.adopt();
    }
    return progress;
  }

private:
  [[nodiscard]] const module::TrainingInfo &info() const { return step_.training(); }
  [[nodiscard]] bool has(module::TrainingCorrection correction) const {
    return info().correction == correction;
  }
  [[nodiscard]] std::uint32_t block_values() const {
    return std::min(kVectorBlock, info().parameter_count - first_);
  }
  [[nodiscard]] std::uint32_t learned_here() const {
    return first_ < info().learned_count ? std::min(block_values(), info().learned_count - first_)
                                         : 0;
  }
  Progress advance() {
    first_ += block_values();
    return first_ == info().parameter_count ? Progress::kDone : Progress::kMore;
  }
  void load_correction(std::span<const float> values) {
    if (learned_here() != 0) {
      step_.load_correction(first_, values.data(), learned_here());
    }
  }

  bool begin_update(const training::UpdateHeader &header) {
    std::uint8_t bytes[training::UpdateHeader::kBytes];
    training::encode(header, bytes);
    crc_ = crc32(bytes);
    update_bytes_ = sizeof(bytes);
    store_.writer.begin(store_.codes);
    store_.residual.begin_next();
    return store_.writer.append(bytes);
  }
  Progress finish_update(training::Coding coding, std::span<float> update, const Scratch &scratch) {
    const auto values = static_cast<std::uint32_t>(update.size());
    const ByteSpan codes = scratch.codes(training::coded_bytes(coding, values));
    std::uint32_t at = 0;
    for (std::uint32_t i = 0; i < values; i += training::kBlockValues) {
      const auto part = update.subspan(i, std::min(training::kBlockValues, values - i));
      const auto part_bytes =
          training::coded_block_bytes(coding, static_cast<std::uint32_t>(part.size()));
      if (!training::encode_block(coding, part, codes.subspan(at, part_bytes))) {
        return Progress::kNotFinite;
      }
      at += part_bytes;
    }
    return keep_update(codes, update);
  }
  Progress keep_update(ByteSpan codes, std::span<float> residual) {
    crc_ = crc32(codes, crc_);
    update_bytes_ += static_cast<std::uint32_t>(codes.size());
    if (!store_.writer.append(codes) || !store_.residual.append(residual)) {
      return Progress::kStoreFailed;
    }
    const Progress progress = advance();
    return progress == Progress::kDone ? end_update() : progress;
  }
  Progress end_update() {
    std::uint8_t crc[training::kTrailerBytes];
    store_le(crc, crc_);
    update_bytes_ += sizeof(crc);
    const bool kept = store_.writer.append(crc) && store_.writer.finish();
    return kept ? Progress::kDone : Progress::kStoreFailed;
  }

  /// The block's values of what lies in `codes` behind `header_bytes`. A whole number of coding
  /// blocks lies before it.
  bool decode(training::Coding coding, std::uint32_t header_bytes, std::span<float> to) {
    const auto values = static_cast<std::uint32_t>(to.size());
    const Scratch scratch(step_.arena());
    const ByteSpan codes = scratch.codes(training::coded_bytes(coding, values));
    if (!store_.read_codes(header_bytes + training::coded_bytes(coding, first_), codes)) {
      return false;
    }
    std::uint32_t at = 0;
    for (std::uint32_t i = 0; i < values; i += training::kBlockValues) {
      const auto part = to.subspan(i, std::min(training::kBlockValues, values - i));
      const auto part_bytes =
          training::coded_block_bytes(coding, static_cast<std::uint32_t>(part.size()));
      if (!training::decode_block(coding, codes.subspan(at, part_bytes), part)) {
        return false;
      }
      at += part_bytes;
    }
    return true;
  }

  /// c := keep * c - gain * delta; `room` is memory for c.
  bool move_server_control(const training::DeltaHeader &header, std::span<const float> delta,
                           std::span<float> room) {
    if (!has(module::TrainingCorrection::kControl)) {
      return true;
    }
    if (!store_.server_control.read(first_, room)) {
      return false;
    }
    const std::size_t learned = learned_here();
    for (std::size_t i = 0; i < room.size(); ++i) {
      room[i] = i < learned ? header.control_keep * room[i] - header.control_gain * delta[i] : 0;
    }
    return store_.server_control.append(room);
  }
  void adopt_control(StoredVector<Flash> &control) {
    if (has(module::TrainingCorrection::kControl)) {
      control.adopt();
    }
  }

  WorkerStore<Flash> &store_;
  Step &step_;
  LabelPrior prior_;
  ScoreBalance balance_;
  float balance_strength_ = 0;
  std::uint32_t first_ = 0; ///< value that the next block begins with
  std::uint32_t crc_ = 0;
  std::uint32_t update_bytes_ = 0;
};

} // namespace tinyml::device
