// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/provisioning.hpp"

#include "host/files.hpp"
#include "os/store/provision.hpp"
#include "tender/machine/command_line.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <random>

namespace tinyml::tender {
namespace {

/// A store in memory, as store::Flash: only pages that were written are there.
class MemoryFlash {
public:
  static constexpr std::uint32_t kPageBytes = 4096;
  using Page = std::array<std::uint8_t, kPageBytes>;
  explicit MemoryFlash(const hal::StoreInfo &info) : info_(info) {}

  [[nodiscard]] const hal::StoreInfo &info() const { return info_; }
  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) const {
    for (std::size_t i = 0; i < to.size(); ++i) {
      const auto at = static_cast<std::uint32_t>(offset + i);
      const auto found = pages_.find(at / kPageBytes);
      to[i] = found == pages_.end() ? 0xFF : found->second[at % kPageBytes];
    }
    return hal::Status::kOk;
  }
  hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    const std::uint64_t end = std::uint64_t{offset} + size_bytes;
    for (auto page = pages_.lower_bound(offset / kPageBytes); page != pages_.end(); ++page) {
      const std::uint64_t start = std::uint64_t{page->first} * kPageBytes;
      for (std::uint64_t at = std::max<std::uint64_t>(start, offset);
           at < std::min(start + kPageBytes, end); ++at) {
        page->second[at - start] = 0xFF;
      }
    }
    return hal::Status::kOk;
  }
  hal::Status write(std::uint32_t offset, ByteView from) {
    while (!from.empty()) {
      const std::size_t within = offset % kPageBytes;
      const std::size_t part = std::min(from.size(), kPageBytes - within);
      const auto [entry, is_new] = pages_.try_emplace(offset / kPageBytes);
      if (is_new) {
        entry->second.fill(0xFF);
      }
      std::copy_n(from.begin(), part, entry->second.begin() + static_cast<std::ptrdiff_t>(within));
      from = from.subspan(part);
      offset += static_cast<std::uint32_t>(part);
    }
    return hal::Status::kOk;
  }
  [[nodiscard]] const std::map<std::uint32_t, Page> &pages() const { return pages_; }

private:
  hal::StoreInfo info_;
  std::map<std::uint32_t, Page> pages_;
};

/// Gives the finished file its length and its name. Some machines take no file shorter than the
/// memory that the store is the beginning of; the rest of it is a hole.
Expected<void> publish(const std::filesystem::path &unfinished, const std::string &board,
                       const std::filesystem::path &store, std::uint64_t flash_bytes) {
  const auto file_bytes = store_file_bytes(board);
  if (!file_bytes.ok()) {
    return Failure{file_bytes.error()};
  }
  std::error_code error;
  std::filesystem::resize_file(unfinished, std::max(*file_bytes, flash_bytes), error);
  if (!error) {
    std::filesystem::rename(unfinished, store, error);
  }
  if (error) {
    return fail(ErrorCode::kUnavailable,
                "cannot write the device's store '" + store.string() + "': " + error.message());
  }
  return {};
}

/// The whole store, byte for byte.
Expected<void> write_plain(const std::filesystem::path &path, const MemoryFlash &flash) {
  std::vector<std::uint8_t> bytes(flash.info().size_bytes, 0xFF);
  for (const auto &[number, page] : flash.pages()) {
    const std::size_t at = std::size_t{number} * MemoryFlash::kPageBytes;
    std::copy_n(page.begin(), std::min(page.size(), bytes.size() - at),
                bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return host::write_file(path, bytes);
}

/// Inverted, and only what is not erased. Not synced: hundreds are made at once, and none is worth
/// more than the power supply of a virtual device.
Expected<void> write_sparse(const std::filesystem::path &path, const MemoryFlash &flash) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  for (const auto &[number, page] : flash.pages()) {
    MemoryFlash::Page inverted;
    std::transform(page.begin(), page.end(), inverted.begin(),
                   [](std::uint8_t byte) { return static_cast<std::uint8_t>(~byte); });
    out.seekp(static_cast<std::streamoff>(number) * MemoryFlash::kPageBytes);
    out.write(reinterpret_cast<const char *>(inverted.data()), inverted.size());
  }
  out.close();
  if (!out) {
    return fail(ErrorCode::kResourceFull, "cannot write the store '" + path.string() +
                                              "': is the disk full, or the folder not writable?");
  }
  return {};
}

/// The file appears whole or not at all.
Expected<void> write_store(const std::string &board, const std::filesystem::path &store,
                           const MemoryFlash &flash) {
  std::filesystem::path unfinished = store;
  unfinished += ".new";
  const auto written =
      takes_sparse_store(board) ? write_sparse(unfinished, flash) : write_plain(unfinished, flash);
  const auto published =
      written.ok() ? publish(unfinished, board, store, flash.info().size_bytes) : written;
  if (!published.ok()) {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
  }
  return published;
}

template <std::size_t Size> std::array<std::uint8_t, Size> random_bytes() {
  std::random_device source;
  std::array<std::uint8_t, Size> bytes{};
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(source()); });
  return bytes;
}

/// The board's own store, or the longer one that is wanted.
Expected<hal::StoreInfo> geometry_for(const DeviceIdentity &identity) {
  auto geometry = store_geometry(identity.board);
  if (!geometry.ok() || identity.store_bytes <= geometry->size_bytes) {
    return geometry;
  }
  if (!takes_sparse_store(identity.board) || identity.store_bytes > kLargestStoreBytes) {
    return fail(ErrorCode::kDoesNotFit, "a store of " + std::to_string(identity.store_bytes) +
                                            " bytes is more than board " + identity.board + " has");
  }
  const std::uint32_t sector = geometry->sector_bytes;
  geometry->size_bytes = (identity.store_bytes + sector - 1) / sector * sector;
  return geometry;
}

/// False when the bytes do not fit the user area.
bool write_user_area(MemoryFlash &flash, const UserBytes &user) {
  const store::Region area = store::layout_of(flash.info()).user;
  const std::uint32_t unit = flash.info().program_bytes;
  if (user.offset % unit != 0 || user.offset > area.size_bytes ||
      user.bytes.size() > area.size_bytes - user.offset) {
    return false;
  }
  return flash.write(area.offset + user.offset, user.bytes) == hal::Status::kOk;
}

} // namespace

std::array<std::uint8_t, 6> random_mac() {
  constexpr std::uint8_t kLocallyAdministered = 0x02;
  auto mac = random_bytes<6>();
  mac[0] = static_cast<std::uint8_t>((mac[0] & 0xFC) | kLocallyAdministered);
  return mac;
}

Expected<void> provision_device(const std::filesystem::path &store, const DeviceIdentity &identity,
                                ByteView first_image) {
  const auto geometry = geometry_for(identity);
  if (!geometry.ok()) {
    return Failure{geometry.error()};
  }
  const auto seed = random_bytes<image::kEntropySeedBytes>();
  const image::FactoryPage page{.endpoint = identity.endpoint,
                                .server_uri = identity.server_uri,
                                .signing_public_key = identity.signing_public_key,
                                .entropy_seed = seed,
                                .serial = {},
                                .mac = identity.mac};
  MemoryFlash flash(*geometry);
  if (store::provision(flash, page, first_image) != hal::Status::kOk) {
    return fail(ErrorCode::kInvalidInput,
                "cannot provision '" + identity.endpoint +
                    "': its name (1 to 64 bytes), its server's URI or its first image does "
                    "not fit");
  }
  for (const UserBytes &user : identity.user) {
    if (!write_user_area(flash, user)) {
      return fail(ErrorCode::kDoesNotFit, "'" + identity.endpoint + "' cannot keep " +
                                              std::to_string(user.bytes.size()) +
                                              " bytes in its store beside its images");
    }
  }
  return write_store(identity.board, store, flash);
}

} // namespace tinyml::tender
