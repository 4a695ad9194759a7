// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace tinyml::cli {

/// A virtual device that waits for a debugger.
struct DebuggedDevice {
  std::string board;
  std::filesystem::path store;  ///< the file behind its flash
  std::filesystem::path folder; ///< where the program with its symbols is put: image.elf
};

/// The program that the device's bootloader is about to start, as the service linked it, in
/// `folder`/image.elf; kNotFound when this service did not build it.
[[nodiscard]] Expected<std::filesystem::path> fetch_program(const std::string &service_url,
                                                            const DebuggedDevice &device);

/// kResourceFull when a program listens at that TCP port of loopback already.
[[nodiscard]] Expected<void> check_gdb_port(std::uint16_t port);

/// The folder of the sources that a kit was built from, when it lies in its build tree; else empty.
[[nodiscard]] std::filesystem::path sources_of(const std::filesystem::path &kit);

} // namespace tinyml::cli
