// SPDX-License-Identifier: Apache-2.0
// Register's query and link payload. Everything here is hostile input.
#include "protocol/linkformat/linkformat.hpp"
#include "protocol/lwm2m/server_registry.hpp"

#include <algorithm>
#include <charconv>

namespace tinyml::lwm2m {
namespace {

constexpr std::uint8_t kBadRequest = 0x80;         // 4.00
constexpr std::uint8_t kPreconditionFailed = 0x8C; // 4.12
constexpr std::size_t kMaxEndpointBytes = 64;
constexpr std::size_t kMaxObjectLinks = 256;

Failure<Refusal> refuse(std::uint8_t code, std::string diagnostic) {
  return Failure<Refusal>{Refusal{code, std::move(diagnostic)}};
}

bool printable(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      return false;
    }
  }
  return true;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const char *end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

std::optional<Version> parse_version(std::string_view text) {
  if (text == "1.0") {
    return Version::k1_0;
  }
  if (text == "1.1") {
    return Version::k1_1;
  }
  return text == "1.2" ? std::optional(Version::k1_2) : std::nullopt;
}

using Parsed = Result<void, Refusal>;

Parsed take_endpoint(std::string_view value, RegistrationParameters &into) {
  if (into.endpoint) {
    return refuse(kBadRequest, "'ep' is given twice");
  }
  if (value.empty() || value.size() > kMaxEndpointBytes || !printable(value) ||
      value.find('/') != std::string_view::npos) {
    return refuse(kBadRequest, "'ep' must be 1 to 64 printable bytes without '/'");
  }
  into.endpoint = std::string(value);
  return {};
}

Parsed take_lifetime(std::string_view value, RegistrationParameters &into) {
  const auto seconds = parse_number(value);
  if (!seconds || *seconds == 0 || into.lifetime_s) {
    return refuse(kBadRequest, "'lt' must be given once, as a number of seconds from 1");
  }
  into.lifetime_s = seconds;
  return {};
}

Parsed take_version(std::string_view value, RegistrationParameters &into) {
  into.version = parse_version(value);
  if (!into.version) {
    return refuse(kPreconditionFailed, "this server speaks LwM2M 1.0, 1.1 and 1.2");
  }
  return {};
}

Parsed take_binding(std::string_view value, RegistrationParameters &into) {
  // 1.0 writes queue mode into the binding ("UQ"), later versions have a parameter of its own.
  if (value.empty() || value.size() > 4 ||
      value.find_first_not_of("UTSNMHQ") != std::string_view::npos) {
    return refuse(kBadRequest, "'b' is not a binding mode");
  }
  into.queue_mode = into.queue_mode || value.find('Q') != std::string_view::npos;
  into.binding = std::string(value);
  return {};
}

Parsed take_parameter(std::string_view parameter, RegistrationParameters &into) {
  const std::size_t equals = parameter.find('=');
  const std::string_view name = parameter.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
  if (name == "ep") {
    return take_endpoint(value, into);
  }
  if (name == "lt") {
    return take_lifetime(value, into);
  }
  if (name == "lwm2m") {
    return take_version(value, into);
  }
  if (name == "b") {
    return take_binding(value, into);
  }
  into.queue_mode = into.queue_mode || name == "Q";
  return {}; // unknown parameters are ignored (transport 1.1, 6.4.3)
}

/// `ct` is one number, or several in quotes with spaces between them (RFC 7252, 7.2.1).
void take_formats(std::string_view list, std::vector<std::uint16_t> &formats) {
  while (!list.empty() && formats.size() < 16) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (const auto number = parse_number(list.substr(0, end)); number && *number <= 0xFFFF) {
      formats.push_back(static_cast<std::uint16_t>(*number));
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

} // namespace

Result<RegistrationParameters, Refusal> parse_parameters(std::span<const std::string_view> query) {
  RegistrationParameters parameters;
  for (const std::string_view parameter : query) {
    if (const auto taken = take_parameter(parameter, parameters); !taken) {
      return Failure<Refusal>{taken.error()};
    }
  }
  return parameters;
}

namespace {

void take_root(const linkformat::Link &link, Registration &into) {
  into.root_path = link.target == "/" ? std::string() : std::string(link.target);
  if (const auto formats = link.find("ct")) {
    take_formats(formats->value, into.formats);
  }
}

/// With an alternate path every link begins with it (transport 1.1, 6.4.1).
std::string_view without_root(std::string_view target, const Registration &known) {
  return target.starts_with(known.root_path) ? target.substr(known.root_path.size()) : target;
}

void take_object(const linkformat::Link &link, Registration &into) {
  const auto path = parse_path(without_root(link.target, into));
  if (!path || path->depth == 0 || path->depth > 2) {
    return; // other resources, "/infer" for example, may be listed as well
  }
  const auto version = link.find("ver");
  into.objects.push_back({*path, version ? std::string(version->value) : std::string()});
}

} // namespace

Result<void, Refusal> parse_object_links(ByteView payload, Registration &into) {
  linkformat::Reader reader(as_text(payload));
  std::size_t links = 0;
  while (const auto link = reader.next()) {
    if (++links > kMaxObjectLinks) {
      return refuse(kBadRequest, "more than 256 object links");
    }
    const auto type = link->find("rt");
    if (link->target == "/" || (type && type->value == "oma.lwm2m")) {
      take_root(*link, into);
    } else {
      take_object(*link, into);
    }
  }
  if (reader.failed()) {
    return refuse(kBadRequest, "the object links are not in CoRE link format (RFC 6690)");
  }
  return {};
}

} // namespace tinyml::lwm2m
