// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/server_profile.hpp"

#include <limits>

namespace tinyml::lwm2m {
namespace {

constexpr std::size_t kMaxListed = 8;
constexpr auto kObject = static_cast<std::uint16_t>(ObjectId::kCapability);

std::uint32_t number_of(const ServerValue &value) {
  const auto *number = std::get_if<std::int64_t>(&value);
  const bool fits =
      number != nullptr && *number >= 0 && *number <= std::numeric_limits<std::uint32_t>::max();
  return fits ? static_cast<std::uint32_t>(*number) : 0;
}

struct FromValues {
  const ValueTree &tree;

  [[nodiscard]] std::vector<PathValue> list(std::uint16_t resource) const {
    auto values = values_under(tree, Path::of(kObject, 0, resource));
    values.resize(std::min(values.size(), kMaxListed));
    return values;
  }

  void operator()(std::uint16_t resource, const char *, std::string &text) const {
    text = string_at(tree, Path::of(kObject, 0, resource)).value_or("");
  }
  void operator()(std::uint16_t resource, const char *, std::uint32_t &number) const {
    if (const ServerValue *value = find_value(tree, Path::of(kObject, 0, resource))) {
      number = number_of(*value);
    }
  }
  void operator()(std::uint16_t resource, const char *, std::vector<std::string> &texts) const {
    for (const PathValue &entry : list(resource)) {
      if (const auto *text = std::get_if<std::string>(&entry.value)) {
        texts.push_back(*text);
      }
    }
  }
  void operator()(std::uint16_t, const char *, std::vector<ProfileSlot> &slots) const {
    for (const PathValue &entry : list(capability::kSlotAddress)) {
      const Path size = Path::of(kObject, 0, capability::kSlotSize).child(entry.path.ids[3]);
      const ServerValue *size_bytes = find_value(tree, size);
      slots.push_back({number_of(entry.value), size_bytes == nullptr ? 0 : number_of(*size_bytes)});
    }
  }
};

} // namespace

Expected<OwnedProfile> profile_from_values(const ValueTree &tree) {
  OwnedProfile profile;
  visit_profile(profile, FromValues{tree});
  if (profile.board.empty() || profile.isa.empty()) {
    return fail(ErrorCode::kInvalidInput,
                "the device's capability object has no board or no instruction set");
  }
  if (profile.ram_free_bytes > profile.ram_bytes || profile.rom_free_bytes > profile.rom_bytes) {
    return fail(ErrorCode::kInvalidInput,
                "the device claims more free memory than it has (capability object)");
  }
  return profile;
}

} // namespace tinyml::lwm2m
