// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lm3s6965evb/machine.hpp"
#include "os/hal.hpp"

namespace tinyml {

lm3s::Card *lm3s::card() {
  static constinit Card the_card;
  static bool started = false;
  started = started || the_card.start();
  return started ? &the_card : nullptr;
}

namespace {

constexpr hal::StoreInfo kInfo = {
    .size_bytes = lm3s::kStoreBytes, .sector_bytes = 512, .program_bytes = 16};

/// What `operation` says of the card's store.
template <typename Operation> hal::Status on_card(Operation &&operation) {
  lm3s::Card *const card = lm3s::card();
  return card == nullptr ? hal::Status::kIo : operation(drivers::NorCard<lm3s::Card>(*card, kInfo));
}

} // namespace

const hal::StoreInfo &hal::store_info() { return kInfo; }

hal::Status hal::store_read(std::uint32_t offset, ByteSpan to) {
  return on_card([&](const auto &flash) { return flash.read(offset, to); });
}

hal::Status hal::store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return on_card([&](const auto &flash) { return flash.erase(offset, size_bytes); });
}

hal::Status hal::store_write(std::uint32_t offset, ByteView from) {
  return on_card([&](const auto &flash) { return flash.write(offset, from); });
}

} // namespace tinyml
