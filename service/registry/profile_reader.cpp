// SPDX-License-Identifier: Apache-2.0
#include "service/registry/profile_reader.hpp"

#include <algorithm>
#include <limits>

namespace tinyml::service {
namespace {

using lwm2m::Path;

constexpr Path kInstance = Path::of(static_cast<std::uint16_t>(lwm2m::ObjectId::kCapability), 0);
constexpr std::size_t kMaxListEntries = 8; // docs/device-profile.md, rule 2

std::uint32_t to_u32(std::int64_t value) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(value, 0, std::numeric_limits<std::uint32_t>::max()));
}

/// Fills one member of the profile from the resource that carries it.
struct MemberReader {
  const lwm2m::ValueTree &tree;

  void operator()(std::uint16_t id, const char *, std::string &text) const {
    text = string_at(tree, kInstance.child(id)).value_or("");
  }
  void operator()(std::uint16_t id, const char *, std::uint32_t &number) const {
    number = to_u32(integer_at(tree, kInstance.child(id)).value_or(0));
  }
  void operator()(std::uint16_t id, const char *, std::vector<std::string> &list) const {
    for (const lwm2m::PathValue &entry : values_under(tree, kInstance.child(id))) {
      if (const auto text = string_at(tree, entry.path); text && list.size() < kMaxListEntries) {
        list.push_back(*text);
      }
    }
  }
  void operator()(std::uint16_t id, const char *, std::vector<lwm2m::ProfileSlot> &slots) const {
    const auto sizes = values_under(tree, kInstance.child(lwm2m::capability::kSlotSize));
    const auto addresses = values_under(tree, kInstance.child(id));
    const std::size_t count = std::min({sizes.size(), addresses.size(), kMaxListEntries});
    for (std::size_t i = 0; i < count; ++i) {
      slots.push_back({to_u32(integer_at(tree, addresses[i].path).value_or(0)),
                       to_u32(integer_at(tree, sizes[i].path).value_or(0))});
    }
  }
};

bool names_a_kit(const std::string &board) {
  return !board.empty() && board.size() <= 32 && std::ranges::all_of(board, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
  });
}

} // namespace

Expected<lwm2m::OwnedProfile> read_profile(const lwm2m::ValueTree &tree) {
  lwm2m::OwnedProfile profile;
  lwm2m::visit_profile(profile, MemberReader{tree});
  if (!names_a_kit(profile.board)) {
    return fail(ErrorCode::kInvalidInput, "the device's capability object names no board "
                                          "([a-z0-9-], at most 32) in /42769/0/0");
  }
  if (profile.ram_free_bytes > profile.ram_bytes || profile.rom_free_bytes > profile.rom_bytes) {
    return fail(ErrorCode::kInvalidInput,
                "the device's profile claims more free memory than it has");
  }
  return profile;
}

} // namespace tinyml::service
