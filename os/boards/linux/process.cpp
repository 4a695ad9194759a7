// SPDX-License-Identifier: Apache-2.0
#include "os/boards/linux/process.hpp"

#include "os/hal.hpp"

namespace tinyml::linux_board {

constinit State state;

namespace {

using linux_x86_64::address_of;
using linux_x86_64::Call;
using linux_x86_64::call;

constexpr long kReadWriteCreateCloseOnExec = 02 | 0100 | 02000000;
constexpr std::size_t kFileStatusBytes = 144; // struct stat
constexpr std::size_t kFileSizeAt = 48;       // its st_size

std::uint64_t file_bytes(long file) {
  alignas(8) std::uint8_t status[kFileStatusBytes] = {};
  if (call(Call::kFileStatus, file, address_of(status)) != 0) {
    return 0;
  }
  return load_le<std::uint64_t>(status + kFileSizeAt);
}

std::uint8_t *map(long file, long size_bytes) {
  constexpr long kReadWrite = 3;
  constexpr long kShared = 1;
  const long at = call(Call::kMap, 0, size_bytes, kReadWrite, kShared, file, 0);
  return at < 0 ? nullptr : reinterpret_cast<std::uint8_t *>(at);
}

} // namespace

void give_up(const char *what, const char *subject) {
  hal::console_write("linux board: ");
  hal::console_write(what);
  hal::console_write(subject);
  hal::console_write("\n");
  hal::exit(2);
}

MappedStore map_store(const char *path) {
  const long file = call(Call::kOpen, address_of(path), kReadWriteCreateCloseOnExec, 0600);
  if (file < 0) {
    give_up("cannot open the store file; does its folder exist and may it be written? ", path);
  }
  const std::uint64_t size = file_bytes(file);
  if (size != 0 && (size < kStoreBytes || size > kLargestStoreBytes || size % kSectorBytes != 0)) {
    give_up("the store file is not 16 MiB or more long; name another, or none that exists: ", path);
  }
  if (size == 0 && call(Call::kTruncate, file, kStoreBytes) != 0) {
    give_up("cannot make the store file 16 MiB long: ", path);
  }
  MappedStore store{.size_bytes = size == 0 ? kStoreBytes : static_cast<std::uint32_t>(size)};
  store.memory = map(file, store.size_bytes);
  if (store.memory == nullptr) {
    give_up("cannot map the store file: ", path);
  }
  if (size == 0) {
    std::memset(store.memory, 0xFF, kStoreBytes);
  }
  (void)call(Call::kClose, file);
  return store;
}

Retained *map_retained(long file) {
  (void)call(Call::kTruncate, file, sizeof(Retained)); // the same length for each who opens it
  return reinterpret_cast<Retained *>(map(file, sizeof(Retained)));
}

std::uint64_t clock_ns(int clock) {
  std::int64_t seconds_and_nanoseconds[2] = {};
  (void)call(Call::kClock, clock, address_of(seconds_and_nanoseconds));
  return static_cast<std::uint64_t>(seconds_and_nanoseconds[0]) * 1'000'000'000 +
         static_cast<std::uint64_t>(seconds_and_nanoseconds[1]);
}

} // namespace tinyml::linux_board
