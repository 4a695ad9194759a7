// SPDX-License-Identifier: Apache-2.0
#include "training/run/model_follower.hpp"

#include "base/crc32.hpp"
#include "training/coding/coding.hpp"

#include <algorithm>
#include <array>

namespace tinyml::coordinator {
namespace {

using training::DeltaHeader;

/// The header of an undamaged message that fits the model.
std::optional<DeltaHeader> header_for(ByteView message, const VersionedModel &model) {
  if (message.size() < DeltaHeader::kBytes + training::kTrailerBytes) {
    return std::nullopt;
  }
  const ByteView covered = message.first(message.size() - training::kTrailerBytes);
  const auto header = training::decode<DeltaHeader>(message.first(DeltaHeader::kBytes));
  if (!header.ok() || crc32(covered) != load_le<std::uint32_t>(covered.data() + covered.size()) ||
      header->version != model.version || header->parameter_count != model.values.size() ||
      header->coding >= training::kCodings) {
    return std::nullopt;
  }
  const auto coding = static_cast<training::Coding>(header->coding);
  const std::size_t expected =
      DeltaHeader::kBytes +
      training::coded_bytes(coding, static_cast<std::uint32_t>(model.values.size()));
  return covered.size() == expected ? std::optional(*header) : std::nullopt;
}

} // namespace

bool add_delta(ByteView message, VersionedModel &model) {
  const auto header = header_for(message, model);
  if (!header) {
    return false;
  }
  const auto coding = static_cast<training::Coding>(header->coding);
  std::vector<float> sums = model.values;
  ByteView codes = message.subspan(DeltaHeader::kBytes);
  for (std::size_t first = 0; first < sums.size(); first += training::kBlockValues) {
    std::array<float, training::kBlockValues> values{};
    const std::size_t count = std::min(values.size(), sums.size() - first);
    const std::uint32_t bytes =
        training::coded_block_bytes(coding, static_cast<std::uint32_t>(count));
    if (!training::decode_block(coding, codes.first(bytes), std::span(values).first(count))) {
      return false;
    }
    std::transform(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count),
                   sums.begin() + static_cast<std::ptrdiff_t>(first),
                   sums.begin() + static_cast<std::ptrdiff_t>(first),
                   [](float step, float value) { return value + step; });
    codes = codes.subspan(bytes);
  }
  model.values = std::move(sums);
  ++model.version;
  model.updates += header->updates;
  return true;
}

Expected<void> ModelFollower::step(TrainPeer &server, std::uint32_t newest) {
  if (model_ && model_->version >= newest) {
    return {};
  }
  if (model_) {
    const auto delta = server.delta(model_->version);
    if (!delta.ok()) {
      return Failure{delta.error()};
    }
    if (*delta && add_delta(**delta, *model_)) {
      return {};
    }
  }
  auto whole = server.model();
  if (!whole.ok()) {
    return Failure{whole.error()};
  }
  whole->updates = model_ ? model_->updates : 0; // it does not say how many
  model_ = *std::move(whole);
  return {};
}

} // namespace tinyml::coordinator
