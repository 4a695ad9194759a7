// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tinyml::drivers {

/// The memory of a split virtqueue (Virtual I/O Device 1.1, 2.6), as the device reads and writes
/// it.
template <unsigned Count> struct VirtioRings {
  struct Descriptor {
    std::uint64_t address;
    std::uint32_t size_bytes;
    std::uint16_t flags;
    std::uint16_t next;
  };
  struct Used {
    std::uint32_t id;
    std::uint32_t length;
  };
  alignas(16) Descriptor descriptors[Count];
  alignas(2) struct {
    std::uint16_t flags;
    std::uint16_t index;
    std::uint16_t ring[Count];
  } offered;
  alignas(4) struct {
    std::uint16_t flags;
    std::uint16_t index;
    Used ring[Count];
  } used;
};

/// A virtqueue of `Count` (a power of two, at most 32) buffers: descriptor i always is buffer i.
/// The device is not trusted. What it says is read once and checked against what it was given;
/// nothing that it can write is ever used as an address, and no call waits for it.
template <unsigned Count> class VirtioQueue {
public:
  static_assert(Count <= 32 && (Count & (Count - 1)) == 0);

  enum class Found : std::uint8_t {
    kNothing,
    kBuffer,
    kNonsense, ///< the device broke the protocol: reset it and start() again
  };
  struct Taken {
    std::uint32_t buffer; ///< less than Count
    std::uint32_t length; ///< bytes the device claims to have written: not checked
  };

  /// Forgets everything. `flags`: 1 as the offered ring's tells the device to spare its interrupts.
  void start(std::uint16_t flags) {
    rings_ = {};
    rings_.offered.flags = flags;
    with_device_ = 0;
    offered_ = 0;
    seen_ = 0;
  }

  [[nodiscard]] const VirtioRings<Count> &rings() const { return rings_; }
  [[nodiscard]] VirtioRings<Count> &rings() { return rings_; }

  [[nodiscard]] bool has(std::uint32_t buffer) const { return (with_device_ >> buffer & 1) != 0; }

  /// Gives the device a buffer that it has not: memory at `address`.
  void offer(std::uint32_t buffer, std::uintptr_t address, std::uint32_t size_bytes,
             bool device_writes) {
    constexpr std::uint16_t kDeviceWrites = 2;
    rings_.descriptors[buffer] = {.address = address,
                                  .size_bytes = size_bytes,
                                  .flags = device_writes ? kDeviceWrites : std::uint16_t{0},
                                  .next = 0};
    rings_.offered.ring[offered_ % Count] = static_cast<std::uint16_t>(buffer);
    with_device_ |= 1U << buffer;
    ++offered_;
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const_cast<volatile std::uint16_t &>(rings_.offered.index) = offered_;
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  /// Whether take() would find something, be it nonsense.
  [[nodiscard]] bool any_used() const { return used_index() != seen_; }

  [[nodiscard]] Found take(Taken &taken) {
    const auto waiting = static_cast<std::uint16_t>(used_index() - seen_);
    if (waiting == 0) {
      return Found::kNothing;
    }
    if (waiting > static_cast<std::uint16_t>(offered_ - seen_)) {
      return Found::kNonsense;
    }
    std::atomic_thread_fence(std::memory_order_seq_cst);
    const volatile auto &entry = rings_.used.ring[seen_ % Count];
    taken = {entry.id, entry.length};
    if (taken.buffer >= Count || !has(taken.buffer)) {
      return Found::kNonsense;
    }
    with_device_ &= ~(1U << taken.buffer);
    ++seen_;
    return Found::kBuffer;
  }

private:
  [[nodiscard]] std::uint16_t used_index() const {
    return const_cast<const volatile std::uint16_t &>(rings_.used.index);
  }

  VirtioRings<Count> rings_;
  std::uint32_t with_device_; ///< a bit for each buffer
  std::uint16_t offered_;     ///< our own copy of the offered ring's index
  std::uint16_t seen_;
};

} // namespace tinyml::drivers
