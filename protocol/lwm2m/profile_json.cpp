// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/profile_json.hpp"

#include <nlohmann/json.hpp>

#include <cstring>
#include <limits>

namespace tinyml::lwm2m {
namespace {

using nlohmann::json;

struct ToJson {
  json &out;

  void operator()(std::uint16_t, const char *key, const std::string &text) const {
    out[key] = text;
  }
  void operator()(std::uint16_t, const char *key, std::uint32_t number) const { out[key] = number; }
  void operator()(std::uint16_t, const char *key, const std::vector<std::string> &texts) const {
    out[key] = texts;
  }
  void operator()(std::uint16_t, const char *key, const std::vector<ProfileSlot> &slots) const {
    json list = json::array();
    for (const ProfileSlot &slot : slots) {
      list.push_back({{"address", slot.address}, {"size_bytes", slot.size_bytes}});
    }
    out[key] = std::move(list);
  }
};

bool read(const json &from, std::uint32_t &to) {
  if (!from.is_number_unsigned() ||
      from.get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max()) {
    return false;
  }
  to = from.get<std::uint32_t>();
  return true;
}

bool read(const json &from, std::string &to) {
  if (!from.is_string()) {
    return false;
  }
  to = from.get<std::string>();
  return true;
}

bool read(const json &from, ProfileSlot &to) {
  return from.is_object() && from.contains("address") && from.contains("size_bytes") &&
         read(from["address"], to.address) && read(from["size_bytes"], to.size_bytes);
}

template <typename T> bool read(const json &from, std::vector<T> &to) {
  if (!from.is_array()) {
    return false;
  }
  for (const json &item : from) {
    if (!read(item, to.emplace_back())) {
      return false;
    }
  }
  return true;
}

/// Collects the first complaint; every key is required.
struct FromJson {
  const json &in;
  std::string &complaint;

  template <typename T> void operator()(std::uint16_t, const char *key, T &to) const {
    if (!complaint.empty()) {
      return;
    }
    const auto found = in.find(key);
    if (found == in.end()) {
      complaint = std::string("the key '") + key + "' is missing";
    } else if (!read(*found, to)) {
      complaint = std::string("the value of '") + key + "' has the wrong type or is out of range";
    }
  }
};

std::string owned(std::string_view text) { return std::string(text); }
std::uint32_t owned(std::uint32_t number) { return number; }
std::vector<ProfileSlot> owned(std::span<const ProfileSlot> slots) {
  return {slots.begin(), slots.end()};
}
std::vector<std::string> owned(std::span<const std::string_view> texts) {
  return {texts.begin(), texts.end()};
}

} // namespace

json profile_to_json(const OwnedProfile &profile) {
  json out = {{"profile_version", kProfileVersion}};
  visit_profile(profile, ToJson{out});
  return out;
}

Expected<OwnedProfile> profile_from_json(const json &in) {
  if (!in.is_object()) {
    return fail(ErrorCode::kInvalidInput, "device profile: expected a JSON object");
  }
  if (in.value("profile_version", json()) != json(kProfileVersion)) {
    return fail(ErrorCode::kUnsupported,
                "device profile: 'profile_version' must be " + std::to_string(kProfileVersion));
  }
  OwnedProfile profile;
  std::string complaint;
  visit_profile(profile, FromJson{in, complaint});
  if (!complaint.empty()) {
    return fail(ErrorCode::kInvalidInput,
                "device profile: " + complaint + " (see docs/device-profile.md)");
  }
  return profile;
}

OwnedProfile own(const Profile &profile) {
  OwnedProfile copy;
  visit_profile(copy, [&](std::uint16_t wanted, const char *, auto &to) {
    visit_profile(profile, [&](std::uint16_t resource, const char *, const auto &from) {
      if constexpr (std::is_same_v<decltype(to), decltype(owned(from)) &>) {
        if (resource == wanted) {
          to = owned(from);
        }
      }
    });
  });
  return copy;
}

} // namespace tinyml::lwm2m
