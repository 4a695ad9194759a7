// SPDX-License-Identifier: Apache-2.0
#include "os/cpu/armv6m/start.hpp"

#include "board.hpp"
#include "machine.hpp"
#include "os/cpu/armv7m/role.hpp"

namespace tinyml::microbit {

namespace {

std::uint8_t reset_reason_of_this_start;

/// The bootloader only looks: the reason is the image's to take.
void take_reset_reason() {
  tinyml_retained.validate();
  if (armv7m::role() != armv7m::Role::kBootloader) {
    reset_reason_of_this_start = tinyml_retained.begin_run();
  }
}

} // namespace

std::uint8_t reset_reason() { return reset_reason_of_this_start; }

} // namespace tinyml::microbit

extern "C" void tinyml_board_start() {
  using namespace tinyml::microbit;
  Clock::start();
  Line::start(kTransmitPin, kReceivePin, Line::kBaud1M);
  take_reset_reason();
}
