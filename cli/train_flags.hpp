// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"
#include "cli/context.hpp"
#include "training/run/wish.hpp"

namespace tinyml::cli {

/// What `tinyml train` was told.
struct TrainFlags {
  coordinator::RunWish wish;
  std::string model;
  std::string on = "kvm";
  std::string server_on;
  std::string memory = "2M";
  std::string state;
  std::string svg;
  std::string publish; ///< empty: MODEL-trained; coordinator::kPublishNothing
  std::string capture;
  std::uint32_t workers = 0;
  double deadline_s = 0;
  bool resume = false;
  bool keep = false;
  std::vector<std::string> given; ///< names of the flags that were said, as "--seed"
};

void add_train_flags(CLI::App &verb, TrainFlags &flags);
/// To be called once the command line is read.
void note_given_flags(const CLI::App &verb, TrainFlags &flags);

/// The flags as a checked wish; files in it are named from the root.
[[nodiscard]] Expected<coordinator::RunWish> wish_of(const TrainFlags &flags);

/// A run goes on as it was begun: kConflict for a flag that says something else. Flags that say
/// the same, and those that a run can do without, are welcome.
[[nodiscard]] Expected<void> check_same(const TrainFlags &flags, const coordinator::RunWish &begun);

/// The name that a model is published by when nobody says: its own, in the letters that names have,
/// and "-trained".
[[nodiscard]] std::string usual_publication(const std::string &model);

} // namespace tinyml::cli
