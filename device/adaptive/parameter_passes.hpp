// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/adaptive/parameter_store.hpp"
#include "device/worker/scratch.hpp"
#include "device/worker/step.hpp"

namespace tinyml::device {

/// What is done with whole models, a block at a call: begin(), then the same pass until it does not
/// say kMore.
template <store::Flash Flash, typename Step> class ParameterPasses {
public:
  enum class Progress : std::uint8_t { kMore, kDone, kStoreFailed, kNotFinite, kDamaged };
  using Slot = ParameterSlot<Flash>;

  ParameterPasses(ParameterStore<Flash> &store, Step &step) : store_(store), step_(step) {}

  void begin() {
    first_ = 0;
    crc_ = 0;
  }

  /// The module's parameters become the slot's.
  Progress save(Slot &slot) {
    if (first_ == 0 && !slot.begin()) {
      return Progress::kStoreFailed;
    }
    const auto values = block();
    step_.read(first_, values.data(), static_cast<std::uint32_t>(values.size()));
    const bool finite =
        std::all_of(values.begin(), values.end(), [](float value) { return value - value == 0; });
    if (!finite) {
      return Progress::kNotFinite;
    }
    if (!slot.append(values)) {
      return Progress::kStoreFailed;
    }
    const Progress progress = advance();
    return progress == Progress::kDone && !store_.finish(slot) ? Progress::kStoreFailed : progress;
  }
  /// Whether the slot holds what was written.
  Progress check(Slot &slot) {
    const auto values = block();
    if (!slot.read(first_, values)) {
      return Progress::kStoreFailed;
    }
    const ByteView bytes(reinterpret_cast<const std::uint8_t *>(values.data()),
                         values.size_bytes());
    crc_ = crc32(bytes, crc_);
    const Progress progress = advance();
    if (progress != Progress::kDone) {
      return progress;
    }
    const auto header = slot.header(step_.module());
    return header && header->values_crc == crc_ ? progress : Progress::kDamaged;
  }
  /// The module's parameters become those of a slot or stored vector.
  template <typename Source> Progress load(Source &source) {
    const auto values = block();
    if (!source.read(first_, values)) {
      return Progress::kStoreFailed;
    }
    step_.load(first_, values.data(), static_cast<std::uint32_t>(values.size()));
    return advance();
  }

private:
  [[nodiscard]] std::span<float> block() const {
    const std::uint32_t left = step_.training().parameter_count - first_;
    return Scratch(step_.arena()).block(0, std::min(kVectorBlock, left));
  }
  Progress advance() {
    first_ += static_cast<std::uint32_t>(block().size());
    return first_ == step_.training().parameter_count ? Progress::kDone : Progress::kMore;
  }

  ParameterStore<Flash> &store_;
  Step &step_;
  std::uint32_t first_ = 0; ///< value that the next block begins with
  std::uint32_t crc_ = 0;
};

} // namespace tinyml::device
