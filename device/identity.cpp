// SPDX-License-Identifier: Apache-2.0
#include "device/identity.hpp"

#include "base/crc32.hpp"
#include "os/crash.hpp"
#include "protocol/coap/random.hpp"
#include "protocol/coap/uri.hpp"
#include "protocol/lwm2m/path.hpp"

namespace tinyml::device {
namespace {

/// Entropy of the board where it has some; always the secret of the factory page and the clock, so
/// that two devices, or two starts, never share tokens and message ids.
std::uint64_t mix_seed(const image::FactoryPage &page) {
  std::uint8_t random[8]{};
  static_cast<void>(hal::entropy(random)); // without it the rest has to do
  const std::uint64_t secret =
      (std::uint64_t{crc32(page.entropy_seed)} << 32) | crc32(as_bytes(page.endpoint));
  const std::uint64_t clock = hal::monotonic_ns() ^ hal::wall_clock_ns() ^ hal::cycle_count();
  coap::SeededRandom mixer(load_le<std::uint64_t>(random) ^ secret ^ (clock << 13));
  return mixer.next();
}

/// The seal begins with the hash.
void name_image(const image::Header &header, std::uint32_t slot_offset) {
  constexpr std::uint32_t kFieldHeaderBytes = 4;
  store::HalFlash flash;
  std::uint8_t id[tinyml::diagnostics::kImageIdBytes];
  if (flash.read(slot_offset + header.seal_offset() + kFieldHeaderBytes, id) == hal::Status::kOk) {
    crash::name_image(id);
  }
}

} // namespace

IdentityError load_identity(Identity &identity, ByteSpan scratch) {
  const ByteSpan bytes = scratch.first(image::kFactoryPageBytes);
  if (hal::store_read(0, bytes) != hal::Status::kOk) {
    return IdentityError::kNotProvisioned;
  }
  const auto page = image::parse_factory_page(bytes);
  if (!page) {
    return page.error() == image::FactoryError::kBlank ? IdentityError::kNotProvisioned
                                                       : IdentityError::kDamagedPage;
  }
  const auto uri = coap::Uri::parse(page->server_uri);
  if (!uri) {
    return IdentityError::kBadServerUri;
  }
  identity.endpoint = Text<image::kMaxEndpointBytes>(page->endpoint);
  identity.serial = Text<image::kMaxSerialBytes>(page->serial);
  identity.server = uri->host;
  identity.seed = mix_seed(*page);
  return IdentityError::kNone;
}

RunningImage running_image(const store::BootState &state, const store::Layout &layout) {
  store::HalFlash flash;
  std::uint8_t bytes[image::kHeaderBytes];
  if (state.booted == store::Slot::kNone ||
      flash.read(layout.slot(state.booted).offset, bytes) != hal::Status::kOk) {
    return {};
  }
  const auto header = image::parse_header(bytes);
  if (!header) {
    return {};
  }
  name_image(*header, layout.slot(state.booted).offset);
  std::uint8_t text[24];
  ByteWriter out{ByteSpan(text)};
  lwm2m::put_decimal(out, header->version.major);
  out.put(".");
  lwm2m::put_decimal(out, header->version.minor);
  out.put(".");
  lwm2m::put_decimal(out, header->version.patch);
  out.put("+");
  lwm2m::put_decimal(out, header->version.build);
  return {Text<24>(as_text(out.written())), header->payload_bytes};
}

} // namespace tinyml::device
