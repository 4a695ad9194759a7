// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/machine.hpp"

namespace tinyml::hal {

using kvm::ask;
using kvm::Call;

const StoreInfo &store_info() { return kvm::machine().store; }

Status store_read(std::uint32_t offset, ByteSpan to) {
  return static_cast<Status>(ask(Call::kStoreRead, offset, to.data(), to.size()));
}

Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return static_cast<Status>(ask(Call::kStoreErase, offset, nullptr, size_bytes));
}

Status store_write(std::uint32_t offset, ByteView from) {
  return static_cast<Status>(ask(Call::kStoreWrite, offset, from.data(), from.size()));
}

} // namespace tinyml::hal
