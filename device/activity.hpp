// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/identity.hpp"
#include "os/store/layout.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fixed_storage.hpp"

#include <string_view>

namespace tinyml::device {

/// What an activity may use of the program around it; all of it outlives the activity.
template <typename FlashType, typename CoapType> struct ActivityContext {
  using Flash = FlashType;
  using Coap = CoapType;

  /// Requests may go to any peer. Their tags begin with kActivityTag in the upper half.
  Coap &coap;
  Flash &flash;
  const store::Layout &layout; ///< `layout.user` belongs to the activity
  const Identity &identity;
  ByteSpan workspace; ///< the module's, free between events until forget()
};

/// "tr": answers and timeouts with such tags are the activity's.
inline constexpr coap::Tag kActivityTag = 0x74720000;
[[nodiscard]] constexpr bool is_activity_tag(coap::Tag tag) {
  return tag >> 16 == kActivityTag >> 16;
}

/// What a device does besides being a device: the third policy of Program. Another activity has the
/// same members and kPresent = true.
struct NoActivity {
  static constexpr bool kPresent = false;
  /// Links of its resources for the registration (RFC 6690), instead of the program's own.
  static constexpr std::string_view kLinks = "";
  /// How the program's endpoint repeats what is not answered.
  static constexpr coap::Parameters kCoap = {.nstart = 2};
  /// What it keeps; `Default` is what it would without an activity.
  template <typename Default> using Limits = Default;

  template <typename Context> class In {
  public:
    explicit constexpr In(const Context & /*context*/) {}

    /// Takes what is its own: requests to its resources, what became of its own requests. False:
    /// not for us. Sends at most one reply, and requests as the endpoint has room.
    static bool handle(const coap::Event & /*event*/, coap::Millis /*now_ms*/) { return false; }
    /// Called often while there is a network; does a few milliseconds' work at most.
    static void poll(coap::Millis /*now_ms*/) {}
    /// When poll() wants to be called again; what is not after now is at once.
    [[nodiscard]] static coap::Millis next_deadline_ms() { return coap::kNever; }
    /// The workspace was used by others.
    static void forget() {}
    // Where there is a bool adapted(), it goes to the model object: the model is not the ordered
    // one.
  };
};

} // namespace tinyml::device
