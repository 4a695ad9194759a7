// SPDX-License-Identifier: Apache-2.0
#include "cli/train_place.hpp"

#include "cli/state_folder.hpp"
#include "training/run/run_folder.hpp"

namespace tinyml::cli {
namespace {

namespace fs = std::filesystem;

fs::path runs_folder() { return home_folder() / "training"; }

/// A model may be a file: its name alone, without what could leave the folder.
std::string folder_name(const std::string &model) {
  std::string name = fs::path(model).stem().string();
  for (char &c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    c = plain ? c : '_';
  }
  return name.empty() ? "model" : name;
}

/// Its last round is not there yet.
bool is_unfinished(const fs::path &folder) {
  const auto state = coordinator::RunFolder(folder).load();
  return state.ok() && (state->rounds.empty() || state->rounds.back().round < state->wish.rounds);
}

} // namespace

fs::path new_run_folder(const std::string &wanted, const std::string &model) {
  if (!wanted.empty()) {
    return wanted;
  }
  std::error_code error;
  for (unsigned number = 1;; ++number) {
    fs::path folder = runs_folder() / (folder_name(model) + "-" + std::to_string(number));
    if (!fs::exists(folder, error)) {
      return folder;
    }
  }
}

Expected<fs::path> unfinished_run(const std::string &wanted, const std::string &model) {
  if (!wanted.empty()) {
    return fs::path(wanted);
  }
  std::error_code error;
  fs::path newest;
  fs::file_time_type newest_time{};
  for (const auto &entry : fs::directory_iterator(runs_folder(), error)) {
    const auto time = fs::last_write_time(entry.path() / "run.json", error);
    const bool is_meant =
        model.empty() || entry.path().filename().string().starts_with(folder_name(model) + "-");
    if (!error && is_meant && (newest.empty() || time > newest_time) &&
        is_unfinished(entry.path())) {
      newest = entry.path();
      newest_time = time;
    }
  }
  if (newest.empty()) {
    return fail(ErrorCode::kNotFound, "there is no training run to go on with below '" +
                                          runs_folder().string() + "'; name its folder: --state");
  }
  return newest;
}

} // namespace tinyml::cli
