// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/profile.hpp"
#include "protocol/lwm2m/resource.hpp"
#include "protocol/lwm2m/value_writer.hpp"
#include "protocol/lwm2m/written_value.hpp"

#include <array>
#include <utility>

/// Our own objects that need nothing but this folder; 42770 (Model) is made by the device program,
/// which knows the module. XML: docs/lwm2m/.
namespace tinyml::lwm2m {

/// 42769: the device profile.
class CapabilityObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(ObjectId::kCapability);
  static constexpr Resource kResources[] = {
      {capability::kBoard, kReadable},
      {capability::kIsa, kReadable},
      {capability::kExtensions, kReadable},
      {capability::kClock, kReadable},
      {capability::kRam, kReadable},
      {capability::kRamFree, kReadable},
      {capability::kRom, kReadable},
      {capability::kRomFree, kReadable},
      {capability::kImageAddress, kReadable},
      {capability::kSlotAddress, kReadable},
      {capability::kSlotSize, kReadable},
      {capability::kOsName, kReadable},
      {capability::kOsVersion, kReadable},
      {capability::kAbiVersion, kReadable},
      {capability::kModuleAbiVersion, kReadable},
      {capability::kElementTypes, kReadable},
      {capability::kAccelerators, kReadable},
      {capability::kImageFormats, kReadable},
      {capability::kSignatureAlgorithms, kReadable},
      {capability::kSensors, kReadable},
      {capability::kOutputs, kReadable},
  };

  /// `profile` outlives the object.
  explicit CapabilityObject(const Profile &profile) : profile_(profile) {}

  void read(std::uint16_t resource, ValueWriter &out) const;
  static coap::Code write(std::uint16_t, const WrittenValue &) {
    return coap::Code::kMethodNotAllowed;
  }
  static coap::Code execute(std::uint16_t, ByteView) { return coap::Code::kMethodNotAllowed; }

private:
  const Profile &profile_;
};

/// What one inference brought.
struct InferenceResult {
  std::int32_t class_index = -1; ///< -1: the output is not a vector of classes
  float score = 0;
  ByteView raw_output;
  std::uint64_t cycles = 0;
  std::uint32_t time_s = 0; ///< since 1970; 0 when unknown
};

/// 42771: the latest inference.
class InferenceResultObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(ObjectId::kInferenceResult);
  static constexpr Resource kResources[] = {
      {inference::kClass, kReadable},     {inference::kScore, kReadable},
      {inference::kRawOutput, kReadable}, {inference::kCount, kReadable},
      {inference::kCycles, kReadable},    {inference::kTimestamp, kReadable},
  };
  static constexpr std::size_t kMaxRawBytes = 64;

  void read(std::uint16_t resource, ValueWriter &out) const;
  static coap::Code write(std::uint16_t, const WrittenValue &) {
    return coap::Code::kMethodNotAllowed;
  }
  static coap::Code execute(std::uint16_t, ByteView) { return coap::Code::kMethodNotAllowed; }

  /// Keeps a copy; raw output beyond kMaxRawBytes is cut.
  void record(const InferenceResult &result);
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }

private:
  std::uint64_t cycles_ = 0;
  std::uint32_t count_ = 0;
  std::uint32_t time_s_ = 0;
  std::int32_t class_index_ = -1;
  float score_ = 0;
  std::array<std::uint8_t, kMaxRawBytes> raw_{};
  std::uint8_t raw_size_ = 0;
  bool changed_ = false;
};

} // namespace tinyml::lwm2m
