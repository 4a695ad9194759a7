// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/net/address.hpp"

namespace tinyml::net {

/// An address and what belongs to it, from DHCP or set by hand.
struct AddressConfig {
  Ipv4Address address;
  Ipv4Address mask;
  Ipv4Address gateway; ///< none: only the own network can be reached
};

/// What a stack must be told; each kind of link uses the part that concerns it.
struct StackConfig {
  MacAddress mac{};
  std::uint32_t random_seed = 0; ///< should differ between devices and between starts
  AddressConfig fixed;           ///< a static address; none means DHCP
};

} // namespace tinyml::net
