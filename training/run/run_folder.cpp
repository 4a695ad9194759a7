// SPDX-License-Identifier: Apache-2.0
#include "training/run/run_folder.hpp"

#include "host/files.hpp"

#include <fmt/format.h>

namespace tinyml::coordinator {

using nlohmann::json;

bool RunFolder::holds_run() const {
  std::error_code error;
  return std::filesystem::is_regular_file(file(), error);
}

Expected<void> RunFolder::check_room(std::uint64_t bytes) const {
  std::error_code error;
  const auto space = std::filesystem::space(path_, error);
  if (error || space.available >= bytes) {
    return {};
  }
  return fail(ErrorCode::kResourceFull,
              fmt::format("the disk with '{}' is full: {} bytes are free, {} are needed",
                          path_.string(), space.available, bytes));
}

Expected<void> RunFolder::create() const {
  std::error_code error;
  if (holds_run()) {
    return fail(ErrorCode::kConflict, "'" + path_.string() +
                                          "' holds a run; go on with it by --resume, or name "
                                          "another folder with --state");
  }
  for (const auto &entry : std::filesystem::directory_iterator(path_, error)) {
    if (entry.path().filename() != "lock") {
      return fail(ErrorCode::kConflict,
                  "'" + path_.string() +
                      "' is not empty and holds no run; name another folder with --state");
    }
  }
  std::filesystem::create_directories(path_, error);
  if (error) {
    return fail(ErrorCode::kResourceFull,
                "cannot make the run's folder '" + path_.string() + "': " + error.message());
  }
  return {};
}

Expected<void> RunFolder::save(const RunState &state) const {
  json rounds = json::array();
  for (const RoundRecord &round : state.rounds) {
    rounds.push_back(to_json(round));
  }
  const json all = {{"version", 1},
                    {"wish", to_json(state.wish)},
                    {"run_id", state.run_id},
                    {"machines", state.machines},
                    {"finished", state.finished},
                    {"rounds", rounds}};
  return host::write_text(file(), all.dump(1) + "\n");
}

Expected<RunState> RunFolder::load() const {
  if (!holds_run()) {
    return fail(ErrorCode::kNotFound,
                "there is no training run in '" + path_.string() + "'; begin one without --resume");
  }
  const auto text = host::read_text(file());
  if (!text.ok()) {
    return Failure{text.error()};
  }
  const json all = json::parse(*text, nullptr, false);
  const auto damaged = [this] {
    return fail(ErrorCode::kInvalidInput,
                "'" + file().string() + "' is damaged; begin a new run with another --state");
  };
  if (!all.is_object() || all.value("version", 0) != 1 || !all.contains("rounds") ||
      !all.value("run_id", json()).is_number_unsigned() || !all["rounds"].is_array()) {
    return damaged();
  }
  auto wish = wish_from_json(all.value("wish", json()));
  if (!wish.ok()) {
    return Failure{wish.error()};
  }
  RunState state{.wish = *std::move(wish),
                 .run_id = all["run_id"],
                 .machines = all.value("machines", json::array()),
                 .finished = all.value("finished", json(false)) == true};
  for (const json &object : all["rounds"]) {
    auto round = round_from_json(object);
    if (!round.ok()) {
      return damaged();
    }
    state.rounds.push_back(*std::move(round));
  }
  return state;
}

} // namespace tinyml::coordinator
