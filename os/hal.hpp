// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tinyml {
struct Retained; // os/retained.hpp
}

/// The hypercalls: everything a device program may ask of the machine below it. A board implements
/// this file and nothing else; a device program sees nothing else of the machine. One thread, no
/// interrupts visible, no allocation. Times are nanoseconds since the board started unless said
/// otherwise.
namespace tinyml::hal {

inline constexpr std::uint32_t kAbiVersion = 1;

/// How datagrams travel between this board and its network.
enum class LinkKind : std::uint8_t {
  kNone,     ///< no network
  kEthernet, ///< net_send/net_receive carry whole Ethernet II frames without FCS
  kSlip,     ///< they carry IPv4 packets; the driver does the SLIP framing (RFC 1055)
  kDatagram, ///< hosted: they carry a DatagramHeader and then one UDP payload
};

/// Precedes each datagram on a LinkKind::kDatagram board: the peer it goes to or came from.
struct DatagramHeader {
  std::uint8_t ipv4[4];
  std::uint8_t port_be[2];
};

/// What the machine is; constant while it runs.
struct BootInfo {
  std::uint32_t abi_version; ///< kAbiVersion of the board's build
  const char *board;         ///< board name as in board.json, e.g. "mps2-an385"
  LinkKind link;
  std::uint8_t mac[6];       ///< zero unless Ethernet
  std::uint16_t mtu_bytes;   ///< largest IP packet the link carries
  std::uint32_t cycle_hz;    ///< rate of cycle_count(); 0 when unknown
  std::uint8_t reset_reason; ///< 0 power-on, 1 software, 2 watchdog, 3 fault
};

/// One non-volatile address space with NOR rules: erase a whole sector to 0xFF, then each program
/// unit may be written once; a write can only clear bits.
struct StoreInfo {
  std::uint32_t size_bytes;
  std::uint32_t sector_bytes;  ///< smallest erase, a power of two
  std::uint32_t program_bytes; ///< smallest aligned write, a power of two
  /// 0: two images of equal rank. Else there is one slot, and so many bytes before it hold a
  /// recovery image, which only the factory writes (os/store/layout.hpp).
  std::uint32_t recovery_bytes = 0;
};

enum class Status : std::uint8_t {
  kOk,
  kInvalid,     ///< unaligned or out of range: our own mistake, or a hostile caller's
  kUnsupported, ///< this board has no such thing
  kIo,          ///< the hardware refused
  kBusy,        ///< no room in the send queue; wait and try again
};

[[nodiscard]] const BootInfo &boot_info();

/// Writes text to the console as it is; the caller adds line ends.
void console_write(std::string_view text);

[[nodiscard]] std::uint64_t monotonic_ns();
/// Nanoseconds since 1970 (UTC), or 0 when the board does not know the date.
[[nodiscard]] std::uint64_t wall_clock_ns();

/// The one call that blocks: returns when a frame can be received or `deadline_ns` (monotonic) has
/// passed, and sleeps the processor meanwhile. Returns true when a frame is waiting.
bool wait_until(std::uint64_t deadline_ns);

/// Sends one frame (see LinkKind). The buffer is free again when the call returns.
[[nodiscard]] Status net_send(ByteView frame);
/// Takes one waiting frame into `buffer`; returns its length, 0 when none waits. A frame that is
/// larger than the buffer is dropped.
[[nodiscard]] std::size_t net_receive(ByteSpan buffer);

[[nodiscard]] const StoreInfo &store_info();
[[nodiscard]] Status store_read(std::uint32_t offset, ByteSpan to);
/// Erases whole sectors; both arguments are multiples of StoreInfo::sector_bytes.
[[nodiscard]] Status store_erase(std::uint32_t offset, std::uint32_t size_bytes);
/// Programs erased bytes; offset and size are multiples of StoreInfo::program_bytes.
[[nodiscard]] Status store_write(std::uint32_t offset, ByteView from);

/// Fills the buffer with random bytes. kUnsupported when the board has no source of its own; the
/// bytes are then only unpredictable by the seed that was provisioned with the device.
Status entropy(ByteSpan to);

/// A counter of processor cycles (instructions under emulation); wraps at 64 bits only.
[[nodiscard]] std::uint64_t cycle_count();

/// Memory that outlives reset(), where the board has such; valid from the program's start on.
[[nodiscard]] Retained &retained();

/// Starts the machine again, through the bootloader.
[[noreturn]] void reset();
/// Ends the program: powers off a virtual machine, leaves a process with `code`, halts hardware.
[[noreturn]] void exit(int code);

} // namespace tinyml::hal
