// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/server_registry.hpp"
#include "service/store/store.hpp"

#include <map>
#include <set>
#include <string>

namespace tinyml::service {

/// All devices that ever registered. Changes stay in memory until flush(): a device that registers
/// again every minute must not cost a disk sync each time, and what a crash loses the device says
/// again.
class DeviceBook {
public:
  explicit DeviceBook(Store &store) : store_(store) {}

  [[nodiscard]] Expected<void> load();
  /// Writes what has changed.
  [[nodiscard]] Expected<void> flush();

  void registered(const lwm2m::Registration &registration, TimeMs now);
  void updated(const lwm2m::Registration &registration, TimeMs now);
  void gone(const std::string &endpoint, TimeMs now);
  void seen(const std::string &endpoint, TimeMs now);

  /// To change a device; null when it is unknown. The change is written at the next flush.
  [[nodiscard]] DeviceRecord *edit(const std::string &endpoint);
  [[nodiscard]] const DeviceRecord *find(const std::string &endpoint) const;
  [[nodiscard]] const std::map<std::string, DeviceRecord> &all() const { return devices_; }
  [[nodiscard]] static bool online(const DeviceRecord &device) {
    return !device.registration.is_null();
  }

  /// The registration of a device as it was stored, to be put back after a restart; its times are
  /// `now_ms`.
  [[nodiscard]] static std::optional<lwm2m::Registration> stored(const DeviceRecord &device,
                                                                 std::uint64_t now_ms);

private:
  Store &store_;
  std::map<std::string, DeviceRecord> devices_;
  std::set<std::string> changed_;
};

} // namespace tinyml::service
