// SPDX-License-Identifier: Apache-2.0
// A guest's side of the requests to its monitor: any memory, any addresses. And any executable, and
// anything that calls itself GDB.
#include "tender/monitor/gdb_packets.hpp"
#include "tender/monitor/program_file.hpp"
#include "tender/monitor/test_devices.hpp"

#include <algorithm>

namespace {

using namespace tinyml;
using namespace tinyml::tender;

/// The input's first part becomes the guest's memory; then four bytes an address that is rung.
void ring(ByteView input) {
  TestGuest guest;
  std::ranges::copy(input.first(std::min<std::size_t>(input.size(), 1024)), guest.ram.begin());
  auto *shared = reinterpret_cast<std::uint8_t *>(guest.shared.get());
  std::ranges::copy(input.first(std::min(input.size(), sizeof(kvm::Machine))), shared);
  Hypercalls calls(guest.memory(), *guest.shared, guest.devices);
  ByteReader addresses(input.last(std::min<std::size_t>(input.size(), 64)));
  while (const auto address = addresses.take_le<std::uint32_t>()) {
    (void)calls.handle(*address);
    // Most addresses are nobody's: the same once more inside the RAM.
    (void)calls.handle(kvm::kRamBase + (*address % TestGuest::kRamBytes & ~7U));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const ByteView input(data + 1, size - 1);
  if (data[0] % 3 == 0) {
    ring(input);
  } else if (data[0] % 3 == 1) {
    (void)parse_program(input);
  } else {
    GdbPacketReader reader;
    for (const std::uint8_t byte : input) {
      (void)reader.take(static_cast<char>(byte));
    }
  }
  return 0;
}
