// SPDX-License-Identifier: Apache-2.0
#include "os/boot/bootloader.hpp"
#include "os/boot/exec_area.hpp"

/// A whole bootloader on a machine of nothing but memory: what boot_bounds_test builds for
/// Cortex-M3 to hold size, stack and static RAM against their documented bounds. The addresses are
/// those of a board, but it never runs.
namespace {

using namespace tinyml;

class MappedFlash {
public:
  explicit MappedFlash(const hal::StoreInfo &info, std::uintptr_t base)
      : info_(info), base_(reinterpret_cast<std::uint8_t *>(base)) {}

  [[nodiscard]] const hal::StoreInfo &info() const { return info_; }
  [[nodiscard]] hal::Status read(std::uint32_t offset, ByteSpan to) const {
    std::memcpy(to.data(), base_ + offset, to.size());
    return hal::Status::kOk;
  }
  [[nodiscard]] hal::Status erase(std::uint32_t offset, std::uint32_t size_bytes) const {
    std::memset(base_ + offset, 0xFF, size_bytes);
    return hal::Status::kOk;
  }
  [[nodiscard]] hal::Status write(std::uint32_t offset, ByteView from) const {
    std::memcpy(base_ + offset, from.data(), from.size());
    return hal::Status::kOk;
  }

private:
  const hal::StoreInfo &info_;
  std::uint8_t *base_;
};

constexpr hal::StoreInfo kStoreInfo{16u << 20, 4096, 4};
constexpr hal::StoreInfo kExecInfo{480u << 10, 4096, 4};
constexpr boot::Target kTarget{"mps2-an385", image::Payload::kBinary, 0x8000, 480u << 10};

struct ProbeBoard {
  using Store = MappedFlash;

  MappedFlash flash{kStoreInfo, 0x21000000};

  MappedFlash &store() { return flash; }
  static const boot::Target &target() { return kTarget; }
  static void console(std::string_view text) {
    for (const char character : text) {
      *reinterpret_cast<volatile std::uint32_t *>(0x40004000) =
          static_cast<std::uint8_t>(character);
    }
  }
  static bool install(store::RegionReader<MappedFlash> &slot, const image::Header &header) {
    MappedFlash exec(kExecInfo, 0x8000);
    return boot::ExecCopy(slot, header, exec).run();
  }
};

} // namespace

extern "C" {

[[gnu::used]] extern const boot::ServiceTable boot_probe_services =
    boot::Services<ProbeBoard>::kTable;

std::uint32_t boot_probe_verify_slot(std::uint32_t slot, std::uint8_t *workspace,
                                     std::uint32_t workspace_bytes) {
  return boot::Services<ProbeBoard>::verify_slot(slot, workspace, workspace_bytes);
}
void boot_probe_sha256(image::Sha256 *hash, std::uint8_t *bytes) {
  boot::Services<ProbeBoard>::sha256_start(hash);
  boot::Services<ProbeBoard>::sha256_update(hash, bytes, 64);
  boot::Services<ProbeBoard>::sha256_finish(hash, bytes);
}

/// The working memory is the whole RAM behind what is reserved: no image runs yet.
std::uint32_t boot_probe_start() {
  ProbeBoard board;
  const ByteSpan workspace(reinterpret_cast<std::uint8_t *>(0x20000100), boot::kWorkspaceBytes);
  return static_cast<std::uint32_t>(boot::Bootloader<ProbeBoard>(board, workspace).choose().slot);
}
}
