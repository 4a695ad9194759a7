// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/boards/kvm-x86_64/hypercall.hpp"

namespace tinyml::tender {

/// What lies behind a guest's requests. Arguments are checked before they come here.
class Devices {
public:
  virtual ~Devices() = default;

  virtual void console(std::string_view text) = 0;

  struct Received {
    std::uint32_t frames = 0;
    bool all = true; ///< no more were waiting
  };
  /// Fills slots with what waits now.
  virtual Received receive(std::span<kvm::FrameSlot> slots) = 0;
  virtual void send(std::span<const ByteView> frames) = 0;
  /// Sleeps until a frame waits or the time has come; false when the wait ends for another reason.
  virtual bool wait_until(std::uint64_t deadline_ns) = 0;

  [[nodiscard]] virtual std::uint64_t now_ns() = 0;       ///< since the start
  [[nodiscard]] virtual std::uint64_t wall_zero_ns() = 0; ///< UTC at the start

  virtual hal::Status store_read(std::uint32_t offset, ByteSpan to) = 0;
  virtual hal::Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) = 0;
  virtual hal::Status store_write(std::uint32_t offset, ByteView from) = 0;
  virtual hal::Status entropy(ByteSpan to) = 0;
  /// Returns an image::Error.
  virtual std::uint32_t verify_slot(std::uint32_t slot) = 0;
};

} // namespace tinyml::tender
