// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/os/host_figures.hpp"

#include <nlohmann/json.hpp>
#include <optional>

namespace tinyml::bench_os {

/// Instructions until the first frame: of the program os/net/echo alone, and of a delivered device,
/// through its bootloader and the check of its image's signature.
struct BootFigures {
  std::string board;
  std::optional<std::uint64_t> bare_instructions;
  std::optional<std::uint64_t> delivered_instructions;
};

struct Measured {
  std::vector<ImageFigures> images;
  std::vector<BootFigures> boots;
  std::vector<HostFigures> hosts;
  std::string kvm; ///< modules that were loaded
};

/// "12,345".
[[nodiscard]] std::string grouped(std::uint64_t value);

/// bench-os.json (bench/os/README.md).
[[nodiscard]] nlohmann::json to_json(const Measured &measured);

/// `recorded` with what `now` has in place of the same; what `now` lacks stays.
[[nodiscard]] nlohmann::json merged(nlohmann::json recorded, const nlohmann::json &now);

/// results-os.md; `anchors` is anchors.json.
[[nodiscard]] std::string to_markdown(const nlohmann::json &figures, const nlohmann::json &anchors);

/// What is exact and got worse than `recorded` by more than two percent: one line a figure. What is
/// in one of the two only is passed over.
[[nodiscard]] std::vector<std::string> regressions(const nlohmann::json &recorded,
                                                   const nlohmann::json &now);

} // namespace tinyml::bench_os
