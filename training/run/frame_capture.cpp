// SPDX-License-Identifier: Apache-2.0
#include "training/run/frame_capture.hpp"

#include <array>
#include <chrono>

namespace tinyml::coordinator {
namespace {

template <std::size_t Count>
void put(std::ofstream &out, const std::array<std::uint32_t, Count> &words) {
  std::array<std::uint8_t, Count * 4> bytes{};
  for (std::size_t i = 0; i < Count; ++i) {
    store_le(bytes.data() + i * 4, words[i]);
  }
  out.write(reinterpret_cast<const char *>(bytes.data()), bytes.size());
}

} // namespace

Expected<std::unique_ptr<FrameCapture>> FrameCapture::create(const std::filesystem::path &file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  constexpr std::array<std::uint32_t, 6> kHeader = {0xA1B2C3D4, 0x00040002, 0, 0, 65535, 1};
  put(out, kHeader);
  if (!out) {
    return fail(ErrorCode::kResourceFull, "cannot write the capture '" + file.string() +
                                              "': is the disk full, or the folder not there?");
  }
  return std::unique_ptr<FrameCapture>(new FrameCapture(std::move(out)));
}

void FrameCapture::take(ByteView frame) {
  using namespace std::chrono;
  const auto now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  constexpr std::int64_t kMicroseconds = 1'000'000;
  const auto size = static_cast<std::uint32_t>(frame.size());
  put(out_,
      std::array<std::uint32_t, 4>{static_cast<std::uint32_t>(now / kMicroseconds),
                                   static_cast<std::uint32_t>(now % kMicroseconds), size, size});
  out_.write(reinterpret_cast<const char *>(frame.data()),
             static_cast<std::streamsize>(frame.size()));
}

} // namespace tinyml::coordinator
