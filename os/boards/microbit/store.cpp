// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

namespace tinyml::hal {

using microbit::Flash;
using microbit::kStoreInfo;

const StoreInfo &store_info() { return kStoreInfo; }

Status store_read(std::uint32_t offset, ByteSpan to) { return Flash::read(kStoreInfo, offset, to); }

Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return Flash::erase(kStoreInfo, offset, size_bytes);
}

Status store_write(std::uint32_t offset, ByteView from) {
  return Flash::write(kStoreInfo, offset, from);
}

} // namespace tinyml::hal
