// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "base/error.hpp"

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace tinyml::service {

/// One row of an answer; columns count from 0. SQL NULL reads as 0, "" or nullopt.
class Row {
public:
  explicit Row(sqlite3_stmt *statement) : statement_(statement) {}

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const;
  [[nodiscard]] std::optional<std::string> maybe_text(int column) const;

private:
  [[nodiscard]] bool null(int column) const;

  sqlite3_stmt *statement_;
};

/// One SQLite file, opened for this process alone (a second service on it is told so). WAL with
/// synchronous=FULL: what a commit returned for survives `kill -9` and a power cut. Every statement
/// is prepared once and kept; arguments are always bound, never pasted.
class Database {
public:
  [[nodiscard]] static Expected<Database> open(const std::filesystem::path &path);

  /// Runs a statement that answers no rows. Arguments: integers, bool, text, optional of these.
  template <typename... Args>
  [[nodiscard]] Expected<void> run(const char *sql, const Args &...args) {
    return query(
        sql, [](const Row &) {}, args...);
  }

  /// Runs a statement and calls `each(row)` for every row.
  template <typename Each, typename... Args>
  [[nodiscard]] Expected<void> query(const char *sql, Each each, const Args &...args) {
    sqlite3_stmt *statement = nullptr;
    if (auto prepared = prepare(sql, statement); !prepared) {
      return prepared;
    }
    int index = 0;
    (bind(statement, ++index, args), ...);
    return step_all(statement, std::function<void(const Row &)>(std::ref(each)));
  }

  /// Several statements at once, without arguments (the schema).
  [[nodiscard]] Expected<void> script(const char *sql);
  [[nodiscard]] std::int64_t last_insert_id() const;
  [[nodiscard]] std::int64_t changed_rows() const;

  /// Runs `work` (returning Expected<void>) as one transaction: all of it holds, or nothing does.
  template <typename Work> [[nodiscard]] Expected<void> transaction(Work work) {
    if (auto begun = run("BEGIN IMMEDIATE"); !begun) {
      return begun;
    }
    Expected<void> done = work();
    if (done) {
      done = run("COMMIT");
    }
    if (!done) {
      roll_back();
    }
    return done;
  }

private:
  struct Close {
    void operator()(sqlite3 *handle) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt *statement) const;
  };

  Database(std::unique_ptr<sqlite3, Close> handle, std::string path)
      : path_(std::move(path)), handle_(std::move(handle)) {}

  [[nodiscard]] Expected<void> configure();
  [[nodiscard]] Expected<void> prepare(const char *sql, sqlite3_stmt *&statement);
  [[nodiscard]] Expected<void> step_all(sqlite3_stmt *statement,
                                        const std::function<void(const Row &)> &each);
  void roll_back();
  [[nodiscard]] Failure<HostError> error() const;

  static void bind_integer(sqlite3_stmt *statement, int index, std::int64_t value);
  static void bind_text(sqlite3_stmt *statement, int index, std::string_view value);
  static void bind_null(sqlite3_stmt *statement, int index);

  template <typename T> static void bind(sqlite3_stmt *statement, int index, const T &value) {
    if constexpr (std::integral<T>) {
      bind_integer(statement, index, static_cast<std::int64_t>(value));
    } else {
      bind_text(statement, index, value);
    }
  }
  template <typename T>
  static void bind(sqlite3_stmt *statement, int index, const std::optional<T> &value) {
    value ? bind(statement, index, *value) : bind_null(statement, index);
  }

  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
  std::unordered_map<const char *, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

} // namespace tinyml::service
