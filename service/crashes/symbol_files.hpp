// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/crashes/backtrace.hpp"
#include "service/store/blob_folder.hpp"
#include "service/store/records.hpp"

#include <optional>

namespace tinyml::service {

/// Keeps a linked program, compressed; returns its blob's hash.
[[nodiscard]] Expected<std::string> keep_program(ByteView elf, const BlobFolder &blobs);
[[nodiscard]] Expected<std::vector<std::uint8_t>> kept_program(const std::string &sha256,
                                                               const BlobFolder &blobs);

/// The first 8 bytes of a packed image's hash, 16 hex digits: how crash records name it; "" for
/// bytes that are no image.
[[nodiscard]] std::string image_id(ByteView packed);

/// The addr2line that belongs to a compiler: "arm-none-eabi-addr2line" of "arm-none-eabi-g++".
[[nodiscard]] std::string addr2line_of(const std::string &compiler);

/// A crash as the API tells it, with names where `symbols` are known. Blocks while it runs
/// addr2line.
[[nodiscard]] Json crash_json(ByteView record, const std::optional<SymbolsRecord> &symbols,
                              const BlobFolder &blobs, const std::stop_token &stop);
/// An event log as the API tells it; kInvalidInput when it is none.
[[nodiscard]] Expected<Json> events_json(ByteView log);

} // namespace tinyml::service
