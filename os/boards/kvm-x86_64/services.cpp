// SPDX-License-Identifier: Apache-2.0
// The monitor is the bootloader: its services are requests.
#include "os/boot/services.hpp"
#include "os/boards/kvm-x86_64/machine.hpp"

namespace tinyml::boot {

namespace {

using kvm::address_of;
using kvm::ask;
using kvm::Call;

/// The monitor works in memory of its own; the promise to refuse less is kept all the same.
std::uint32_t verify(std::uint32_t slot, std::uint8_t *workspace, std::uint32_t workspace_bytes) {
  if (workspace_bytes < kWorkspaceBytes || address_of(workspace) % 8 != 0) {
    return static_cast<std::uint32_t>(image::Error::kNoMemory);
  }
  return ask(Call::kVerifySlot, slot);
}

void hash_start(image::Sha256 *hash) { (void)ask(Call::kHashStart, 0, hash, sizeof(*hash)); }

void hash_update(image::Sha256 *hash, const std::uint8_t *bytes, std::uint32_t size_bytes) {
  (void)ask(Call::kHashUpdate, address_of(hash), bytes, size_bytes);
}

void hash_finish(image::Sha256 *hash, std::uint8_t *digest) {
  (void)ask(Call::kHashFinish, address_of(hash), digest, image::kHashBytes);
}

} // namespace

const ServiceTable *services() {
  static constexpr ServiceTable kTable{kServiceMagic, kServiceVersion, sizeof(ServiceTable), verify,
                                       hash_start,    hash_update,     hash_finish};
  return &kTable;
}

} // namespace tinyml::boot
