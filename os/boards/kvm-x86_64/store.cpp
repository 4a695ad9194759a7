// SPDX-License-Identifier: Apache-2.0
#include "os/boards/kvm-x86_64/machine.hpp"
#include "os/drivers/read_cache.hpp"
#include "os/store_reads.hpp"

namespace tinyml::hal {

using kvm::ask;
using kvm::Call;

namespace {

/// A request costs more than reading a block.
constinit drivers::ReadCache cache;

Status fetch(std::uint32_t offset, ByteSpan to) {
  return static_cast<Status>(ask(Call::kStoreRead, offset, to.data(), to.size()));
}

Status change(Call call, std::uint32_t offset, const void *from, std::size_t size_bytes) {
  cache.forget();
  return static_cast<Status>(ask(call, offset, from, size_bytes));
}

} // namespace

const StoreInfo &store_info() { return kvm::machine().store; }

Status store_read(std::uint32_t offset, ByteSpan to) {
  return cache.read(store_info(), kvm::shared().store_block, offset, to, fetch);
}

Status store_read_all(std::span<const StoreRead> reads) {
  kvm::StoreRead asked[kvm::kMostReads];
  while (!reads.empty()) {
    const std::size_t count = std::min<std::size_t>(reads.size(), kvm::kMostReads);
    for (std::size_t i = 0; i < count; ++i) {
      asked[i] = {reads[i].offset, kvm::address_of(reads[i].to), reads[i].size_bytes};
    }
    const auto status =
        static_cast<Status>(ask(Call::kStoreReadAll, 0, asked, count * sizeof(asked[0])));
    if (status != Status::kOk) {
      return status;
    }
    reads = reads.subspan(count);
  }
  return Status::kOk;
}

Status store_erase(std::uint32_t offset, std::uint32_t size_bytes) {
  return change(Call::kStoreErase, offset, nullptr, size_bytes);
}

Status store_write(std::uint32_t offset, ByteView from) {
  return change(Call::kStoreWrite, offset, from.data(), from.size());
}

} // namespace tinyml::hal
