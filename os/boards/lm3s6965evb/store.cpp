// SPDX-License-Identifier: Apache-2.0
#include "os/hal.hpp"

namespace tinyml::hal {

/// A size of 0 says that there is no store.
const StoreInfo &store_info() {
  static constexpr StoreInfo kNone = {};
  return kNone;
}

Status store_read(std::uint32_t, ByteSpan) { return Status::kUnsupported; }
Status store_erase(std::uint32_t, std::uint32_t) { return Status::kUnsupported; }
Status store_write(std::uint32_t, ByteView) { return Status::kUnsupported; }

} // namespace tinyml::hal
