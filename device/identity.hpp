// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/factory.hpp"
#include "os/store/trial.hpp"
#include "protocol/coap/peer.hpp"

#include <array>

namespace tinyml::device {

/// A text kept by value.
template <std::size_t Capacity> class Text {
public:
  Text() = default;
  /// Cuts what does not fit.
  explicit Text(std::string_view from)
      : size_(static_cast<std::uint8_t>(std::min(from.size(), Capacity))) {
    std::copy_n(from.begin(), size_, bytes_.begin());
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

private:
  std::array<char, Capacity> bytes_{};
  std::uint8_t size_ = 0;
};

/// Who this device is: what it keeps of its factory page, and secrets mixed for this start.
struct Identity {
  Text<image::kMaxEndpointBytes> endpoint;
  Text<image::kMaxSerialBytes> serial;
  coap::Ipv4Endpoint server;
  std::uint64_t seed = 0; ///< differs from start to start and from device to device
};

enum class IdentityError : std::uint8_t {
  kNone,
  kNotProvisioned, ///< no factory page
  kDamagedPage,    ///< a factory page that cannot be read
  kBadServerUri,   ///< not "coap://a.b.c.d:port"
};

/// Reads the factory page at the start of the store. `scratch` holds at least
/// image::kFactoryPageBytes.
[[nodiscard]] IdentityError load_identity(Identity &identity, ByteSpan scratch);

/// The image that runs, by the header in its slot; empty without a bootloader. Crash records are
/// from now on of this image.
struct RunningImage {
  Text<24> version; ///< "1.2.3+45"
  std::uint32_t payload_bytes = 0;
};
[[nodiscard]] RunningImage running_image(const store::BootState &state,
                                         const store::Layout &layout);

} // namespace tinyml::device
