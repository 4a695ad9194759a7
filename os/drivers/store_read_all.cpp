// SPDX-License-Identifier: Apache-2.0
// For boards whose store is asked at no cost: TINYML_BOARD_SOURCES has this file unless the board
// says TINYML_BOARD_READS_AT_ONCE.
#include "os/store_reads.hpp"

tinyml::hal::Status tinyml::hal::store_read_all(std::span<const StoreRead> reads) {
  for (const StoreRead &read : reads) {
    if (const Status status = store_read(read.offset, {read.to, read.size_bytes});
        status != Status::kOk) {
      return status;
    }
  }
  return Status::kOk;
}
