// SPDX-License-Identifier: Apache-2.0
#include "device/parameter_server/commit_record.hpp"

#include "base/crc32.hpp"

#include <algorithm>
#include <bit>

namespace tinyml::device {

namespace {

constexpr std::uint32_t kMagic = 0x43504D54; ///< "TMPC"
constexpr std::size_t kCrcOffset = kCommitBytes - 4;
constexpr std::size_t kSettingsOffset = 56;
constexpr std::uint8_t kVectorsFlag = 1;
constexpr std::uint8_t kControlFlag = 2;
static_assert(kSettingsOffset + training::kRunSettingsBytes <= kCrcOffset);

} // namespace

void encode_commit(const Commit &commit, std::uint32_t sequence,
                   std::span<std::uint8_t, kCommitBytes> to) {
  std::fill(to.begin(), to.end(), std::uint8_t{0});
  ByteWriter writer(to);
  writer.put_le(kMagic);
  writer.put_le(sequence);
  writer.put(static_cast<std::uint8_t>(commit.state));
  writer.put(commit.model_area);
  writer.put(static_cast<std::uint8_t>(commit.generation | commit.control_generation << 1));
  writer.put(static_cast<std::uint8_t>((commit.has_vectors ? kVectorsFlag : 0) |
                                       (commit.has_control ? kControlFlag : 0)));
  writer.put_le(commit.version);
  writer.put_le(commit.applied);
  writer.put_le(commit.joins);
  writer.put_le(commit.restarts);
  writer.put_le(std::uint16_t{0});
  writer.put_le(std::bit_cast<std::uint32_t>(commit.update_norm));
  writer.put_le(std::bit_cast<std::uint32_t>(commit.step_norm));
  writer.put(ByteView(commit.joined));
  encode(commit.settings, to.subspan(kSettingsOffset));
  store_le(to.data() + kCrcOffset, crc32(to.first(kCrcOffset)));
}

bool decode_commit(std::span<const std::uint8_t, kCommitBytes> from, Commit &commit,
                   std::uint32_t &sequence) {
  const std::uint8_t *at = from.data();
  if (load_le<std::uint32_t>(at) != kMagic ||
      load_le<std::uint32_t>(at + kCrcOffset) != crc32(from.first(kCrcOffset))) {
    return false;
  }
  // What has this CRC we wrote ourselves; settings of an idle server are none.
  const auto settings = training::decode<training::RunSettings>(
      from.subspan(kSettingsOffset, training::kRunSettingsBytes));
  commit = {};
  commit.state = static_cast<training::RunState>(at[8]);
  if (settings) {
    commit.settings = *settings;
  } else if (commit.state != training::RunState::kIdle) {
    return false;
  }
  sequence = load_le<std::uint32_t>(at + 4);
  commit.model_area = at[9];
  commit.generation = at[10] & 1;
  commit.control_generation = at[10] >> 1 & 1;
  commit.has_vectors = (at[11] & kVectorsFlag) != 0;
  commit.has_control = (at[11] & kControlFlag) != 0;
  commit.version = load_le<std::uint32_t>(at + 12);
  commit.applied = load_le<std::uint32_t>(at + 16);
  commit.joins = load_le<std::uint32_t>(at + 20);
  commit.restarts = load_le<std::uint16_t>(at + 24);
  commit.update_norm = std::bit_cast<float>(load_le<std::uint32_t>(at + 28));
  commit.step_norm = std::bit_cast<float>(load_le<std::uint32_t>(at + 32));
  std::copy_n(at + 36, sizeof(commit.joined), commit.joined);
  return true;
}

} // namespace tinyml::device
