// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/store/store.hpp"

#include <filesystem>

namespace tinyml::service {

inline constexpr std::size_t kMaxModelBytes = std::size_t{64} << 20;

struct Upload {
  std::string name;
  std::string title;
  std::optional<std::string> dataset;
  ByteView bytes;
};

/// Model names as the API takes them: `[a-z0-9][a-z0-9._-]{0,63}`.
[[nodiscard]] bool is_model_name(std::string_view name);

/// The models that can be ordered.
class Zoo {
public:
  explicit Zoo(Store &store) : store_(store) {}

  /// Takes in the models of `folder`/zoo.json: `{"models": [{"name", "file", "title", "dataset",
  /// …}]}`. Bytes are stored once; entries are brought up to date.
  [[nodiscard]] Expected<void> load(const std::filesystem::path &folder, TimeMs now);
  /// Takes in what training left in `folder` when its zoo.json is another one than last time; a
  /// folder that is not there is empty. A record's "calibration" names a file of float32 samples to
  /// quantise with, in place of a data set. The zoo's own models and plain uploads of the same name
  /// stay.
  [[nodiscard]] Expected<void> refresh(const std::filesystem::path &folder, TimeMs now);
  /// kConflict for the name of a model of the zoo's own.
  [[nodiscard]] Expected<ModelRecord> upload(const Upload &upload, TimeMs now);

private:
  [[nodiscard]] Expected<void> load_list(const std::filesystem::path &folder, bool own, TimeMs now);
  [[nodiscard]] Expected<void> load_entry(const std::filesystem::path &folder, const Json &entry,
                                          bool own, TimeMs now);
  [[nodiscard]] Expected<std::optional<std::string>> data_of(const std::filesystem::path &folder,
                                                             const Json &entry);
  [[nodiscard]] Expected<bool> may_replace(const std::string &name);
  [[nodiscard]] Expected<ModelRecord> keep(ModelRecord model, ByteView bytes);

  Store &store_;
  std::string seen_; ///< the list that refresh() took in last
};

} // namespace tinyml::service
