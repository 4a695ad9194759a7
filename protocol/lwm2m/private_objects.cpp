// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/private_objects.hpp"

#include <algorithm>

namespace tinyml::lwm2m {
namespace {

/// Writes the one profile field that was asked for.
struct ProfileField {
  std::uint16_t wanted;
  ValueWriter &out;

  void operator()(std::uint16_t resource, const char *, std::string_view text) const {
    if (resource == wanted) {
      out.text(resource, text);
    }
  }
  void operator()(std::uint16_t resource, const char *, std::uint32_t number) const {
    if (resource == wanted) {
      out.integer(resource, number);
    }
  }
  void operator()(std::uint16_t resource, const char *, ConstList<std::string_view> texts) const {
    if (resource != wanted || texts.empty()) {
      return;
    }
    out.begin_list(resource);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      out.text(static_cast<std::uint16_t>(i), texts[i]);
    }
    out.end_list();
  }
  void operator()(std::uint16_t, const char *, ConstList<ProfileSlot> slots) const {
    if ((wanted != capability::kSlotAddress && wanted != capability::kSlotSize) || slots.empty()) {
      return;
    }
    out.begin_list(wanted);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      out.integer(static_cast<std::uint16_t>(i),
                  wanted == capability::kSlotAddress ? slots[i].address : slots[i].size_bytes);
    }
    out.end_list();
  }
};

} // namespace

void CapabilityObject::read(std::uint16_t resource, ValueWriter &out) const {
  visit_profile(profile_, ProfileField{resource, out});
}

void InferenceResultObject::read(std::uint16_t resource, ValueWriter &out) const {
  switch (resource) {
  case inference::kClass:
    return out.integer(resource, class_index_);
  case inference::kScore:
    return out.real(resource, score_);
  case inference::kRawOutput:
    return out.opaque(resource, ByteView(raw_).first(raw_size_));
  case inference::kCount:
    return out.integer(resource, count_);
  case inference::kCycles:
    return out.integer(resource, static_cast<std::int64_t>(cycles_));
  default:
    return out.integer(resource, time_s_);
  }
}

void InferenceResultObject::record(const InferenceResult &result) {
  class_index_ = result.class_index;
  score_ = result.score;
  cycles_ = result.cycles;
  time_s_ = result.time_s;
  raw_size_ = static_cast<std::uint8_t>(std::min(result.raw_output.size(), kMaxRawBytes));
  std::copy_n(result.raw_output.begin(), raw_size_, raw_.begin());
  ++count_;
  changed_ = true;
}

} // namespace tinyml::lwm2m
