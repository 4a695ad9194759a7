// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "training/run/records.hpp"

#include <string>

namespace tinyml::coordinator {

/// What is known while a round is under way.
struct LiveState {
  std::string phase;  ///< "builds the image for mps2-an386", "waits for the workers", …
  unsigned round = 0; ///< rounds that are done
  unsigned rounds = 0;
  double seconds = 0; ///< since the start
  std::vector<EdgeRow> edges{};
  std::vector<WorkerRow> workers;
  std::vector<RoundRecord> done;
};

/// The table a person watches: one row a worker and edge aggregator, below it the global model's
/// last rounds. `columns` and `lines` are the terminal's; with more workers than lines only the
/// first ones are shown, and a line tells how many are not.
[[nodiscard]] std::string table_text(const LiveState &state, std::size_t columns,
                                     std::size_t lines);

/// One line for a round that is done.
[[nodiscard]] std::string round_line(const RoundRecord &round, unsigned rounds);

} // namespace tinyml::coordinator
