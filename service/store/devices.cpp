// SPDX-License-Identifier: Apache-2.0
#include "service/store/store.hpp"

namespace tinyml::service {
namespace {

Json parsed(const Row &row, int column) { return Json::parse(row.text(column), nullptr, false); }

DeviceRecord device_of(const Row &row) {
  return {.endpoint = row.text(0),
          .address = row.text(1),
          .lwm2m_version = row.text(2),
          .binding = row.text(3),
          .lifetime_s = row.integer(4),
          .registered_ms = row.integer(5),
          .last_seen_ms = row.integer(6),
          .objects = parsed(row, 7),
          .registration = parsed(row, 8),
          .profile = parsed(row, 9),
          .running_build = row.maybe_text(10),
          .running_model = row.maybe_text(11),
          .running_version = row.maybe_text(12),
          .result = parsed(row, 13)};
}

} // namespace

Expected<void> Store::put_devices(const std::vector<const DeviceRecord *> &devices) {
  return database_.transaction([&]() -> Expected<void> {
    for (const DeviceRecord *device : devices) {
      auto written = database_.run(
          "INSERT OR REPLACE INTO devices VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", device->endpoint,
          device->address, device->lwm2m_version, device->binding, device->lifetime_s,
          device->registered_ms, device->last_seen_ms, text_of(device->objects),
          text_of(device->registration), text_of(device->profile), device->running_build,
          device->running_model, device->running_version, text_of(device->result));
      if (!written) {
        return written;
      }
    }
    return {};
  });
}

Expected<std::vector<DeviceRecord>> Store::devices() {
  std::vector<DeviceRecord> all;
  auto read = database_.query("SELECT * FROM devices ORDER BY endpoint",
                              [&](const Row &row) { all.push_back(device_of(row)); });
  return read ? Expected<std::vector<DeviceRecord>>(std::move(all)) : Failure{read.error()};
}

} // namespace tinyml::service
