// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/crc32.hpp"
#include "base/result.hpp"
#include "image/factory.hpp"

namespace tinyml::store {

/// The station address of a board that has none of its own. One from the factory page is taken as
/// it is; otherwise a locally administered one (IEEE 802, bit 1 of the first byte) is derived from
/// the endpoint's name.
inline void choose_station_address(const Result<image::FactoryPage, image::FactoryError> &page,
                                   std::uint8_t (&mac)[6]) {
  if (page.ok() && page.value().mac.size() == sizeof(mac)) {
    std::memcpy(mac, page.value().mac.data(), sizeof(mac));
    return;
  }
  mac[0] = 0x02;
  mac[1] = 0x54;
  store_be<std::uint32_t>(mac + 2, page.ok() ? crc32(as_bytes(page.value().endpoint)) : 1);
}

} // namespace tinyml::store
