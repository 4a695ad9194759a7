// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/resource.hpp"
#include "protocol/lwm2m/value_writer.hpp"
#include "protocol/lwm2m/written_value.hpp"

#include <array>
#include <utility>

/// The device's implementations of standard objects.
namespace tinyml::lwm2m {

/// /1/0: the account at the one server we know.
class ServerObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(ObjectId::kServer);
  static constexpr Resource kResources[] = {
      {server::kShortServerId, kReadable},
      {server::kLifetime, kReadWrite},
      {server::kNotificationStoring, kReadable},
      {server::kBinding, kReadable},
      {server::kRegistrationUpdateTrigger, kExecutable},
  };

  void read(std::uint16_t resource, ValueWriter &out) const;
  coap::Code write(std::uint16_t resource, const WrittenValue &value);
  coap::Code execute(std::uint16_t resource, ByteView arguments);

  [[nodiscard]] std::uint32_t lifetime_s() const { return lifetime_s_; }
  void set_lifetime_s(std::uint32_t seconds) { lifetime_s_ = seconds; }
  /// True once after the server triggered an update or changed the lifetime.
  [[nodiscard]] bool take_update_trigger() { return std::exchange(update_triggered_, false); }

private:
  std::uint32_t lifetime_s_ = 60;
  bool update_triggered_ = false;
};

/// What /3/0 says and does not change while the device runs.
struct DeviceFacts {
  std::string_view board;
  std::string_view serial;
  std::string_view firmware_version;
  std::uint32_t store_bytes = 0;
  std::uint32_t store_free_bytes = 0;
};

/// /3/0.
class DeviceObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(ObjectId::kDevice);
  static constexpr Resource kResources[] = {
      {device::kManufacturer, kReadable}, {device::kModelNumber, kReadable},
      {device::kSerialNumber, kReadable}, {device::kFirmwareVersion, kReadable},
      {device::kReboot, kExecutable},     {device::kMemoryFree, kReadable},
      {device::kErrorCode, kReadable},    {device::kResetErrorCode, kExecutable},
      {device::kCurrentTime, kReadWrite}, {device::kBindingModes, kReadable},
      {device::kDeviceType, kReadable},   {device::kMemoryTotal, kReadable},
  };

  explicit DeviceObject(const DeviceFacts &facts) : facts_(facts) {}

  void read(std::uint16_t resource, ValueWriter &out) const;
  coap::Code write(std::uint16_t resource, const WrittenValue &value);
  coap::Code execute(std::uint16_t resource, ByteView arguments);

  /// The device's clock: seconds since start, and what to add to get seconds since 1970 (0:
  /// unknown).
  void set_uptime_s(std::uint32_t seconds) { uptime_s_ = seconds; }
  void set_epoch_s(std::uint32_t seconds_now) { epoch_s_ = seconds_now - uptime_s_; }
  [[nodiscard]] std::uint32_t time_s() const { return epoch_s_ == 0 ? 0 : epoch_s_ + uptime_s_; }

  void set_error(std::uint8_t code) { error_ = code; }
  /// 0 once the server has reset it.
  [[nodiscard]] std::uint8_t error() const { return error_; }
  [[nodiscard]] bool take_reboot() { return std::exchange(reboot_, false); }

private:
  DeviceFacts facts_;
  std::uint32_t uptime_s_ = 0;
  std::uint32_t epoch_s_ = 0;
  std::uint8_t error_ = 0;
  bool reboot_ = false;
};

/// /3341/0: a line of text, as on a small display.
class TextDisplayObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(ObjectId::kTextDisplay);
  static constexpr Resource kResources[] = {{text_display::kText, kReadWrite}};
  static constexpr std::size_t kMaxTextBytes = 32;

  void read(std::uint16_t resource, ValueWriter &out) const;
  coap::Code write(std::uint16_t resource, const WrittenValue &value);
  static coap::Code execute(std::uint16_t, ByteView) { return coap::Code::kMethodNotAllowed; }

  /// Text that is longer than the display is cut.
  void show(std::string_view text);
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }
  /// True once after each show(), for whoever draws the text.
  [[nodiscard]] bool take_shown() { return std::exchange(shown_, false); }

private:
  std::array<char, kMaxTextBytes> text_{};
  std::uint8_t size_ = 0;
  bool changed_ = false;
  bool shown_ = false;
};

} // namespace tinyml::lwm2m
