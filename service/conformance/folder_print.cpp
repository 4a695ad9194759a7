// SPDX-License-Identifier: Apache-2.0
#include "service/conformance/folder_print.hpp"

namespace tinyml::service::conformance {

namespace fs = std::filesystem;

FolderPrint print_of(const fs::path &folder) {
  FolderPrint print;
  std::error_code error;
  for (const auto &entry : fs::recursive_directory_iterator(folder, error)) {
    if (!entry.is_directory(error)) {
      const auto changed = entry.last_write_time(error).time_since_epoch().count();
      print[fs::relative(entry.path(), folder, error).string()] =
          std::to_string(entry.file_size(error)) + " at " + std::to_string(changed);
    }
  }
  return print;
}

std::string first_change(const FolderPrint &before, const FolderPrint &after) {
  for (const auto &[path, what] : before) {
    const auto now = after.find(path);
    if (now == after.end() || now->second != what) {
      return path;
    }
  }
  for (const auto &[path, what] : after) {
    if (!before.contains(path)) {
      return path;
    }
  }
  return {};
}

bool has_process_in(const fs::path &folder) {
  std::error_code error;
  const std::string prefix = fs::canonical(folder, error).string();
  for (const auto &entry : fs::directory_iterator("/proc", error)) {
    std::error_code gone;
    const std::string works_in = fs::read_symlink(entry.path() / "cwd", gone).string();
    if (!gone && works_in.starts_with(prefix)) {
      return true;
    }
  }
  return false;
}

} // namespace tinyml::service::conformance
