// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/standard_objects.hpp"

#include <algorithm>

namespace tinyml::lwm2m {
namespace {

constexpr std::int64_t kMaxSeconds = 0xFFFFFFFF;
constexpr std::uint16_t kShortServerId = 1;
constexpr std::string_view kBinding = "U";

} // namespace

void ServerObject::read(std::uint16_t resource, ValueWriter &out) const {
  switch (resource) {
  case server::kShortServerId:
    return out.integer(resource, kShortServerId);
  case server::kLifetime:
    return out.integer(resource, lifetime_s_);
  case server::kNotificationStoring:
    return out.boolean(resource, false);
  default:
    return out.text(resource, kBinding);
  }
}

coap::Code ServerObject::write(std::uint16_t, const WrittenValue &value) {
  const auto seconds = value.integer();
  if (!seconds || *seconds < 1 || *seconds > kMaxSeconds) {
    return coap::Code::kBadRequest;
  }
  lifetime_s_ = static_cast<std::uint32_t>(*seconds);
  update_triggered_ = true;
  return coap::Code::kChanged;
}

coap::Code ServerObject::execute(std::uint16_t, ByteView) {
  update_triggered_ = true;
  return coap::Code::kChanged;
}

void DeviceObject::read(std::uint16_t resource, ValueWriter &out) const {
  switch (resource) {
  case device::kManufacturer:
    return out.text(resource, "TinyMLaaS");
  case device::kModelNumber:
    return out.text(resource, facts_.board);
  case device::kSerialNumber:
    return out.text(resource, facts_.serial);
  case device::kFirmwareVersion:
    return out.text(resource, facts_.firmware_version);
  case device::kMemoryFree:
    return out.integer(resource, facts_.store_free_bytes / 1024);
  case device::kErrorCode:
    out.begin_list(resource);
    out.integer(0, error_);
    return out.end_list();
  case device::kCurrentTime:
    return out.integer(resource, time_s());
  case device::kBindingModes:
    return out.text(resource, kBinding);
  case device::kDeviceType:
    return out.text(resource, "unikernel");
  default:
    return out.integer(resource, facts_.store_bytes / 1024);
  }
}

coap::Code DeviceObject::write(std::uint16_t, const WrittenValue &value) {
  const auto seconds = value.integer();
  if (!seconds || *seconds < 0 || *seconds > kMaxSeconds) {
    return coap::Code::kBadRequest;
  }
  set_epoch_s(static_cast<std::uint32_t>(*seconds));
  return coap::Code::kChanged;
}

coap::Code DeviceObject::execute(std::uint16_t resource, ByteView) {
  if (resource == device::kReboot) {
    reboot_ = true;
  } else {
    error_ = 0;
  }
  return coap::Code::kChanged;
}

void TextDisplayObject::read(std::uint16_t resource, ValueWriter &out) const {
  out.text(resource, text());
}

coap::Code TextDisplayObject::write(std::uint16_t, const WrittenValue &value) {
  const auto bytes = value.bytes();
  if (!bytes || bytes->size() > kMaxTextBytes) {
    return coap::Code::kBadRequest;
  }
  show(as_text(*bytes));
  return coap::Code::kChanged;
}

void TextDisplayObject::show(std::string_view text) {
  size_ = static_cast<std::uint8_t>(std::min(text.size(), kMaxTextBytes));
  std::copy_n(text.begin(), size_, text_.begin());
  changed_ = true;
  shown_ = true;
}

} // namespace tinyml::lwm2m
