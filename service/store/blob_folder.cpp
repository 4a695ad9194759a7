// SPDX-License-Identifier: Apache-2.0
#include "service/store/blob_folder.hpp"

#include "host/files.hpp"
#include "service/store/digest.hpp"

namespace tinyml::service {
namespace {

Failure<HostError> cannot_open(const std::filesystem::path &folder, const std::error_code &why) {
  return fail(ErrorCode::kUnavailable, "cannot use the folder " + folder.string() + ": " +
                                           why.message() + ". Choose another state folder");
}

} // namespace

Expected<BlobFolder> BlobFolder::open(std::filesystem::path folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return cannot_open(folder, error);
  }
  for (const auto &entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().filename().string().find(".new-") != std::string::npos) {
      std::error_code ignored; // an unreadable leftover costs space, nothing else
      std::filesystem::remove(entry.path(), ignored);
    }
  }
  if (error) {
    return cannot_open(folder, error);
  }
  return BlobFolder(std::move(folder));
}

Expected<std::string> BlobFolder::put(ByteView bytes) const {
  if (bytes.size() > kMaxBlobBytes) {
    return fail(ErrorCode::kInvalidInput, "a file of " + std::to_string(bytes.size()) +
                                              " bytes is too large to store; the limit is " +
                                              std::to_string(kMaxBlobBytes));
  }
  std::string name = sha256_hex(bytes);
  if (!contains(name)) {
    if (const auto written = host::write_file(path_of(name), bytes); !written) {
      return Failure{written.error()};
    }
  }
  return name;
}

Expected<std::vector<std::uint8_t>> BlobFolder::get(const std::string &sha256) const {
  auto bytes = host::read_file(path_of(sha256), kMaxBlobBytes);
  if (bytes && sha256_hex(*bytes) != sha256) {
    return fail(ErrorCode::kInternal,
                "the stored file " + path_of(sha256).string() +
                    " has changed on disk: delete it and order or upload again");
  }
  return bytes;
}

bool BlobFolder::contains(const std::string &sha256) const {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path_of(sha256), ignored);
}

std::filesystem::path BlobFolder::path_of(const std::string &sha256) const {
  return folder_ / sha256;
}

} // namespace tinyml::service
