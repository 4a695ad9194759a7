// SPDX-License-Identifier: Apache-2.0
#include "os/boards/lm3s6965evb/machine.hpp"

namespace tinyml::lm3s {

namespace {

/// System control [6.4].
using RawInterrupts = Register<0x400FE050>;
using RunClock = Register<0x400FE060>;
using ClockGates1 = Register<0x400FE104>;
using ClockGates2 = Register<0x400FE108>;

constexpr std::uint32_t kBypassPll = 1U << 11;
constexpr std::uint32_t kUseDivider = 1U << 22;
constexpr std::uint32_t kDivideBy4 = 3U << 23;
constexpr std::uint32_t kCrystal8MHz = 0xEU << 6;
constexpr std::uint32_t kPllLocked = 1U << 6;
constexpr std::uint32_t kRunning = kCrystal8MHz | kUseDivider | kDivideBy4;
constexpr int kPatience = 32768; // what the data sheet's own example waits

constexpr std::uint32_t kUart0 = 1U << 0;
constexpr std::uint32_t kSsi0 = 1U << 4;
constexpr std::uint32_t kTimer0 = 1U << 16;
constexpr std::uint32_t kPortA = 1U << 0;
constexpr std::uint32_t kPortD = 1U << 3;
constexpr std::uint32_t kEthernet = (1U << 28) | (1U << 30); // MAC and PHY

/// One port of pins [8.5].
template <std::uintptr_t Base> struct Port {
  using Direction = Register<Base + 0x400>;
  using Alternate = Register<Base + 0x420>;
  using PullUp = Register<Base + 0x510>;
  using Digital = Register<Base + 0x51C>;
};
using PortA = Port<0x40004000>;
using PortD = Port<0x40007000>;

/// 50 MHz from the PLL's 200; an image finds it running [6.3].
void start_pll() {
  if (RunClock::read() == kRunning) {
    return;
  }
  RunClock::write(kRunning | kBypassPll);
  for (int i = 0; i < kPatience && (RawInterrupts::read() & kPllLocked) == 0; ++i) {
  }
  RunClock::write(kRunning);
}

} // namespace

void start_clocks_and_pins() {
  start_pll();
  ClockGates1::write(kUart0 | kSsi0 | kTimer0);
  ClockGates2::write(kPortA | kPortD | kEthernet);
  (void)ClockGates2::read(); // a gate takes three clocks to open
  constexpr std::uint32_t kUartPins = 0x03;
  constexpr std::uint32_t kCardPins = 0x34; // clock, receive, transmit; not the display's select
  PortA::Alternate::write(kUartPins | kCardPins);
  PortA::PullUp::write(1U << 4);
  PortA::Digital::write(kUartPins | kCardPins);
  PortD::Direction::write(1);
  PortD::Digital::write(1);
  CardPort::deselect();
}

} // namespace tinyml::lm3s
