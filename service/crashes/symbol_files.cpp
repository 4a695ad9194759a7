// SPDX-License-Identifier: Apache-2.0
#include "service/crashes/symbol_files.hpp"

#include "image/header.hpp"
#include "service/store/digest.hpp"

#include <zlib.h>

namespace tinyml::service {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaxProgramBytes = 256ULL << 20;

} // namespace

Expected<std::string> keep_program(ByteView elf, const BlobFolder &blobs) {
  uLongf packed_bytes = compressBound(elf.size());
  std::vector<std::uint8_t> packed(kLengthBytes + packed_bytes);
  store_le<std::uint64_t>(packed.data(), elf.size());
  if (compress2(packed.data() + kLengthBytes, &packed_bytes, elf.data(), elf.size(),
                Z_BEST_SPEED) != Z_OK) {
    return fail(ErrorCode::kInternal, "a linked program could not be compressed");
  }
  packed.resize(kLengthBytes + packed_bytes);
  return blobs.put(packed);
}

Expected<std::vector<std::uint8_t>> kept_program(const std::string &sha256,
                                                 const BlobFolder &blobs) {
  const auto packed = blobs.get(sha256);
  if (!packed) {
    return Failure{packed.error()};
  }
  const bool whole = packed->size() > kLengthBytes;
  uLongf bytes = whole ? load_le<std::uint64_t>(packed->data()) : 0;
  std::vector<std::uint8_t> elf(bytes <= kMaxProgramBytes ? bytes : 0);
  if (!whole || elf.empty() ||
      uncompress(elf.data(), &bytes, packed->data() + kLengthBytes,
                 packed->size() - kLengthBytes) != Z_OK) {
    return fail(ErrorCode::kInternal, "a kept program cannot be read");
  }
  return elf;
}

std::string image_id(ByteView packed) {
  constexpr std::uint32_t kFieldHeaderBytes = 4; // the seal begins with the hash
  if (packed.size() < image::kHeaderBytes) {
    return {};
  }
  const auto header = image::parse_header(packed.first(image::kHeaderBytes));
  const std::size_t at = header.ok() ? header->seal_offset() + kFieldHeaderBytes : 0;
  if (at == 0 || at + diagnostics::kImageIdBytes > packed.size()) {
    return {};
  }
  return to_hex(packed.subspan(at, diagnostics::kImageIdBytes));
}

std::string addr2line_of(const std::string &compiler) {
  const std::size_t name = compiler.rfind("g++");
  return (name == std::string::npos ? "" : compiler.substr(0, name)) + "addr2line";
}

} // namespace tinyml::service
