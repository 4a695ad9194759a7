// SPDX-License-Identifier: Apache-2.0
#include "cli/provisioning.hpp"

#include "host/files.hpp"
#include "os/store/provision.hpp"
#include "tender/machine/command_line.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

namespace tinyml::cli {
namespace {

/// A store in memory, as store::Flash.
class MemoryFlash {
public:
  explicit MemoryFlash(const hal::StoreInfo &info) : info_(info), bytes_(info.size_bytes, 0xFF) {}

  [[nodiscard]] const hal::StoreInfo &info() const { return info_; }
  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) const {
    std::memcpy(to.data(), bytes_.data() + offset, to.size());
    return hal::Status::kOk;
  }
  hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) {
    std::fill_n(bytes_.begin() + offset, size_bytes, std::uint8_t{0xFF});
    return hal::Status::kOk;
  }
  hal::Status write(std::uint32_t offset, ByteView from) {
    std::copy(from.begin(), from.end(), bytes_.begin() + offset);
    return hal::Status::kOk;
  }
  [[nodiscard]] ByteView bytes() const { return bytes_; }

private:
  hal::StoreInfo info_;
  std::vector<std::uint8_t> bytes_;
};

template <std::size_t Size> std::array<std::uint8_t, Size> random_bytes() {
  std::random_device source;
  std::array<std::uint8_t, Size> bytes{};
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<std::uint8_t>(source()); });
  return bytes;
}

/// A locally administered unicast address (IEEE 802, 8.2.2).
std::array<std::uint8_t, 6> random_mac() {
  constexpr std::uint8_t kLocallyAdministered = 0x02;
  auto mac = random_bytes<6>();
  mac[0] = static_cast<std::uint8_t>((mac[0] & 0xFC) | kLocallyAdministered);
  return mac;
}

/// Some machines take no file shorter than the memory that the store is the beginning of; the rest
/// of it is a hole. The file appears whole or not at all.
Expected<void> write_store(const std::string &board, const std::filesystem::path &store,
                           ByteView bytes) {
  const auto file_bytes = tender::store_file_bytes(board);
  if (!file_bytes.ok()) {
    return Failure{file_bytes.error()};
  }
  std::filesystem::path unfinished = store;
  unfinished += ".new";
  if (auto written = host::write_file(unfinished, bytes); !written.ok()) {
    return written;
  }
  std::error_code error;
  std::filesystem::resize_file(unfinished, *file_bytes, error);
  if (!error) {
    std::filesystem::rename(unfinished, store, error);
  }
  if (error) {
    return fail(ErrorCode::kUnavailable,
                "cannot write the device's store '" + store.string() + "': " + error.message());
  }
  return {};
}

} // namespace

Expected<void> provision_device(const std::filesystem::path &store, const DeviceIdentity &identity,
                                ByteView first_image) {
  const auto geometry = tender::store_geometry(identity.board);
  if (!geometry.ok()) {
    return Failure{geometry.error()};
  }
  const auto seed = random_bytes<image::kEntropySeedBytes>();
  const auto mac = random_mac();
  const image::FactoryPage page{.endpoint = identity.endpoint,
                                .server_uri = identity.server_uri,
                                .signing_public_key = identity.signing_public_key,
                                .entropy_seed = seed,
                                .serial = {},
                                .mac = mac};
  MemoryFlash flash(*geometry);
  if (store::provision(flash, page, first_image) != hal::Status::kOk) {
    return fail(ErrorCode::kInvalidInput,
                "cannot provision '" + identity.endpoint +
                    "': its name (1 to 64 bytes), its server's URI or its first image does "
                    "not fit");
  }
  return write_store(identity.board, store, flash.bytes());
}

} // namespace tinyml::cli
