// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/worker/sample_layout.hpp"
#include "device/worker/scratch.hpp"
#include "device/worker/shard_store.hpp"
#include "device/worker/step.hpp"

#include <array>
#include <bit>
#include <utility>

namespace tinyml::device {

/// Takes records of the shard into the step's inputs: value i of the batch's sample n goes to
/// x[i * batch + n].
template <store::Flash Flash, typename Step> class BatchLoader {
public:
  BatchLoader(ShardStore<Flash> &shard, Step &step) : shard_(shard), step_(step) {}

  /// Whether the shard's samples are what the step takes.
  [[nodiscard]] bool fits() const {
    const module::TrainingInfo &info = step_.training();
    const training::ShardHeader &header = *shard_.header();
    const bool classes = info.loss == module::TrainingLoss::kCrossEntropy;
    return header.sample_values == info.sample_values && header.label_count == info.output_values &&
           classes == (header.label == training::ShardLabel::kClass);
  }

  /// Records `first`… become the batch's samples `slot`…; `count` > 0. False when the store fails.
  bool load(std::uint32_t first, std::uint32_t count, std::uint32_t slot) {
    begin(slot);
    return add(first, count) && finish();
  }

  /// The same for several runs of records, which the store is asked for at once: begin, add in the
  /// order of the samples, finish.
  void begin(std::uint32_t slot) {
    room_ = free_of_inputs(step_);
    slot_ = slot;
    read_count_ = 0;
    records_ = 0;
  }
  bool add(std::uint32_t first, std::uint32_t count) {
    const std::uint32_t record_bytes = shard_.header()->record_bytes();
    const auto at_once = static_cast<std::uint32_t>(room_.size()) / record_bytes;
    if (at_once == 0) {
      const std::uint32_t slot = std::exchange(slot_, slot_ + count);
      return load_in_parts(first, count, slot, room_);
    }
    while (count > 0) {
      if (records_ == at_once || read_count_ == kMostReads) {
        if (!finish()) {
          return false;
        }
      }
      const std::uint32_t part = std::min(at_once - records_, count);
      reads_[read_count_++] =
          shard_.reading(first, room_.subspan(records_ * record_bytes, part * record_bytes));
      records_ += part;
      first += part;
      count -= part;
    }
    return true;
  }
  bool finish() {
    const training::ShardHeader &header = *shard_.header();
    const std::uint32_t record_bytes = header.record_bytes();
    if (!shard_.read_all(std::span(reads_).first(read_count_))) {
      return false;
    }
    const Piece piece{room_.data(), record_bytes, records_, slot_};
    place_values(piece, 0, header.sample_values);
    for (std::uint32_t i = 0; i < records_; ++i) {
      place_label(piece.bytes + i * record_bytes + header.label_offset(), slot_ + i);
    }
    begin(slot_ + records_);
    return true;
  }

  /// Samples from `slot` on are switched off.
  void clear(std::uint32_t slot) {
    const std::uint32_t batch = step_.training().batch;
    float *const x = reinterpret_cast<float *>(step_input(step_, kSampleInput));
    for (std::uint32_t n = slot; n < batch; ++n) {
      for (std::uint32_t i = 0; i < step_.training().sample_values; ++i) {
        x[i * batch + n] = 0;
      }
      set_class(n, kNoClass);
    }
  }

  /// The class of sample `slot`, as the label input has it before the step runs.
  [[nodiscard]] std::int32_t class_of(std::uint32_t slot) const {
    return reinterpret_cast<const std::int32_t *>(step_input(step_, kLabelInput))[slot];
  }

private:
  static constexpr std::int32_t kNoClass = -1;
  static constexpr std::uint32_t kMostReads = 8;

  /// Consecutive records, or the same part of them.
  struct Piece {
    const std::uint8_t *bytes;
    std::uint32_t stride_bytes;
    std::uint32_t count;
    std::uint32_t slot;
  };

  /// Values first_value… of each record, that begin where the piece does.
  void place_values(const Piece &piece, std::uint32_t first_value, std::uint32_t values) {
    const training::ShardHeader &header = *shard_.header();
    const std::uint32_t batch = step_.training().batch;
    float *x = reinterpret_cast<float *>(step_input(step_, kSampleInput)) + first_value * batch +
               piece.slot;
    if (header.value == training::ShardValue::kU8) {
      return lay_out(
          {piece.bytes, piece.stride_bytes, piece.count, values, header.scale, header.offset}, x,
          batch);
    }
    for (std::uint32_t i = 0; i < values; ++i, x += batch) {
      const std::uint8_t *from = piece.bytes + i * header.value_bytes();
      for (std::uint32_t n = 0; n < piece.count; ++n, from += piece.stride_bytes) {
        x[n] = std::bit_cast<float>(load_le<std::uint32_t>(from));
      }
    }
  }
  void place_label(const std::uint8_t *label, std::uint32_t slot) {
    const training::ShardHeader &header = *shard_.header();
    if (header.label == training::ShardLabel::kClass) {
      return set_class(slot, *label);
    }
    const std::uint32_t batch = step_.training().batch;
    auto *const targets = reinterpret_cast<float *>(step_input(step_, kLabelInput));
    for (std::uint32_t k = 0; k < header.label_count; ++k) {
      targets[k * batch + slot] = std::bit_cast<float>(load_le<std::uint32_t>(label + 4 * k));
    }
  }
  void set_class(std::uint32_t slot, std::int32_t label) {
    reinterpret_cast<std::int32_t *>(step_input(step_, kLabelInput))[slot] = label;
  }

  /// Where the arena leaves no room for a whole record.
  bool load_in_parts(std::uint32_t first, std::uint32_t count, std::uint32_t slot, ByteSpan room) {
    const training::ShardHeader &header = *shard_.header();
    const auto at_once = static_cast<std::uint32_t>(room.size()) / header.value_bytes();
    for (std::uint32_t i = 0; i < count; ++i) {
      for (std::uint32_t value = 0; value < header.sample_values;) {
        const std::uint32_t part = std::min(at_once, header.sample_values - value);
        const ByteSpan bytes = room.first(part * header.value_bytes());
        if (part == 0 || !shard_.read(first + i, value * header.value_bytes(), bytes)) {
          return false;
        }
        place_values({bytes.data(), 0, 1, slot + i}, value, part);
        value += part;
      }
      const auto label_bytes = header.record_bytes() - header.label_offset();
      if (label_bytes > room.size() ||
          !shard_.read(first + i, header.label_offset(), room.first(label_bytes))) {
        return false;
      }
      place_label(room.data(), slot + i);
    }
    return true;
  }

  ShardStore<Flash> &shard_;
  Step &step_;
  ByteSpan room_; ///< of the arena, between begin and finish
  std::uint32_t slot_ = 0;
  std::uint32_t records_ = 0; ///< that wait to be read
  std::uint32_t read_count_ = 0;
  std::array<hal::StoreRead, kMostReads> reads_{};
};

} // namespace tinyml::device
