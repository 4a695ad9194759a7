// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/factory.hpp"
#include "os/boards/lm3s6965evb/machine.hpp"
#include "os/hal.hpp"

namespace tinyml::lm3s {

/// The factory page, which the card's bus brings a byte at a time: read into memory, for as long as
/// this lives.
class FactoryPageCopy {
public:
  FactoryPageCopy() : read_(hal::store_read(0, bytes_) == hal::Status::kOk) {}

  [[nodiscard]] auto page() const {
    return image::parse_factory_page(read_ ? ByteView(bytes_) : ByteView{});
  }

private:
  std::uint8_t bytes_[image::kFactoryPageBytes];
  bool read_;
};

} // namespace tinyml::lm3s
