// SPDX-License-Identifier: Apache-2.0
#include "cli/debugger.hpp"

#include "cli/http_client.hpp"
#include "host/files.hpp"
#include "image/factory.hpp"
#include "os/store/trial.hpp"
#include "service/crashes/symbol_files.hpp"
#include "tender/machine/command_line.hpp"
#include "tender/switch/file_descriptor.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <fstream>
#include <sys/socket.h>

namespace tinyml::cli {
namespace {

/// A store file, to be looked at.
class StoreView {
public:
  StoreView(const hal::StoreInfo &info, ByteView bytes) : info_(info), bytes_(bytes) {}

  [[nodiscard]] const hal::StoreInfo &info() const { return info_; }
  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) const {
    if (offset > bytes_.size() || to.size() > bytes_.size() - offset) {
      return hal::Status::kInvalid;
    }
    std::memcpy(to.data(), bytes_.data() + offset, to.size());
    return hal::Status::kOk;
  }
  static hal::Status erase(std::uint32_t, std::uint32_t) { return hal::Status::kUnsupported; }
  static hal::Status write(std::uint32_t, ByteView) { return hal::Status::kUnsupported; }

private:
  hal::StoreInfo info_;
  ByteView bytes_;
};

/// The slot that the bootloader tries first.
std::uint32_t starting_offset(StoreView &store) {
  const store::Layout layout = store::layout_of(store.info());
  const store::BootState state = store::current_state(store, layout);
  const bool trial = state.trial != store::Slot::kNone && state.trials_left > 0;
  const store::Slot confirmed =
      state.confirmed == store::Slot::kB ? store::Slot::kB : store::Slot::kA;
  return layout.slot(trial ? state.trial : confirmed).offset;
}

/// The file may be longer than the store, and hold every byte inverted.
std::vector<std::uint8_t> beginning_of(const std::filesystem::path &file, std::size_t size_bytes) {
  std::vector<std::uint8_t> bytes(size_bytes);
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.size() >= sizeof(image::kFactoryMagic) &&
      load_le<std::uint32_t>(bytes.data()) == ~image::kFactoryMagic) {
    std::ranges::transform(bytes, bytes.begin(),
                           [](std::uint8_t byte) { return static_cast<std::uint8_t>(~byte); });
  }
  return bytes;
}

} // namespace

Expected<std::filesystem::path> fetch_program(const std::string &service_url,
                                              const DebuggedDevice &device) {
  const auto geometry = tender::store_geometry(device.board);
  if (!geometry) {
    return Failure{geometry.error()};
  }
  const auto bytes = beginning_of(device.store, geometry->size_bytes);
  StoreView store(*geometry, bytes);
  const std::uint32_t offset = starting_offset(store);
  const std::string id =
      offset < bytes.size() ? service::image_id(ByteView(bytes).subspan(offset)) : "";
  if (id.empty()) {
    return fail(ErrorCode::kNotFound, "there is no image in the device's flash");
  }
  HttpClient client(service_url);
  const auto elf = client.get_bytes("/v1/images/" + id + "/program");
  if (!elf) {
    return Failure{elf.error()};
  }
  const auto path = device.folder / "image.elf";
  const auto written = host::write_file(path, *elf);
  return written ? Expected<std::filesystem::path>(path) : Failure{written.error()};
}

Expected<void> check_gdb_port(std::uint16_t port) {
  const tender::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int again = 1; // what is left of an earlier connection does not count
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &again, sizeof(again));
  sockaddr_in at = {};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr *>(&at), sizeof(at)) == 0) {
    return {};
  }
  return fail(ErrorCode::kResourceFull, "TCP port " + std::to_string(port) +
                                            " of loopback is in use by another program or not "
                                            "permitted; choose another with --gdb");
}

std::filesystem::path sources_of(const std::filesystem::path &kit) {
  std::error_code error;
  const auto root = std::filesystem::absolute(kit).parent_path().parent_path().parent_path();
  return std::filesystem::exists(root / "os" / "hal.hpp", error) ? root : std::filesystem::path();
}

} // namespace tinyml::cli
