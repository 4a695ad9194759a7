// SPDX-License-Identifier: Apache-2.0
#include "service/store/database.hpp"

#include <sqlite3.h>

namespace tinyml::service {
namespace {

/// A quota or a file-size limit reaches SQLite as a failed write (its errno is gone by the time we
/// can ask); for people it is a full disk.
bool says_full(int status) {
  return (status & 0xff) == SQLITE_FULL || status == SQLITE_IOERR_WRITE;
}

} // namespace

std::int64_t Row::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Row::text(int column) const {
  const auto *bytes = reinterpret_cast<const char *>(sqlite3_column_text(statement_, column));
  return bytes == nullptr
             ? std::string()
             : std::string(bytes,
                           static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

bool Row::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::optional<std::int64_t> Row::maybe_integer(int column) const {
  return null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<std::string> Row::maybe_text(int column) const {
  return null(column) ? std::nullopt : std::optional(text(column));
}

void Database::Close::operator()(sqlite3 *handle) const { sqlite3_close_v2(handle); }
void Database::Finalize::operator()(sqlite3_stmt *statement) const { sqlite3_finalize(statement); }

Expected<Database> Database::open(const std::filesystem::path &path) {
  sqlite3 *raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int status = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database(std::unique_ptr<sqlite3, Close>(raw), path.string());
  if (status != SQLITE_OK) {
    return database.error();
  }
  if (auto configured = database.configure(); !configured) {
    return Failure{configured.error()};
  }
  return database;
}

Expected<void> Database::configure() {
  sqlite3_extended_result_codes(handle_.get(), 1);
  // Exclusive: one service per state folder; the lock is the kernel's, so a killed service leaves
  // none.
  return script("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                "BEGIN EXCLUSIVE; COMMIT;");
}

Expected<void> Database::script(const char *sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return error();
  }
  return {};
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
std::int64_t Database::changed_rows() const { return sqlite3_changes64(handle_.get()); }

Expected<void> Database::prepare(const char *sql, sqlite3_stmt *&statement) {
  // Keyed by the literal's address: every call site passes a string literal.
  auto &kept = statements_[sql];
  if (!kept) {
    sqlite3_stmt *fresh = nullptr;
    if (sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &fresh, nullptr) !=
        SQLITE_OK) {
      statements_.erase(sql);
      return error();
    }
    kept.reset(fresh);
  }
  statement = kept.get();
  return {};
}

Expected<void> Database::step_all(sqlite3_stmt *statement,
                                  const std::function<void(const Row &)> &each) {
  int status = sqlite3_step(statement);
  for (; status == SQLITE_ROW; status = sqlite3_step(statement)) {
    each(Row(statement));
  }
  Expected<void> outcome;
  if (status != SQLITE_DONE) {
    outcome = error();
  }
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return outcome;
}

void Database::roll_back() {
  // A full disk may have ended the transaction already; a ROLLBACK then only says so.
  if (sqlite3_get_autocommit(handle_.get()) == 0) {
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Failure<HostError> Database::error() const {
  const int status = sqlite3_extended_errcode(handle_.get());
  const std::string where = "the service's database " + path_;
  if (says_full(status)) {
    return fail(ErrorCode::kResourceFull,
                "cannot write " + where +
                    ": the disk is full (or a quota is). Free some space there, or start the "
                    "service with its state folder on another disk");
  }
  switch (status & 0xff) {
  case SQLITE_BUSY:
    return fail(ErrorCode::kConflict, where +
                                          " is in use by another service: stop that one, or use "
                                          "another state folder");
  case SQLITE_CONSTRAINT:
    return fail(ErrorCode::kConflict, where + ": " + sqlite3_errmsg(handle_.get()));
  default:
    return fail(ErrorCode::kUnavailable, where + " failed: " + sqlite3_errmsg(handle_.get()) +
                                             " (SQLite code " + std::to_string(status) + ")");
  }
}

void Database::bind_integer(sqlite3_stmt *statement, int index, std::int64_t value) {
  sqlite3_bind_int64(statement, index, value);
}

void Database::bind_text(sqlite3_stmt *statement, int index, std::string_view value) {
  // The caller's text outlives the step: arguments live until query() returns.
  sqlite3_bind_text64(statement, index, value.data() != nullptr ? value.data() : "", value.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Database::bind_null(sqlite3_stmt *statement, int index) {
  sqlite3_bind_null(statement, index);
}

} // namespace tinyml::service
