// SPDX-License-Identifier: Apache-2.0
#include "training/data/jpeg.hpp"

#include <csetjmp>
#include <cstdio>
// libjpeg's header needs FILE and size_t, and does not ask for them.
#include <jpeglib.h>

namespace tinyml::datasets {
namespace {

/// The library's own error handling ends the program; this one comes back.
struct ErrorHandler {
  jpeg_error_mgr base;
  std::jmp_buf way_out;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void leave(j_common_ptr codec) {
  auto *handler = reinterpret_cast<ErrorHandler *>(codec->err);
  codec->err->format_message(codec, handler->message);
  std::longjmp(handler->way_out, 1);
}

void say_nothing(j_common_ptr) {}

/// Nothing with a destructor may live between setjmp and the calls that jump: `picture` is the
/// caller's. False with the reason in the handler.
bool decode(ByteView bytes, jpeg_decompress_struct &codec, ErrorHandler &handler,
            Picture &picture) {
  if (setjmp(handler.way_out) != 0) {
    return false;
  }
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, bytes.data(), bytes.size());
  jpeg_read_header(&codec, TRUE);
  if (codec.image_width > kMaxPictureSide || codec.image_height > kMaxPictureSide) {
    std::snprintf(handler.message, sizeof(handler.message), "it is larger than %u pixels",
                  kMaxPictureSide);
    return false;
  }
  codec.out_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&codec);
  picture.rows = codec.output_height;
  picture.columns = codec.output_width;
  const std::size_t row_bytes = std::size_t{picture.columns} * picture.channels;
  picture.pixels.resize(picture.rows * row_bytes);
  while (codec.output_scanline < codec.output_height) {
    JSAMPROW row = picture.pixels.data() + codec.output_scanline * row_bytes;
    jpeg_read_scanlines(&codec, &row, 1);
  }
  jpeg_finish_decompress(&codec);
  return true;
}

} // namespace

Expected<Picture> decode_jpeg(ByteView bytes, std::uint32_t channels) {
  jpeg_decompress_struct codec{};
  ErrorHandler handler{};
  codec.err = jpeg_std_error(&handler.base);
  handler.base.error_exit = leave;
  handler.base.output_message = say_nothing;
  Picture picture{.channels = channels, .pixels = {}};
  const bool done = decode(bytes, codec, handler, picture);
  const bool is_whole = handler.base.num_warnings == 0;
  jpeg_destroy_decompress(&codec);
  if (!done) {
    return fail(ErrorCode::kInvalidInput, handler.message);
  }
  if (!is_whole) {
    return fail(ErrorCode::kInvalidInput, "it is damaged or cut short");
  }
  return picture;
}

} // namespace tinyml::datasets
