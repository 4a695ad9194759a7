// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/write_tree.hpp"

#include <cerrno>
#include <cstdio>
#include <unistd.h>

namespace tinyml::package {
namespace {

namespace fs = std::filesystem;

Failure<HostError> failed(const std::string &action, const fs::path &path,
                          const std::error_code &error) {
  const bool full = error == std::errc::no_space_on_device || error == std::errc::file_too_large;
  return fail(full ? ErrorCode::kResourceFull : ErrorCode::kUnavailable,
              "cannot " + action + " '" + path.string() + "': " + error.message() +
                  (full ? "; free some space and try again" : ""));
}

Expected<void> write_one(const fs::path &path, const std::string &content) {
  std::FILE *file = std::fopen(path.c_str(), "wb");
  int reason = file == nullptr ? errno : 0;
  if (file != nullptr) {
    const bool whole = std::fwrite(content.data(), 1, content.size(), file) == content.size();
    reason = whole ? 0 : errno;
    if (std::fclose(file) != 0 && reason == 0) {
      reason = errno;
    }
  }
  if (reason != 0) {
    return failed("write", path, std::error_code(reason, std::generic_category()));
  }
  return {};
}

Expected<void> check_destination(const fs::path &destination, bool replace) {
  std::error_code error;
  const auto status = fs::symlink_status(destination, error);
  if (!fs::exists(status)) {
    return {};
  }
  if (!fs::is_directory(status)) {
    return fail(ErrorCode::kConflict, "'" + destination.string() + "' is there and is no folder");
  }
  if (fs::is_empty(destination, error) && !error) {
    return {};
  }
  if (!fs::exists(destination / kMarker, error)) {
    return fail(ErrorCode::kConflict,
                "the folder '" + destination.string() + "' has other things in it; name a new one");
  }
  if (!replace) {
    return fail(ErrorCode::kConflict, "there is a package in '" + destination.string() +
                                          "'; --force replaces the whole folder");
  }
  return {};
}

} // namespace

Expected<void> write_files(const fs::path &root, const std::vector<File> &files) {
  for (const File &file : files) {
    const fs::path path = root / file.path;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return failed("create", path.parent_path(), error);
    }
    if (auto written = write_one(path, file.content); !written.ok()) {
      return written;
    }
  }
  return {};
}

Expected<StagedFolder> StagedFolder::create(const fs::path &destination, bool replace) {
  std::error_code error;
  fs::path absolute = fs::absolute(destination, error).lexically_normal();
  if (!absolute.has_filename()) {
    absolute = absolute.parent_path();
  }
  if (error || !absolute.has_filename()) {
    return fail(ErrorCode::kInvalidInput,
                "'" + destination.string() + "' cannot be the folder of a package");
  }
  if (const auto checked = check_destination(absolute, replace); !checked.ok()) {
    return Failure{checked.error()};
  }
  fs::create_directories(absolute.parent_path(), error);
  const fs::path staged = absolute.string() + ".new-" + std::to_string(::getpid());
  if (!error) {
    fs::remove_all(staged, error);
    fs::create_directory(staged, error);
  }
  if (error) {
    return failed("create", absolute, error);
  }
  return StagedFolder(staged, absolute);
}

StagedFolder::StagedFolder(StagedFolder &&other) noexcept
    : path_(std::exchange(other.path_, {})), destination_(std::move(other.destination_)) {}

StagedFolder::~StagedFolder() {
  if (!path_.empty()) {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
}

Expected<void> StagedFolder::publish() {
  std::error_code error;
  const fs::path old = destination_.string() + ".old-" + std::to_string(::getpid());
  const bool replaces = fs::exists(destination_, error) && !fs::is_empty(destination_, error);
  if (replaces) {
    fs::rename(destination_, old, error);
  }
  if (!error) {
    fs::rename(path_, destination_, error); // takes the place of an empty folder
  }
  if (error) {
    std::error_code ignored;
    if (replaces && !fs::exists(destination_, ignored)) {
      fs::rename(old, destination_, ignored);
    }
    return failed("move the finished package to", destination_, error);
  }
  path_.clear();
  fs::remove_all(old, error);
  return {};
}

} // namespace tinyml::package
