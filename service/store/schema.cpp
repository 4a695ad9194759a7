// SPDX-License-Identifier: Apache-2.0
#include "service/store/store.hpp"

#include <array>

namespace tinyml::service {
namespace {

/// Entry n brings a database from version n to n + 1. Never edited once released: append.
constexpr std::array kMigrations = {R"sql(
CREATE TABLE models (
  name TEXT PRIMARY KEY, title TEXT NOT NULL, origin TEXT NOT NULL CHECK (origin IN ('zoo','upload')),
  sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL, dataset TEXT, created_ms INTEGER NOT NULL,
  metadata TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE devices (
  endpoint TEXT PRIMARY KEY, address TEXT NOT NULL, lwm2m_version TEXT NOT NULL, binding TEXT NOT NULL,
  lifetime_s INTEGER NOT NULL, registered_ms INTEGER NOT NULL, last_seen_ms INTEGER NOT NULL,
  objects TEXT NOT NULL, registration TEXT NOT NULL, profile TEXT NOT NULL, running_build TEXT, running_model TEXT,
  running_version TEXT, result TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE builds (
  id TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('building','built','failed')),
  model TEXT NOT NULL, board TEXT NOT NULL, precision TEXT NOT NULL, created_ms INTEGER NOT NULL,
  build_ms INTEGER, image_sha256 TEXT, image_bytes INTEGER, module_sha256 TEXT, version TEXT,
  report TEXT NOT NULL, error TEXT NOT NULL,
  CHECK (state <> 'built' OR (image_sha256 IS NOT NULL AND image_bytes IS NOT NULL))) WITHOUT ROWID;
CREATE TABLE orders (
  id INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, model_sha256 TEXT NOT NULL,
  device TEXT NOT NULL, max_ram_bytes INTEGER, max_rom_bytes INTEGER, push INTEGER NOT NULL,
  precision TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  build TEXT REFERENCES builds(id), cached INTEGER NOT NULL, sent_bytes INTEGER NOT NULL,
  created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, confirmed_ms INTEGER);
CREATE UNIQUE INDEX one_order_under_way ON orders(device)
  WHERE state NOT IN ('confirmed','failed','superseded');
CREATE INDEX orders_of_device ON orders(device, id);
CREATE TABLE order_steps (
  id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  state TEXT NOT NULL, at_ms INTEGER NOT NULL, note TEXT NOT NULL);
CREATE INDEX steps_of_order ON order_steps(order_id, id);
CREATE TABLE exchanges (
  id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, at_ms INTEGER NOT NULL, inbound INTEGER NOT NULL,
  method TEXT NOT NULL, path TEXT NOT NULL, code TEXT NOT NULL, request_bytes INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL, duration_us INTEGER NOT NULL, note TEXT NOT NULL);
CREATE INDEX exchanges_of_device ON exchanges(endpoint, id);
)sql",
                                    R"sql(
CREATE TABLE symbols (
  image TEXT PRIMARY KEY, elf_sha256 TEXT NOT NULL, board TEXT NOT NULL, addr2line TEXT NOT NULL,
  build TEXT) WITHOUT ROWID;
CREATE TABLE crashes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, at_ms INTEGER NOT NULL, record TEXT NOT NULL);
CREATE INDEX crashes_of_device ON crashes(endpoint, id);
)sql"};
static_assert(kMigrations.size() == Store::kSchemaVersion);

Expected<void> set_version(Database &database, std::size_t version) {
  // A PRAGMA takes no bound arguments; the number is ours.
  return database.script(("PRAGMA user_version = " + std::to_string(version)).c_str());
}

} // namespace

Expected<void> migrate_schema(Database &database) {
  std::int64_t version = 0;
  auto read =
      database.query("PRAGMA user_version", [&](const Row &row) { version = row.integer(0); });
  if (!read) {
    return read;
  }
  if (version > Store::kSchemaVersion) {
    return fail(ErrorCode::kUnsupported,
                "the state folder was written by a newer version of this service (schema " +
                    std::to_string(version) + ", this one knows up to " +
                    std::to_string(Store::kSchemaVersion) +
                    "): use that version or another folder");
  }
  return database.transaction([&]() -> Expected<void> {
    for (auto next = static_cast<std::size_t>(version); next < kMigrations.size(); ++next) {
      if (auto done = database.script(kMigrations[next]); !done) {
        return done;
      }
    }
    return set_version(database, kMigrations.size());
  });
}

} // namespace tinyml::service
