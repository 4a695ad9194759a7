// SPDX-License-Identifier: Apache-2.0
// Host only: the operating system of os/hosted/rtos.hpp is POSIX.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyml::posix {

inline constexpr std::uint32_t kStorageBytes = 4U << 20;

/// The file that is the storage, made and erased when it is not there. Once, before the device
/// starts. The message says what is wrong; nullptr when nothing is.
[[nodiscard]] const char *use_storage(const char *path);

/// The address the socket is bound to; loopback unless told. False: not an IPv4 address.
[[nodiscard]] bool use_address(const char *ipv4);

/// Maps the memory programs are linked for. Once, before the device starts.
[[nodiscard]] const char *map_program_memory();

/// Reads a program's ELF file into that memory, to run it without storage; see elf_program.cpp.
[[nodiscard]] const char *load_elf_program(const char *path);

} // namespace tinyml::posix
