// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/server_registry.hpp"

#include <algorithm>

namespace tinyml::lwm2m {
namespace {

constexpr std::uint8_t kCreated = 0x41;           // 2.01
constexpr std::uint8_t kDeleted = 0x42;           // 2.02
constexpr std::uint8_t kChanged = 0x44;           // 2.04
constexpr std::uint8_t kBadRequest = 0x80;        // 4.00
constexpr std::uint8_t kNotFound = 0x84;          // 4.04
constexpr std::uint8_t kMethodNotAllowed = 0x85;  // 4.05
constexpr std::uint8_t kUnsupportedFormat = 0x8F; // 4.15
constexpr std::uint8_t kUnavailable = 0xA3;       // 5.03
constexpr std::uint64_t kMinGraceMs = 2000;

RegistryReply refused(std::uint8_t code, std::string diagnostic) {
  RegistryReply reply;
  reply.code = code;
  reply.diagnostic = std::move(diagnostic);
  return reply;
}

RegistryReply refused(const Refusal &why) { return refused(why.code, why.diagnostic); }

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): spreads a counter over 64 bits.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

bool links_have_wrong_format(const RegistryRequest &request) {
  return request.content_format && !request.payload.empty() &&
         *request.content_format != static_cast<std::uint16_t>(Format::kLinkFormat);
}

void apply(const RegistrationParameters &parameters, Registration &to) {
  to.lifetime_s = parameters.lifetime_s.value_or(to.lifetime_s);
  to.binding = parameters.binding.value_or(to.binding);
  to.queue_mode = to.queue_mode || parameters.queue_mode;
}

} // namespace

std::string_view to_string(Version version) {
  switch (version) {
  case Version::k1_0:
    return "1.0";
  case Version::k1_1:
    return "1.1";
  case Version::k1_2:
    return "1.2";
  }
  return "";
}

bool Registration::has(std::uint16_t object) const {
  return std::any_of(objects.begin(), objects.end(),
                     [&](const ObjectLink &link) { return link.path.object() == object; });
}

bool Registration::speaks(Format format) const {
  if (format == Format::kTlv && version == Version::k1_0) {
    return true; // 1.0 makes TLV mandatory for clients
  }
  return std::find(formats.begin(), formats.end(), static_cast<std::uint16_t>(format)) !=
         formats.end();
}

RegistryReply Registry::handle(const RegistryRequest &request, const std::string &peer,
                               std::uint64_t now_ms) {
  using Method = RegistryRequest::Method;
  if (request.path.empty() || request.path.size() > 2 || request.path[0] != "rd") {
    return refused(kNotFound, "registrations live under /rd");
  }
  if (request.path.size() == 1) {
    return request.method == Method::kPost ? add(request, peer, now_ms)
                                           : refused(kMethodNotAllowed, "register with POST");
  }
  Registration *known = by_location(request.path[1]);
  if (known == nullptr) {
    return refused(kNotFound, "no such registration; register again");
  }
  if (request.method == Method::kDelete) {
    RegistryReply reply = refused(kDeleted, "");
    reply.event = RegistryEvent::kDeregistered;
    reply.endpoint = known->endpoint;
    remove(reply.endpoint);
    return reply;
  }
  return request.method == Method::kGet ? refused(kMethodNotAllowed, "update with POST")
                                        : update(*known, request, peer, now_ms);
}

RegistryReply Registry::add(const RegistryRequest &request, const std::string &peer,
                            std::uint64_t now_ms) {
  const auto parameters = parse_parameters(request.query);
  if (!parameters) {
    return refused(parameters.error());
  }
  if (!parameters->endpoint) {
    return refused(kBadRequest, "'ep' is missing");
  }
  if (links_have_wrong_format(request)) {
    return refused(kUnsupportedFormat, "object links are application/link-format (40)");
  }
  Registration fresh;
  fresh.endpoint = *parameters->endpoint;
  fresh.version = parameters->version.value_or(Version::k1_0);
  apply(*parameters, fresh);
  if (const auto links = parse_object_links(request.payload, fresh); !links) {
    return refused(links.error());
  }
  const Registration *before = find(fresh.endpoint);
  if (before == nullptr && by_endpoint_.size() >= capacity_) {
    return refused(kUnavailable, "too many registrations");
  }
  RegistryReply reply;
  reply.event = before == nullptr ? RegistryEvent::kRegistered : RegistryEvent::kReplaced;
  reply.address_changed = before != nullptr && before->peer != peer;
  fresh.location = before == nullptr ? make_location() : before->location;
  fresh.peer = peer;
  fresh.registered_ms = now_ms;
  fresh.updated_ms = now_ms;
  reply.code = kCreated;
  reply.endpoint = fresh.endpoint;
  reply.location = {"rd", fresh.location};
  restore(std::move(fresh));
  return reply;
}

RegistryReply Registry::update(Registration &known, const RegistryRequest &request,
                               const std::string &peer, std::uint64_t now_ms) {
  const auto parameters = parse_parameters(request.query);
  if (!parameters) {
    return refused(parameters.error());
  }
  if (links_have_wrong_format(request)) {
    return refused(kUnsupportedFormat, "object links are application/link-format (40)");
  }
  Registration changed = known;
  apply(*parameters, changed);
  if (!request.payload.empty()) {
    changed.objects.clear();
    changed.formats.clear();
    if (const auto links = parse_object_links(request.payload, changed); !links) {
      return refused(links.error());
    }
  }
  RegistryReply reply;
  reply.code = kChanged;
  reply.event = RegistryEvent::kUpdated;
  reply.endpoint = known.endpoint;
  reply.address_changed = known.peer != peer;
  changed.peer = peer;
  changed.updated_ms = now_ms;
  known = std::move(changed);
  return reply;
}

void Registry::restore(Registration registration) {
  endpoint_of_location_[registration.location] = registration.endpoint;
  by_endpoint_[registration.endpoint] = std::move(registration);
}

std::vector<Registration> Registry::expire(std::uint64_t now_ms) {
  std::vector<Registration> gone;
  for (const auto &[endpoint, registration] : by_endpoint_) {
    const std::uint64_t grace_ms =
        std::max<std::uint64_t>(kMinGraceMs, 100ull * registration.lifetime_s);
    if (now_ms > registration.expires_ms() + grace_ms) {
      gone.push_back(registration);
    }
  }
  for (const Registration &registration : gone) {
    remove(registration.endpoint);
  }
  return gone;
}

bool Registry::remove(const std::string &endpoint) {
  const auto found = by_endpoint_.find(endpoint);
  if (found == by_endpoint_.end()) {
    return false;
  }
  endpoint_of_location_.erase(found->second.location);
  by_endpoint_.erase(found);
  return true;
}

const Registration *Registry::find(std::string_view endpoint) const {
  const auto found = by_endpoint_.find(endpoint);
  return found == by_endpoint_.end() ? nullptr : &found->second;
}

const Registration *Registry::find_location(std::string_view location) const {
  const auto found = endpoint_of_location_.find(location);
  return found == endpoint_of_location_.end() ? nullptr : find(found->second);
}

const Registration *Registry::find_peer(std::string_view peer) const {
  const auto found = std::find_if(by_endpoint_.begin(), by_endpoint_.end(),
                                  [&](const auto &entry) { return entry.second.peer == peer; });
  return found == by_endpoint_.end() ? nullptr : &found->second;
}

Registration *Registry::by_location(std::string_view location) {
  return const_cast<Registration *>(find_location(location));
}

std::string Registry::make_location() {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string location;
  do {
    std::uint64_t bits = mix(seed_ + ++made_ * 0x9E3779B97F4A7C15ull);
    location.clear();
    for (int i = 0; i < 10; ++i, bits >>= 5) {
      location.push_back(kAlphabet[bits & 31]);
    }
  } while (find_location(location) != nullptr);
  return location;
}

} // namespace tinyml::lwm2m
