// SPDX-License-Identifier: Apache-2.0
#include "cli/state_folder.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace tinyml::cli {
namespace {

std::optional<pid_t> owner_in(int file) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(file, text.data(), text.size(), 0);
  pid_t owner = 0;
  if (length <= 0 || std::from_chars(text.data(), text.data() + length, owner).ec != std::errc{}) {
    return std::nullopt;
  }
  return owner;
}

} // namespace

std::filesystem::path absolute_path(const std::filesystem::path &path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  return error ? path : whole.lexically_normal();
}

std::filesystem::path home_folder() {
  for (const auto &[variable, below] :
       {std::pair{"TINYML_HOME", ""}, std::pair{"XDG_DATA_HOME", "tinyml"},
        std::pair{"HOME", ".local/share/tinyml"}}) {
    const char *value = std::getenv(variable);
    if (value != nullptr && *value != '\0') {
      return std::filesystem::path(value) / below;
    }
  }
  return std::filesystem::temp_directory_path() / "tinyml";
}

std::filesystem::path service_folder() { return home_folder() / "service"; }

std::filesystem::path fleet_folder() { return home_folder() / "fleet"; }

std::filesystem::path trained_folder() { return home_folder() / "zoo"; }

std::filesystem::path device_folder(const std::string &endpoint) {
  std::string name;
  for (const char letter : endpoint) {
    const bool plain = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                       (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '_';
    constexpr char kDigits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(letter);
    name +=
        plain ? std::string(1, letter) : std::string{'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return home_folder() / "devices" / name;
}

Expected<FolderLock> FolderLock::take(const std::filesystem::path &folder,
                                      const std::string &what) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                "cannot create '" + folder.string() + "': " + error.message());
  }
  const int file = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return fail(ErrorCode::kUnavailable,
                "cannot open '" + (folder / "lock").string() + "': " + std::strerror(errno));
  }
  FolderLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const auto owner = owner_in(file);
    return fail(ErrorCode::kConflict, what + " runs already" +
                                          (owner ? " as process " + std::to_string(*owner) : "") +
                                          "; stop it or choose another folder with --state");
  }
  const std::string text = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) != 0 ||
      ::pwrite(file, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return fail(ErrorCode::kResourceFull,
                "cannot write '" + (folder / "lock").string() + "': " + std::strerror(errno));
  }
  return lock;
}

std::optional<pid_t> FolderLock::holder(const std::filesystem::path &folder) {
  const int file = ::open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return std::nullopt;
  }
  const FolderLock closes(file);
  if (::flock(file, LOCK_SH | LOCK_NB) == 0) {
    return std::nullopt;
  }
  return owner_in(file);
}

FolderLock::FolderLock(FolderLock &&other) noexcept : file_(std::exchange(other.file_, -1)) {}

FolderLock &FolderLock::operator=(FolderLock &&other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) {
    ::close(file_);
  }
}

} // namespace tinyml::cli
