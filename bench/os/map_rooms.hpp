// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/// Which room of the tree the bytes of a program come from: from the linker's map of a kit's
/// program (one relocatable object, already collected).
namespace tinyml::bench_os {

struct RoomBytes {
  std::uint64_t rom = 0; ///< code, constants, and the initial values of variables
  std::uint64_t ram = 0; ///< variables, the initialised ones among them
};

/// By room: "board", "network driver", "drivers", "processor", "runtime", "net", "store", "boot",
/// "crash and events", "CoAP", "LwM2M", "TLV and SenML", "image", "crypto", "device", "base",
/// "compiler library".
using Rooms = std::map<std::string, RoomBytes>;

/// The room of one input section. What lies in a folder belongs to it; templates and inline
/// functions, which stand in the object of the program that uses them, belong to their namespace.
[[nodiscard]] std::string room_of(std::string_view object, std::string_view section);

/// Sums up a map of GNU ld; unknown lines are passed over, so an empty result means "no map".
[[nodiscard]] Rooms rooms_of_map(std::string_view map);

/// The network: IP stack and the driver under it.
[[nodiscard]] std::uint64_t network_rom_bytes(const Rooms &rooms);

} // namespace tinyml::bench_os
