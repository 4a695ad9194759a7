// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/factory.hpp"
#include "os/store/layout.hpp"

namespace tinyml::store {

/// Writes padded bytes over whole freshly erased sectors of a region.
template <Flash F>
[[nodiscard]] hal::Status fill_region(F &flash, const Region &region, ByteView bytes) {
  if (bytes.size() > region.size_bytes) {
    return hal::Status::kInvalid;
  }
  if (const auto status = flash.erase(region.offset, region.size_bytes);
      status != hal::Status::kOk) {
    return status;
  }
  const std::size_t unit = std::max<std::uint32_t>(flash.info().program_bytes, 1);
  const std::size_t whole = bytes.size() / unit * unit;
  if (const auto status = flash.write(region.offset, bytes.first(whole));
      status != hal::Status::kOk || whole == bytes.size()) {
    return status;
  }
  std::uint8_t last[256];
  if (unit > sizeof(last)) {
    return hal::Status::kUnsupported;
  }
  std::memset(last, 0xFF, sizeof(last));
  std::memcpy(last, bytes.data() + whole, bytes.size() - whole);
  return flash.write(region.offset + static_cast<std::uint32_t>(whole), ByteView(last, unit));
}

/// Makes a new device of a blank or used store: factory page, empty boot state, first image in slot
/// A, nothing in slot B. The bootloader confirms the image at its first boot.
template <Flash F>
[[nodiscard]] hal::Status provision(F &flash, const image::FactoryPage &page,
                                    ByteView first_image) {
  const Layout layout = layout_of(flash.info());
  std::uint8_t bytes[image::kFactoryPageBytes];
  if (!image::encode_factory_page(page, bytes)) {
    return hal::Status::kInvalid;
  }
  const std::pair<Region, ByteView> contents[] = {{layout.boot_state[0], {}},
                                                  {layout.boot_state[1], {}},
                                                  {layout.slot(Slot::kB), {}},
                                                  {layout.slot(Slot::kA), first_image},
                                                  {layout.factory, bytes}};
  for (const auto &[region, content] : contents) {
    if (const auto status = fill_region(flash, region, content); status != hal::Status::kOk) {
      return status;
    }
  }
  return hal::Status::kOk;
}

} // namespace tinyml::store
