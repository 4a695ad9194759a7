// SPDX-License-Identifier: Apache-2.0
#include "service/store/digest.hpp"
#include "service/store/store.hpp"

namespace tinyml::service {

Expected<void> Store::put_symbols(const SymbolsRecord &symbols) {
  return database_.run("INSERT OR REPLACE INTO symbols VALUES (?,?,?,?,?)", symbols.image,
                       symbols.elf_sha256, symbols.board, symbols.addr2line, symbols.build);
}

Expected<std::optional<SymbolsRecord>> Store::symbols(std::string_view image) {
  std::optional<SymbolsRecord> found;
  auto read = database_.query(
      "SELECT image, elf_sha256, board, addr2line, build FROM symbols WHERE image = ?",
      [&](const Row &row) {
        found = {.image = row.text(0),
                 .elf_sha256 = row.text(1),
                 .board = row.text(2),
                 .addr2line = row.text(3),
                 .build = row.maybe_text(4)};
      },
      image);
  return read ? Expected<std::optional<SymbolsRecord>>(std::move(found)) : Failure{read.error()};
}

Expected<void> Store::add_crash(const CrashEntry &crash) {
  const std::string record = to_hex(crash.record);
  return database_.transaction([&]() -> Expected<void> {
    auto added = database_.run(
        "INSERT INTO crashes SELECT NULL, ?1, ?2, ?3 WHERE NOT EXISTS "
        "(SELECT 1 FROM (SELECT record FROM crashes WHERE endpoint = ?1 ORDER BY id DESC LIMIT 1) "
        "WHERE record = ?3)",
        crash.endpoint, crash.at_ms, record);
    if (!added) {
      return added;
    }
    return database_.run("DELETE FROM crashes WHERE endpoint = ?1 AND id <= (SELECT id FROM "
                         "crashes WHERE endpoint = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                         crash.endpoint, kCrashesPerDevice);
  });
}

Expected<std::vector<CrashEntry>> Store::crashes(const std::optional<std::string> &endpoint,
                                                 int limit) {
  std::vector<CrashEntry> all;
  auto read = database_.query(
      "SELECT id, endpoint, at_ms, record FROM crashes WHERE ?1 IS NULL OR endpoint = ?1 "
      "ORDER BY id DESC LIMIT ?2",
      [&](const Row &row) {
        all.push_back({row.integer(0), row.text(1), row.integer(2), from_hex(row.text(3))});
      },
      endpoint, limit);
  return read ? Expected<std::vector<CrashEntry>>(std::move(all)) : Failure{read.error()};
}

} // namespace tinyml::service
