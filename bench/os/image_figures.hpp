// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/os/map_rooms.hpp"
#include "cli/context.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tinyml::bench_os {

/// Where the boards' programs lie.
struct Places {
  cli::Context context;         ///< kits and zoo
  std::filesystem::path boards; ///< the boards' build trees, with the linker's maps
};

/// A delivered image, everything included.
struct ImageFigures {
  std::string board;
  std::string program; ///< "base", "inference"
  std::string model;   ///< of the zoo; empty without one
  std::uint64_t rom_bytes = 0;
  std::uint64_t static_ram_bytes = 0; ///< the module's arena among it
  std::uint64_t stack_bytes = 0;      ///< the bound
  std::uint64_t boot_bytes = 0;       ///< the bootloader beside it; 0 where there is none
  Rooms rooms;                        ///< with "module" and "padding and rest" they sum up to both
};

/// Boards of the kits folder that have the program.
[[nodiscard]] Expected<std::vector<std::string>> boards_with(const Places &places,
                                                             const std::string &program);

/// Links the image, with `model` compiled for the board unless it is empty, and says whose its
/// bytes are.
[[nodiscard]] Expected<ImageFigures> measure_image(const Places &places, const std::string &board,
                                                   const std::string &program,
                                                   const std::string &model,
                                                   const std::filesystem::path &work);

} // namespace tinyml::bench_os
