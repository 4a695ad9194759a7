// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"
#include "os/net/address.hpp"

namespace tinyml::net {

/// Says on the console which address the device has got: "address 10.77.0.2".
inline void tell_address(Ipv4Address address) {
  char text[] = "address ...............\r\n";
  char *at = text + 8;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const unsigned octet = (address.bits >> shift) & 0xFF;
    if (octet >= 100) {
      *at++ = static_cast<char>('0' + octet / 100);
    }
    if (octet >= 10) {
      *at++ = static_cast<char>('0' + octet / 10 % 10);
    }
    *at++ = static_cast<char>('0' + octet % 10);
    *at++ = shift == 0 ? '\r' : '.';
  }
  *at++ = '\n';
  hal::console_write({text, static_cast<std::size_t>(at - text)});
}

} // namespace tinyml::net
