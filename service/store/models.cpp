// SPDX-License-Identifier: Apache-2.0
#include "service/store/store.hpp"

namespace tinyml::service {
namespace {

ModelRecord model_of(const Row &row) {
  return {.name = row.text(0),
          .title = row.text(1),
          .origin = row.text(2),
          .sha256 = row.text(3),
          .size_bytes = row.integer(4),
          .dataset = row.maybe_text(5),
          .created_ms = row.integer(6),
          .metadata = Json::parse(row.text(7), nullptr, false)};
}

} // namespace

Expected<void> Store::put_model(const ModelRecord &model) {
  return database_.run("INSERT OR REPLACE INTO models VALUES (?,?,?,?,?,?,?,?)", model.name,
                       model.title, model.origin, model.sha256, model.size_bytes, model.dataset,
                       model.created_ms, text_of(model.metadata));
}

Expected<std::optional<ModelRecord>> Store::model(std::string_view name) {
  std::optional<ModelRecord> found;
  auto read = database_.query(
      "SELECT * FROM models WHERE name = ?", [&](const Row &row) { found = model_of(row); }, name);
  return read ? Expected<std::optional<ModelRecord>>(std::move(found)) : Failure{read.error()};
}

Expected<std::vector<ModelRecord>> Store::models() {
  std::vector<ModelRecord> all;
  auto read = database_.query("SELECT * FROM models ORDER BY name",
                              [&](const Row &row) { all.push_back(model_of(row)); });
  return read ? Expected<std::vector<ModelRecord>>(std::move(all)) : Failure{read.error()};
}

} // namespace tinyml::service
