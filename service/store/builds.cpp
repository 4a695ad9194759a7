// SPDX-License-Identifier: Apache-2.0
#include "service/store/names.hpp"
#include "service/store/store.hpp"

namespace tinyml::service {
namespace {

BuildRecord build_of(const Row &row) {
  return {.id = row.text(0),
          .state = names::find<BuildState>(names::kBuildStates, row.text(1)),
          .model = row.text(2),
          .board = row.text(3),
          .precision = row.text(4),
          .created_ms = row.integer(5),
          .build_ms = row.maybe_integer(6),
          .image_sha256 = row.maybe_text(7),
          .image_bytes = row.maybe_integer(8),
          .module_sha256 = row.maybe_text(9),
          .version = row.maybe_text(10),
          .report = Json::parse(row.text(11), nullptr, false),
          .error = Json::parse(row.text(12), nullptr, false)};
}

} // namespace

Expected<void> Store::write_build(const BuildRecord &build) {
  // An upsert, not a replace: orders refer to the row.
  return database_.run("INSERT INTO builds VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13) "
                       "ON CONFLICT (id) DO UPDATE SET state=?2, build_ms=?7, image_sha256=?8, "
                       "image_bytes=?9, module_sha256=?10, version=?11, report=?12, error=?13",
                       build.id, to_string(build.state), build.model, build.board, build.precision,
                       build.created_ms, build.build_ms, build.image_sha256, build.image_bytes,
                       build.module_sha256, build.version, text_of(build.report),
                       text_of(build.error));
}

Expected<void> Store::put_build(const BuildRecord &build) {
  return database_.transaction([&] { return write_build(build); });
}

Expected<std::optional<BuildRecord>> Store::build(std::string_view id) {
  std::optional<BuildRecord> found;
  auto read = database_.query(
      "SELECT * FROM builds WHERE id = ?", [&](const Row &row) { found = build_of(row); }, id);
  return read ? Expected<std::optional<BuildRecord>>(std::move(found)) : Failure{read.error()};
}

Expected<std::optional<BuildRecord>> Store::build_beginning_with(std::string_view prefix) {
  std::optional<BuildRecord> found;
  auto read = database_.query(
      "SELECT * FROM builds WHERE id >= ?1 AND id < ?1 || 'g' LIMIT 1",
      [&](const Row &row) { found = build_of(row); }, prefix);
  return read ? Expected<std::optional<BuildRecord>>(std::move(found)) : Failure{read.error()};
}

} // namespace tinyml::service
