// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tinyml::host {
namespace {

class Descriptor {
public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() { close(); }
  [[nodiscard]] int get() const { return number_; }
  int close() {
    const int result = number_ >= 0 ? ::close(number_) : 0;
    number_ = -1;
    return result;
  }

private:
  int number_;
};

Failure<HostError> failed(std::string_view action, const std::filesystem::path &path, int reason) {
  const bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
  const ErrorCode code = reason == ENOENT ? ErrorCode::kNotFound
                         : full           ? ErrorCode::kResourceFull
                                          : ErrorCode::kUnavailable;
  std::string message =
      "cannot " + std::string(action) + " '" + path.string() + "': " + std::strerror(reason);
  if (code == ErrorCode::kResourceFull) {
    message += "; free some space and try again";
  }
  return fail(code, message);
}

template <typename Bytes>
Expected<Bytes> read_all(const std::filesystem::path &path, std::uint64_t limit_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat about {};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0) {
    return failed("read", path, errno);
  }
  if (!S_ISREG(about.st_mode)) {
    return fail(ErrorCode::kInvalidInput, "'" + path.string() + "' is not a regular file");
  }
  if (static_cast<std::uint64_t>(about.st_size) > limit_bytes) {
    return fail(ErrorCode::kInvalidInput,
                "'" + path.string() + "' has " + std::to_string(about.st_size) +
                    " bytes; the limit is " + std::to_string(limit_bytes));
  }
  Bytes bytes(static_cast<std::size_t>(about.st_size), typename Bytes::value_type{});
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0) {
      return failed("read", path, errno);
    }
    if (count == 0) {
      bytes.resize(done);
    }
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

int write_all(int file, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) {
      return errno;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  return 0;
}

/// The new name itself must survive a power cut.
int sync_folder(const std::filesystem::path &folder) {
  const Descriptor handle(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return handle.get() >= 0 && ::fsync(handle.get()) == 0 ? 0 : errno;
}

} // namespace

Expected<std::vector<std::uint8_t>> read_file(const std::filesystem::path &path,
                                              std::uint64_t limit_bytes) {
  return read_all<std::vector<std::uint8_t>>(path, limit_bytes);
}

Expected<std::string> read_text(const std::filesystem::path &path, std::uint64_t limit_bytes) {
  return read_all<std::string>(path, limit_bytes);
}

Expected<void> write_file(const std::filesystem::path &path, ByteView bytes, unsigned mode) {
  const std::filesystem::path beside = path.string() + ".new-" + std::to_string(::getpid());
  Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (file.get() < 0) {
    return failed("write", path, errno);
  }
  int reason = write_all(file.get(), bytes);
  if (reason == 0 && (::fsync(file.get()) != 0 || file.close() != 0 ||
                      ::rename(beside.c_str(), path.c_str()) != 0)) {
    reason = errno;
  }
  if (reason != 0) {
    ::unlink(beside.c_str());
    return failed("write", path, reason);
  }
  if (reason = sync_folder(path.parent_path()); reason != 0) {
    return failed("write", path, reason);
  }
  return {};
}

Expected<void> write_text(const std::filesystem::path &path, std::string_view text) {
  return write_file(path, as_bytes(text));
}

Expected<TemporaryFolder> TemporaryFolder::create(std::string_view purpose) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  std::string name = (parent / ("tinyml-" + std::string(purpose) + "-XXXXXX")).string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return failed("create a temporary folder", name, error ? error.value() : errno);
  }
  return TemporaryFolder(name);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder &&other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryFolder &TemporaryFolder::operator=(TemporaryFolder &&other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TemporaryFolder::~TemporaryFolder() {
  if (!path_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
}

} // namespace tinyml::host
