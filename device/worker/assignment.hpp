// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/crc32.hpp"
#include "os/store/training_area.hpp"
#include "protocol/training/messages.hpp"

#include <optional>

namespace tinyml::device {

/// The join order, kept in the store so that a worker that starts again joins by itself. Two
/// sectors take turns; a record that was cut off does not count.
template <store::Flash Flash> class Assignment {
public:
  Assignment(Flash &flash, const store::TrainingArea &area) : flash_(flash), area_(area) { find(); }

  /// Nothing when there is none, or it was taken back.
  [[nodiscard]] const std::optional<training::JoinOrder> &order() const { return order_; }
  bool keep(const training::JoinOrder &order) { return write(order); }
  bool forget() { return !order_ || write(training::JoinOrder{}); }

private:
  static constexpr std::uint32_t kMagic = 0x4F4A4D54; ///< "TMJO"
  static constexpr std::size_t kOrderAt = 8;
  static constexpr std::size_t kCrcAt = kOrderAt + training::JoinOrder::kBytes;
  static constexpr std::size_t kRecordBytes = 64; ///< program units divide it
  using Record = std::uint8_t[kRecordBytes];

  bool read(unsigned which, Record &record) {
    const store::Region &place = area_.records[which];
    return place.size_bytes != 0 && flash_.read(place.offset, record) == hal::Status::kOk &&
           load_le<std::uint32_t>(record) == kMagic &&
           load_le<std::uint32_t>(record + kCrcAt) == crc32(ByteView(record).first(kCrcAt));
  }
  void find() {
    Record record;
    for (unsigned which = 0; which < 2; ++which) {
      const bool good = read(which, record);
      const std::uint32_t number = load_le<std::uint32_t>(record + 4);
      if (good && number > number_) {
        number_ = number;
        latest_ = which;
        set(training::decode<training::JoinOrder>(
            ByteView(record + kOrderAt, training::JoinOrder::kBytes)));
      }
    }
  }
  template <typename Decoded> void set(const Decoded &order) {
    order_.reset();
    if (order.ok() && order->run_id != 0) {
      order_ = *order;
    }
  }
  bool write(const training::JoinOrder &order) {
    const unsigned which = 1 - latest_;
    const store::Region &place = area_.records[which];
    Record record;
    std::fill(std::begin(record), std::end(record), std::uint8_t{0xFF});
    store_le(record, kMagic);
    store_le(record + 4, number_ + 1);
    training::encode(order, ByteSpan(record + kOrderAt, training::JoinOrder::kBytes));
    store_le(record + kCrcAt, crc32(ByteView(record).first(kCrcAt)));
    if (place.size_bytes == 0 || flash_.erase(place.offset, place.size_bytes) != hal::Status::kOk ||
        flash_.write(place.offset, record) != hal::Status::kOk) {
      return false;
    }
    latest_ = which;
    ++number_;
    set(Result<training::JoinOrder, training::MessageError>(order));
    return true;
  }

  Flash &flash_;
  store::TrainingArea area_;
  std::optional<training::JoinOrder> order_;
  std::uint32_t number_ = 0;
  unsigned latest_ = 1;
};

} // namespace tinyml::device
