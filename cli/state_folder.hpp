// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

namespace tinyml::cli {

/// From the root; without looking whether it is there.
[[nodiscard]] std::filesystem::path absolute_path(const std::filesystem::path &path);
/// Where service and devices keep their state: $TINYML_HOME, else $XDG_DATA_HOME/tinyml, else
/// ~/.local/share/tinyml.
[[nodiscard]] std::filesystem::path home_folder();
[[nodiscard]] std::filesystem::path service_folder();
[[nodiscard]] std::filesystem::path fleet_folder();
/// The zoo of models that were trained here.
[[nodiscard]] std::filesystem::path trained_folder();
/// The endpoint's name is escaped where it could leave the folder.
[[nodiscard]] std::filesystem::path device_folder(const std::string &endpoint);

/// Holds a state folder for one program at a time: a lock on `<folder>/lock`, which holds the
/// owner's process id. The lock goes with the process, however it ends.
class FolderLock {
public:
  /// Creates the folder when missing. kConflict, naming the owner, when another program has it;
  /// `what` is for the message.
  [[nodiscard]] static Expected<FolderLock> take(const std::filesystem::path &folder,
                                                 const std::string &what);
  /// The process that holds the folder now, if any.
  [[nodiscard]] static std::optional<pid_t> holder(const std::filesystem::path &folder);

  FolderLock(FolderLock &&other) noexcept;
  FolderLock &operator=(FolderLock &&other) noexcept;
  ~FolderLock();

private:
  explicit FolderLock(int file) : file_(file) {}
  int file_ = -1;
};

} // namespace tinyml::cli
