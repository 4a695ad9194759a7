// SPDX-License-Identifier: Apache-2.0
#include "service/registry/device_book.hpp"

namespace tinyml::service {
namespace {

std::string path_text(const lwm2m::Path &path) {
  std::string text;
  for (std::size_t i = 0; i < path.depth; ++i) {
    text += "/" + std::to_string(path.ids[i]);
  }
  return text;
}

lwm2m::Version version_of(std::string_view text) {
  return text == "1.0" ? lwm2m::Version::k1_0
                       : (text == "1.1" ? lwm2m::Version::k1_1 : lwm2m::Version::k1_2);
}

} // namespace

Expected<void> DeviceBook::load() {
  auto devices = store_.devices();
  if (!devices) {
    return Failure{devices.error()};
  }
  for (DeviceRecord &device : *devices) {
    devices_[device.endpoint] = std::move(device);
  }
  return {};
}

Expected<void> DeviceBook::flush() {
  std::vector<const DeviceRecord *> changed;
  for (const std::string &endpoint : changed_) {
    changed.push_back(&devices_.at(endpoint));
  }
  if (changed.empty()) {
    return {};
  }
  auto written = store_.put_devices(changed);
  if (written) {
    changed_.clear();
  }
  return written;
}

void DeviceBook::registered(const lwm2m::Registration &registration, TimeMs now) {
  DeviceRecord &device = devices_[registration.endpoint];
  device.registered_ms = now;
  updated(registration, now);
}

void DeviceBook::updated(const lwm2m::Registration &registration, TimeMs now) {
  DeviceRecord &device = devices_[registration.endpoint];
  device.endpoint = registration.endpoint;
  device.last_seen_ms = now;
  device.address = registration.peer;
  device.lwm2m_version = lwm2m::to_string(registration.version);
  device.binding = registration.binding;
  device.lifetime_s = registration.lifetime_s;
  device.objects = Json::array();
  for (const lwm2m::ObjectLink &link : registration.objects) {
    device.objects.push_back(path_text(link.path));
  }
  device.registration = {{"location", registration.location},
                         {"root_path", registration.root_path},
                         {"queue_mode", registration.queue_mode},
                         {"formats", registration.formats}};
  changed_.insert(registration.endpoint);
}

void DeviceBook::gone(const std::string &endpoint, TimeMs now) {
  if (DeviceRecord *device = edit(endpoint)) {
    device->registration = nullptr;
    device->address.clear();
    device->last_seen_ms = std::max(device->last_seen_ms, now);
  }
}

void DeviceBook::seen(const std::string &endpoint, TimeMs now) {
  constexpr TimeMs kWorthWritingMs = 10'000;
  const auto found = devices_.find(endpoint);
  if (found == devices_.end()) {
    return;
  }
  if (now - found->second.last_seen_ms > kWorthWritingMs) {
    changed_.insert(endpoint);
  }
  found->second.last_seen_ms = now;
}

DeviceRecord *DeviceBook::edit(const std::string &endpoint) {
  const auto found = devices_.find(endpoint);
  if (found == devices_.end()) {
    return nullptr;
  }
  changed_.insert(endpoint);
  return &found->second;
}

const DeviceRecord *DeviceBook::find(const std::string &endpoint) const {
  const auto found = devices_.find(endpoint);
  return found == devices_.end() ? nullptr : &found->second;
}

std::optional<lwm2m::Registration> DeviceBook::stored(const DeviceRecord &device,
                                                      std::uint64_t now_ms) {
  if (!online(device)) {
    return std::nullopt;
  }
  lwm2m::Registration registration{.endpoint = device.endpoint,
                                   .version = version_of(device.lwm2m_version),
                                   .lifetime_s = static_cast<std::uint32_t>(device.lifetime_s),
                                   .binding = device.binding,
                                   .queue_mode = device.registration.value("queue_mode", false),
                                   .root_path = device.registration.value("root_path", ""),
                                   .location = device.registration.value("location", ""),
                                   .peer = device.address,
                                   .registered_ms = now_ms,
                                   .updated_ms = now_ms};
  registration.formats = device.registration.value("formats", std::vector<std::uint16_t>());
  for (const Json &link : device.objects) {
    if (const auto path = lwm2m::parse_path(link.get<std::string>())) {
      registration.objects.push_back({*path, ""});
    }
  }
  return registration;
}

} // namespace tinyml::service
