// SPDX-License-Identifier: Apache-2.0
#include "os/net/slip.hpp"

#include <utility>

namespace tinyml::net {

std::size_t SlipReceiver::push(std::uint8_t byte) {
  if (byte == kSlipEnd) {
    // Both are over with the packet, whichever of them spoiled it.
    const bool broken = std::exchange(broken_, false);
    const bool cut = std::exchange(escaped_, false);
    const std::size_t size = std::exchange(used_, 0);
    return broken || cut ? 0 : size;
  }
  if (std::exchange(escaped_, false)) {
    if (byte != kSlipEscEnd && byte != kSlipEscEsc) {
      broken_ = true;
    }
    store(byte == kSlipEscEnd ? std::uint8_t{kSlipEnd} : std::uint8_t{kSlipEscape});
  } else if (byte == kSlipEscape) {
    escaped_ = true;
  } else {
    store(byte);
  }
  return 0;
}

void SlipReceiver::store(std::uint8_t byte) {
  if (used_ == buffer_.size()) {
    broken_ = true;
    return;
  }
  buffer_[used_++] = byte;
}

} // namespace tinyml::net
