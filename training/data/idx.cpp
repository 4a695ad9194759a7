// SPDX-License-Identifier: Apache-2.0
#include "training/data/idx.hpp"

#include <zlib.h>

namespace tinyml::datasets {
namespace {

constexpr std::uint32_t kLabelMagic = 0x00000801;
constexpr std::uint32_t kImageMagic = 0x00000803;
constexpr std::uint32_t kLargestSide = 4096;

} // namespace

Expected<ImageSet> parse_idx(ByteView images, ByteView labels) {
  ByteReader image_reader(images);
  ByteReader label_reader(labels);
  const auto image_magic = image_reader.take_be<std::uint32_t>();
  const auto count = image_reader.take_be<std::uint32_t>();
  const auto rows = image_reader.take_be<std::uint32_t>();
  const auto columns = image_reader.take_be<std::uint32_t>();
  const auto label_magic = label_reader.take_be<std::uint32_t>();
  const auto label_count = label_reader.take_be<std::uint32_t>();
  if (!columns || !label_count || *image_magic != kImageMagic || *label_magic != kLabelMagic) {
    return fail(ErrorCode::kInvalidInput, "not a pair of IDX image and label files");
  }
  if (*rows == 0 || *columns == 0 || *rows > kLargestSide || *columns > kLargestSide) {
    return fail(ErrorCode::kInvalidInput, "an IDX image size that makes no sense");
  }
  const std::uint64_t pixels = std::uint64_t{*count} * *rows * *columns;
  if (*count != *label_count || image_reader.remaining() != pixels ||
      label_reader.remaining() != *count) {
    return fail(ErrorCode::kInvalidInput,
                "IDX images and labels do not belong together or are cut short");
  }
  return ImageSet{.rows = *rows,
                  .columns = *columns,
                  .pixels = {image_reader.rest().begin(), image_reader.rest().end()},
                  .labels = {label_reader.rest().begin(), label_reader.rest().end()}};
}

Expected<std::vector<std::uint8_t>> gunzip(ByteView packed, std::size_t limit_bytes) {
  constexpr int kGzipWindow = 15 + 16;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) {
    return fail(ErrorCode::kResourceFull, "no memory to unpack");
  }
  // zlib reads only, but its interface is older than const.
  stream.next_in = const_cast<std::uint8_t *>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::vector<std::uint8_t> unpacked(limit_bytes + 1);
  stream.next_out = unpacked.data();
  stream.avail_out = static_cast<uInt>(unpacked.size());
  const int status = inflate(&stream, Z_FINISH);
  const std::size_t size = unpacked.size() - stream.avail_out;
  inflateEnd(&stream);
  if (status != Z_STREAM_END || size > limit_bytes) {
    return fail(ErrorCode::kInvalidInput, "a gzip file that is damaged or larger than it may be");
  }
  unpacked.resize(size);
  return unpacked;
}

} // namespace tinyml::datasets
