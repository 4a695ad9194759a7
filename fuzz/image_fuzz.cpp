// SPDX-License-Identifier: Apache-2.0
#include "base/crc32.hpp"
#include "image/packer.hpp"
#include "image/verify.hpp"
#include "os/store/boot_state.hpp"
#include "os/store/flash_simulator.hpp"
#include "os/store/trial.hpp"
#include "os/store/update_writer.hpp"

#include <cstdlib>

/// Feeds bytes to everything that reads images, factory pages and boot states. The first byte
/// chooses the reader and whether checksums are made right beforehand, so that what lies behind
/// them is reached too.
namespace {

using namespace tinyml;

constexpr hal::StoreInfo kStore{16 * 512, 512, 4};

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

void read_image(std::vector<std::uint8_t> bytes, bool right_crc) {
  if (right_crc && bytes.size() >= image::kHeaderBytes) {
    store_le(bytes.data() + 60, crc32(ByteView(bytes).first(60)));
  }
  const auto header = image::parse_header(bytes);
  const image::Requirements wanted{.board = "board",
                                   .newest_abi = UINT32_MAX,
                                   .max_payload_bytes = 4096,
                                   .max_total_bytes = 8192};
  image::MemoryReader reader(bytes);
  image::Header verified;
  const std::array<std::uint8_t, image::kPublicKeyBytes> no_key{};
  require(image::verify(reader, wanted, no_key, verified) != image::Error::kNone);
  const auto info = image::read_info(bytes);
  const auto payload = image::payload_of(bytes);
  if (!header) {
    require(!info && !payload);
    return;
  }
  require(!payload || payload->size() == header->payload_bytes);
  std::array<std::uint8_t, image::kHeaderBytes> again{};
  image::encode_header(*header, again);
  require(image::parse_header(again)->total_bytes() == header->total_bytes());
  image::Seal seal;
  (void)image::check_form(reader, *header, wanted, seal);
}

void read_factory_page(std::vector<std::uint8_t> bytes, bool right_crc) {
  bytes.resize(image::kFactoryPageBytes, 0xFF);
  const std::uint32_t end = 8u + load_le<std::uint16_t>(bytes.data() + 6);
  if (right_crc && end <= image::kFactoryPageBytes - 4) {
    store_le(bytes.data() + end, crc32(ByteView(bytes).first(end)));
  }
  const auto page = image::parse_factory_page(bytes);
  if (page) {
    std::vector<std::uint8_t> again(image::kFactoryPageBytes);
    require(image::encode_factory_page(*page, again));
    const auto reparsed = image::parse_factory_page(again);
    require(reparsed && reparsed->endpoint == page->endpoint &&
            reparsed->server_uri == page->server_uri && reparsed->serial == page->serial);
  }
}

void read_boot_state(const std::vector<std::uint8_t> &bytes, bool right_crc) {
  store::Power power;
  store::FlashSimulator flash(kStore, power);
  const store::Layout layout = store::layout_of(kStore);
  const std::size_t count = std::min<std::size_t>(bytes.size(), 1024);
  std::copy_n(bytes.begin(), count, flash.bytes().begin() + layout.boot_state[0].offset);
  for (std::size_t at = 0; right_crc && at + store::kStateRecordBytes <= count;
       at += store::kStateRecordBytes) {
    std::uint8_t *record = flash.bytes().data() + layout.boot_state[0].offset + at;
    store_le(record + 28, crc32(ByteView(record, 28)));
  }
  store::BootLog log(flash, layout);
  store::BootState state;
  require(log.load(state) == hal::Status::kOk);
  const store::BootState next = store::with_trial(state, store::Slot::kB, 2);
  require(log.append(next) == hal::Status::kOk);
  (void)store::confirm(flash, layout);
}

/// The first bytes say how the rest is cut into blocks.
void stream_update(const std::vector<std::uint8_t> &bytes, bool total_known) {
  if (bytes.empty()) {
    return;
  }
  store::Power power;
  store::FlashSimulator flash(kStore, power);
  const store::Layout layout = store::layout_of(kStore);
  store::BootLog log(flash, layout);
  store::BootState state;
  require(log.load(state) == hal::Status::kOk &&
          log.append(store::with_boot(state, store::Slot::kA)) == hal::Status::kOk);
  flash.protect(layout.slot(store::Slot::kA));
  store::UpdateWriter writer(flash, layout);
  const image::Requirements wanted{
      .board = "board", .newest_abi = UINT32_MAX, .max_payload_bytes = 4096};
  const auto total = static_cast<std::uint32_t>(total_known ? bytes.size() - 1 : 0);
  if (writer.begin(total, wanted) != store::UpdateError::kNone) {
    return;
  }
  const std::size_t block = 1 + bytes[0];
  const ByteView image = ByteView(bytes).subspan(1);
  for (std::size_t at = 0; at < image.size(); at += block) {
    (void)writer.write(static_cast<std::uint32_t>(at - at % 5), // overlaps now and then
                       image.subspan(at - at % 5, std::min(block, image.size() - at)));
  }
  (void)writer.finish();
  require(flash.violations() == 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::vector<std::uint8_t> bytes(data + 1, data + size);
  const bool variant = (data[0] & 4) != 0;
  switch (data[0] & 3) {
  case 0:
    read_image(bytes, variant);
    break;
  case 1:
    read_factory_page(bytes, variant);
    break;
  case 2:
    read_boot_state(bytes, variant);
    break;
  default:
    stream_update(bytes, variant);
    break;
  }
  return 0;
}
