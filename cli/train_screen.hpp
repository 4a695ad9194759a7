// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "training/run/training_run.hpp"

#include <string>

namespace tinyml::cli {

/// What a person sees of a training run: a table that is drawn again and again on a terminal, lines
/// elsewhere; all of it on standard error.
class TrainScreen {
public:
  TrainScreen();
  ~TrainScreen() { finish(); }
  TrainScreen(const TrainScreen &) = delete;
  TrainScreen &operator=(const TrainScreen &) = delete;

  [[nodiscard]] coordinator::Observer observer();
  /// In place of the table, all rounds stay.
  void finish();

private:
  void progress(const std::string &text);
  void note(const std::string &text);
  void live(const coordinator::LiveState &state);
  void round(const coordinator::RoundRecord &round);
  void erase();

  bool is_terminal_;
  std::size_t drawn_lines_ = 0; ///< of the table, or the one line of progress
  std::string done_;            ///< a line for each round, where there is a table
  unsigned rounds_ = 0;
  std::chrono::steady_clock::time_point drawn_{};
};

/// The table at the end: what each worker's machine was and did.
[[nodiscard]] std::string figures_text(const coordinator::RunRecord &run);

} // namespace tinyml::cli
