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
  /// kConflict for the name of a model of the zoo's own.
  [[nodiscard]] Expected<ModelRecord> upload(const Upload &upload, TimeMs now);

private:
  [[nodiscard]] Expected<void> load_entry(const std::filesystem::path &folder, const Json &entry,
                                          TimeMs now);
  [[nodiscard]] Expected<ModelRecord> keep(ModelRecord model, ByteView bytes);

  Store &store_;
};

} // namespace tinyml::service
