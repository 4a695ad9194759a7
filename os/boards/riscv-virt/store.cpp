// SPDX-License-Identifier: Apache-2.0
#include "os/boards/riscv-virt/family.hpp"
#include "os/hal.hpp"

namespace tinyml::hal {

namespace {

constexpr StoreInfo kInfo = {.size_bytes = virt::kFlashBytes,
                             .sector_bytes = virt::kFlashSectorBytes,
                             .program_bytes = virt::Flash::kProgramBytes};
constexpr virt::Flash kFlash(kInfo);

} // namespace

const StoreInfo &store_info() { return kInfo; }

Status store_read(std::uint32_t offset, ByteSpan to) { return kFlash.read(offset, to); }

Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return kFlash.erase(offset, size_bytes);
}

Status store_write(std::uint32_t offset, ByteView from) { return kFlash.write(offset, from); }

} // namespace tinyml::hal
