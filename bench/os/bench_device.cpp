// SPDX-License-Identifier: Apache-2.0
#include "bench/os/bench_device.hpp"

#include "compiler/link/link_image.hpp"
#include "host/files.hpp"
#include "image/packer.hpp"
#include "os/drivers/nor_image.hpp"
#include "os/store/provision.hpp"
#include "tender/machine/command_line.hpp"

namespace tinyml::bench_os {
namespace {

namespace fs = std::filesystem;

/// Signs nothing but the images of this benchmark.
constexpr std::string_view kBenchKey =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEII4sKssnWKJXnW+L7Ww2lxrQM9buRmzdyX6cKVzueBTioAoGCCqGSM49\n"
    "AwEHoUQDQgAEh8KCMul6PoVTw2ZAopTWKIo0hwgqOopLmw47O3z/DHWOE2tannWz\n"
    "IFyxBz4qscfD+ljB75CWqvaY7lxshPlCAg==\n"
    "-----END EC PRIVATE KEY-----\n";

Expected<image::SigningKey> bench_key(const fs::path &work) {
  const fs::path file = work / "bench-key.pem";
  if (const auto written = host::write_file(file, as_bytes(kBenchKey), 0600); !written.ok()) {
    return Failure{written.error()};
  }
  return image::SigningKey::load(file);
}

Expected<std::vector<std::uint8_t>> packed_base(const link::Kit &kit, const image::SigningKey &key,
                                                const fs::path &work) {
  link::ImageLinker linker(kit, "base", work);
  const auto plan = linker.plan({});
  if (!plan.ok()) {
    return Failure{plan.error()};
  }
  const auto linked = linker.link(*plan);
  if (!linked.ok()) {
    return Failure{linked.error()};
  }
  const bool is_elf = kit.payload == link::PayloadKind::kElf;
  return image::pack(linked->payload,
                     {.board = kit.board,
                      .abi_version = hal::kAbiVersion,
                      .payload = is_elf ? image::Payload::kElf : image::Payload::kBinary,
                      .version = {.major = 1},
                      .load_address = is_elf ? 0 : kit.rom.origin},
                     key);
}

Expected<void> write_store(const fs::path &file, const std::string &board, ByteView bytes) {
  if (auto written = host::write_file(file, bytes); !written.ok()) {
    return written;
  }
  const auto size = tender::store_file_bytes(board);
  if (!size.ok()) {
    return Failure{size.error()};
  }
  fs::resize_file(file, *size);
  return {};
}

Expected<drivers::NorImage> provisioned(const link::Kit &kit, const std::string &server_uri,
                                        const fs::path &work) {
  const auto geometry = tender::store_geometry(kit.board);
  const auto key = bench_key(work);
  if (!geometry.ok() || !key.ok()) {
    return Failure{geometry.ok() ? key.error() : geometry.error()};
  }
  const auto image = packed_base(kit, *key, work);
  if (!image.ok()) {
    return Failure{image.error()};
  }
  const auto public_key = key->public_key();
  const std::array<std::uint8_t, image::kEntropySeedBytes> seed{1, 2, 3};
  const std::array<std::uint8_t, 6> mac{0x02, 0x54, 0x4D, 0x4C, 0x01, 0x01};
  drivers::NorImage store(*geometry);
  const auto status = store::provision(store,
                                       {.endpoint = "bench",
                                        .server_uri = server_uri,
                                        .signing_public_key = public_key,
                                        .entropy_seed = seed,
                                        .serial = {},
                                        .mac = mac},
                                       *image);
  return status == hal::Status::kOk
             ? Expected<drivers::NorImage>(std::move(store))
             : Expected<drivers::NorImage>(
                   fail(ErrorCode::kDoesNotFit,
                        "the base image of board " + kit.board + " does not fit its store"));
}

} // namespace

Expected<BenchDevice> make_delivered(const Places &places, const std::string &board,
                                     const std::string &server_uri, const fs::path &work) {
  const auto kits = places.context.kits_folder();
  const auto kit =
      kits.ok() ? link::load_kit(*kits / board) : Expected<link::Kit>(Failure{kits.error()});
  if (!kit.ok()) {
    return Failure{kit.error()};
  }
  fs::create_directories(work);
  const auto store = provisioned(*kit, server_uri, work);
  if (!store.ok()) {
    return Failure{store.error()};
  }
  BenchDevice device{board, kit->folder / "boot.elf", work / "store"};
  const auto written = write_store(device.store, board, store->bytes);
  return written.ok() ? Expected<BenchDevice>(std::move(device))
                      : Expected<BenchDevice>(Failure{written.error()});
}

Expected<BenchDevice> make_echo(const Places &places, const std::string &board,
                                const fs::path &work) {
  fs::create_directories(work);
  BenchDevice device{board, places.boards / board / "net_echo.elf", work / "store"};
  fs::remove(device.store);
  const auto made = tender::create_store(board, device.store);
  return made.ok() ? Expected<BenchDevice>(std::move(device))
                   : Expected<BenchDevice>(Failure{made.error()});
}

} // namespace tinyml::bench_os
