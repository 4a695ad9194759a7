// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/cpu/x86_64/linux_call.hpp"
#include "os/retained.hpp"

#include <cstddef>
#include <cstdint>

/// What the process was started with and what it opened: the board's only state.
namespace tinyml::linux_board {

/// Exit code by which a program asks its launcher to start it again, through the bootloader.
inline constexpr int kResetExitCode = 64;

/// Of a store file that this board makes, and the shortest one that it takes.
inline constexpr std::uint32_t kStoreBytes = 16U << 20;
inline constexpr std::uint32_t kLargestStoreBytes = 1U << 30;
inline constexpr std::uint32_t kSectorBytes = 4096;
inline constexpr std::uint32_t kProgramBytes = 16;

struct State {
  const char *store_path = nullptr;
  const char *bind_address = "127.0.0.1:0";
  std::uint8_t reset_reason = 0;
  std::uint64_t start_ns = 0;   ///< CLOCK_MONOTONIC at the start
  Retained *retained = nullptr; ///< the launcher's file in memory, or this process's own
};
extern State state;

/// Ends the process with a message on the console: it was started wrongly.
[[noreturn]] void give_up(const char *what, const char *subject);

struct MappedStore {
  std::uint8_t *memory = nullptr;
  std::uint32_t size_bytes = 0; ///< as long as the file
};
/// Maps the store file, made and erased first when there is none.
[[nodiscard]] MappedStore map_store(const char *path);

/// Maps what outlives an image: a file in memory that the launcher made and its images inherit.
[[nodiscard]] Retained *map_retained(long file);

/// The datagram socket, opened when the network is first used.
[[nodiscard]] int network_socket();

[[nodiscard]] std::uint64_t clock_ns(int clock);

} // namespace tinyml::linux_board
