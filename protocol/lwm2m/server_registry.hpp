// SPDX-License-Identifier: Apache-2.0
// Host only: the service uses it.
#pragma once

#include "base/error.hpp"
#include "protocol/lwm2m/object_ids.hpp"
#include "protocol/lwm2m/path.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The server's registration interface (OMA LwM2M 1.1 core 6.2, transport 6.4.3), without sockets:
/// parsed CoAP requests and time in, replies and events out. Host only.
namespace tinyml::lwm2m {

enum class Version : std::uint8_t { k1_0, k1_1, k1_2 };
[[nodiscard]] std::string_view to_string(Version version);

/// One object or object instance a client said it has.
struct ObjectLink {
  Path path;           ///< depth 1 (an object without instances) or 2
  std::string version; ///< the `ver` attribute, empty when absent

  friend bool operator==(const ObjectLink &, const ObjectLink &) = default;
};

/// What a client told about itself; the registry keeps one for each endpoint.
struct Registration {
  std::string endpoint;
  Version version = Version::k1_0;
  std::uint32_t lifetime_s = 86400;
  std::string binding = "U";
  bool queue_mode = false;
  std::string root_path;              ///< alternate path of the objects, usually "" (the root)
  std::vector<std::uint16_t> formats; ///< content formats of the root link's `ct`
  std::vector<ObjectLink> objects;

  std::string location; ///< the id in /rd/{location}
  std::string peer;     ///< where it was last heard, in the caller's notation
  std::uint64_t registered_ms = 0;
  std::uint64_t updated_ms = 0;

  [[nodiscard]] std::uint64_t expires_ms() const { return updated_ms + 1000ull * lifetime_s; }
  [[nodiscard]] bool has(std::uint16_t object) const;
  /// True when the client announced the format; TLV is implied below 1.1.
  [[nodiscard]] bool speaks(Format format) const;
};

/// A CoAP request to /rd..., taken apart. Views live as long as the caller's datagram.
struct RegistryRequest {
  enum class Method : std::uint8_t { kGet = 1, kPost = 2, kPut = 3, kDelete = 4 };
  Method method = Method::kPost;
  std::span<const std::string_view> path; ///< Uri-Path segments, the first is "rd"
  std::span<const std::string_view> query;
  std::optional<std::uint16_t> content_format;
  ByteView payload; ///< complete, put together from its blocks
};

enum class RegistryEvent : std::uint8_t {
  kNone,
  kRegistered,   ///< new endpoint
  kReplaced,     ///< the endpoint registered again: it probably restarted; observations are gone
  kUpdated,      ///< alive
  kDeregistered, ///< said goodbye
};

/// The answer to send, and what happened.
struct RegistryReply {
  std::uint8_t code = 0;             ///< CoAP code byte, e.g. 0x41 = 2.01
  std::vector<std::string> location; ///< Location-Path segments of a 2.01
  std::string diagnostic;            ///< payload of an error: what was wrong
  RegistryEvent event = RegistryEvent::kNone;
  std::string endpoint;         ///< whom the event is about
  bool address_changed = false; ///< a registered endpoint was heard at a new address (NAT rebind)
};

/// All registrations, keyed by endpoint name. A location stays the same over re-registrations of
/// its endpoint, so a late Update to an address we answered before still finds it.
class Registry {
public:
  /// `location_seed` makes locations hard to guess; `capacity` bounds memory against a flood of
  /// names.
  explicit Registry(std::uint64_t location_seed, std::size_t capacity = 10000)
      : seed_(location_seed), capacity_(capacity) {}

  /// Register (POST /rd), Update (POST or PUT /rd/{id}) and Deregister (DELETE /rd/{id}).
  [[nodiscard]] RegistryReply handle(const RegistryRequest &request, const std::string &peer,
                                     std::uint64_t now_ms);

  /// Puts back a registration that was stored, for example after the service restarted.
  void restore(Registration registration);
  /// Removes registrations whose lifetime (and a grace of one tenth, at least 2 s) has passed;
  /// returns them.
  [[nodiscard]] std::vector<Registration> expire(std::uint64_t now_ms);
  bool remove(const std::string &endpoint);

  [[nodiscard]] const Registration *find(std::string_view endpoint) const;
  [[nodiscard]] const Registration *find_location(std::string_view location) const;
  /// The endpoint last heard at this address; used only to tell whom a stray datagram may be from.
  [[nodiscard]] const Registration *find_peer(std::string_view peer) const;
  [[nodiscard]] const std::map<std::string, Registration, std::less<>> &all() const {
    return by_endpoint_;
  }

private:
  RegistryReply add(const RegistryRequest &request, const std::string &peer, std::uint64_t now_ms);
  RegistryReply update(Registration &known, const RegistryRequest &request, const std::string &peer,
                       std::uint64_t now_ms);
  Registration *by_location(std::string_view location);
  std::string make_location();

  std::map<std::string, Registration, std::less<>> by_endpoint_;
  std::map<std::string, std::string, std::less<>> endpoint_of_location_;
  std::uint64_t seed_;
  std::uint64_t made_ = 0;
  std::size_t capacity_;
};

/// The parts of a Register or Update request that were present.
struct RegistrationParameters {
  std::optional<std::string> endpoint;
  std::optional<Version> version;
  std::optional<std::uint32_t> lifetime_s;
  std::optional<std::string> binding;
  bool queue_mode = false;
};

/// Why a registration is refused: the CoAP code and a text for the person who debugs the client.
struct Refusal {
  std::uint8_t code = 0x80;
  std::string diagnostic;
};

[[nodiscard]] Result<RegistrationParameters, Refusal>
parse_parameters(std::span<const std::string_view> query);

/// Parses the link payload into objects, formats and root path of `into`.
[[nodiscard]] Result<void, Refusal> parse_object_links(ByteView payload, Registration &into);

} // namespace tinyml::lwm2m
