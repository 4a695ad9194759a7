// SPDX-License-Identifier: Apache-2.0
#include "service/store/store.hpp"

#include "service/store/names.hpp"

#include <sys/stat.h>

namespace tinyml::service {

std::string text_of(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view to_string(OrderState state) {
  return names::kOrderStates[static_cast<std::size_t>(state)];
}

std::string_view to_string(BuildState state) {
  return names::kBuildStates[static_cast<std::size_t>(state)];
}

bool is_final(OrderState state) {
  return state == OrderState::kConfirmed || state == OrderState::kFailed ||
         state == OrderState::kSuperseded;
}

Expected<Store> Store::open(const std::filesystem::path &folder) {
  auto blobs = BlobFolder::open(folder / "blobs");
  if (!blobs) {
    return Failure{blobs.error()};
  }
  // The folder holds the signing key and what devices told us: nobody else's business.
  ::chmod(folder.c_str(), 0700);
  auto database = Database::open(folder / "service.sqlite");
  if (!database) {
    return Failure{database.error()};
  }
  if (auto migrated = migrate_schema(*database); !migrated) {
    return Failure{migrated.error()};
  }
  return Store(std::move(*database), std::move(*blobs));
}

Expected<void> Store::check() {
  return database_.transaction([this] { return database_.run("DELETE FROM orders WHERE id < 0"); });
}

} // namespace tinyml::service
