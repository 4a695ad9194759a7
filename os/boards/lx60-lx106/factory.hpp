// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/factory.hpp"
#include "os/boards/lx60-lx106/machine.hpp"

namespace tinyml::lx60 {

/// The factory page lies at the start of the store, which this board can read in place.
[[nodiscard]] inline auto factory_page() {
  return image::parse_factory_page(
      {reinterpret_cast<const std::uint8_t *>(kStoreBase), image::kFactoryPageBytes});
}

} // namespace tinyml::lx60
