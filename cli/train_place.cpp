// SPDX-License-Identifier: Apache-2.0
#include "cli/train_place.hpp"

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

/// Its results are not all where they should be yet.
bool is_unfinished(const fs::path &folder) {
  const auto state = coordinator::RunFolder(folder).load();
  return state.ok() && !state->finished;
}

/// All but the lock, which is held.
void remove_content(const fs::path &folder) {
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(folder, error)) {
    if (entry.path().filename() != "lock") {
      fs::remove_all(entry.path(), error);
    }
  }
}

Expected<fs::path> newest_unfinished(const std::string &model) {
  std::error_code error;
  fs::path newest;
  fs::file_time_type newest_time{};
  for (const auto &entry : fs::directory_iterator(runs_folder(), error)) {
    const auto time = fs::last_write_time(entry.path() / "run.json", error);
    const bool is_meant =
        model.empty() || entry.path().filename().string().starts_with(folder_name(model) + "-");
    if (!error && is_meant && (newest.empty() || time > newest_time) &&
        is_unfinished(entry.path()) && !FolderLock::holder(entry.path())) {
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

} // namespace

Expected<RunPlace> RunPlace::hold(const fs::path &folder) {
  auto lock = FolderLock::take(folder, "a training run in '" + folder.string() + "'");
  return lock.ok() ? Expected<RunPlace>(RunPlace(folder, *std::move(lock))) : Failure{lock.error()};
}

Expected<RunPlace> RunPlace::claim(const std::string &wanted, const std::string &model) {
  if (!wanted.empty()) {
    const fs::path folder = absolute_path(wanted);
    std::error_code error;
    const bool is_new = !fs::exists(folder, error);
    if (!FolderLock::holder(folder)) { // else hold() says who has it
      if (const auto made = coordinator::RunFolder(folder).create(); !made.ok()) {
        return Failure{made.error()};
      }
    }
    auto place = hold(folder);
    if (place.ok()) {
      place->made_ = is_new;
    }
    return place;
  }
  for (unsigned number = 1;; ++number) {
    const fs::path folder = runs_folder() / (folder_name(model) + "-" + std::to_string(number));
    if (coordinator::RunFolder(folder).holds_run()) {
      continue;
    }
    auto place = hold(folder);
    if (!place.ok() && place.error().code != ErrorCode::kConflict) {
      return place;
    }
    if (place.ok() && !coordinator::RunFolder(folder).holds_run()) {
      remove_content(folder); // of a run that was killed before it began
      place->made_ = true;
      return place;
    }
  }
}

Expected<RunPlace> RunPlace::reopen(const std::string &wanted, const std::string &model) {
  const auto folder =
      wanted.empty() ? newest_unfinished(model) : Expected<fs::path>(absolute_path(wanted));
  if (!folder.ok()) {
    return Failure{folder.error()};
  }
  const auto state = coordinator::RunFolder(*folder).load();
  if (!state.ok()) {
    return Failure{state.error()};
  }
  if (state->finished) {
    return fail(ErrorCode::kConflict, "the run in '" + folder->string() +
                                          "' is finished; begin a new one without --resume");
  }
  return hold(*folder);
}

bool RunPlace::holds_rounds() const {
  const auto state = coordinator::RunFolder(folder_).load();
  return state.ok() && !state->rounds.empty();
}

void RunPlace::clear() const {
  std::error_code error;
  remove_content(folder_);
  if (made_) {
    fs::remove_all(folder_, error);
  }
}

} // namespace tinyml::cli
