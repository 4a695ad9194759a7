// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/os/image_figures.hpp"

namespace tinyml::bench_os {

/// A device of a board that is always the same: fixed identity, key and secrets, so that equal
/// programs count equal instructions.
struct BenchDevice {
  std::string board;
  std::filesystem::path program; ///< what the machine starts with
  std::filesystem::path store;
};

/// With the program `base` as its image, started by the bootloader. `server_uri` is where the
/// device registers.
[[nodiscard]] Expected<BenchDevice> make_delivered(const Places &places, const std::string &board,
                                                   const std::string &server_uri,
                                                   const std::filesystem::path &work);

/// With the program os/net/echo alone: no bootloader, a blank store.
[[nodiscard]] Expected<BenchDevice> make_echo(const Places &places, const std::string &board,
                                              const std::filesystem::path &work);

} // namespace tinyml::bench_os
