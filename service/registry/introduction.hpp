// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/server_values.hpp"
#include "service/lwm2m/lwm2m_server.hpp"
#include "service/registry/device_book.hpp"

#include <functional>
#include <set>

namespace tinyml::service {

/// After a device has registered: asks it what it is and what it runs, and observes its results and
/// its update state.
class Introduction {
public:
  struct Hooks {
    std::function<TimeMs()> wall_ms;
    std::function<std::optional<std::string>(const std::string &build16)> build_of;
    std::function<void(const std::string &endpoint)> changed;  ///< the book knows more about it
    std::function<void(const std::string &endpoint)> result;   ///< a new inference result
    std::function<void(const std::string &endpoint)> firmware; ///< /5/0 has changed
    std::function<void(const std::string &endpoint, const std::string &problem)> problem;
    /// It crashed before its restart, and this is the record. True: kept, the device may forget it.
    std::function<bool(const std::string &endpoint, ByteView record)> crashed;
  };

  Introduction(Lwm2mServer &server, DeviceBook &book, Hooks hooks)
      : server_(server), book_(book), hooks_(std::move(hooks)) {}

  void start(const std::string &endpoint);
  /// The device is alive: asks again for observations that it had no room for (its table may have
  /// been full of those of this service's earlier runs, which end when it notifies them).
  void renew(const std::string &endpoint);

private:
  using Take = std::function<void(DeviceRecord &, const lwm2m::ValueTree &)>;
  void read(const std::string &endpoint, const lwm2m::Path &path, Take take);
  void observe_all(const std::string &endpoint);
  void observe(const std::string &endpoint, const lwm2m::Path &path,
               std::function<void(const CoapAnswer &)> notified);
  void ask_for_crash(const std::string &endpoint);
  void take_crash(const std::string &endpoint, const CoapAnswer &answer);
  void take_model(DeviceRecord &device, const lwm2m::ValueTree &tree);
  void take_result(const std::string &endpoint, const CoapAnswer &answer);

  Lwm2mServer &server_;
  DeviceBook &book_;
  Hooks hooks_;
  std::set<std::string> unobserved_; ///< endpoints that did not take an observation
};

/// The format to ask a device for objects in: SenML-CBOR where it speaks it, else TLV.
[[nodiscard]] lwm2m::Format read_format(const lwm2m::Registration &registration);
/// A value for the API: number, text, boolean, or hex digits.
[[nodiscard]] Json value_json(const lwm2m::ServerValue &value);

} // namespace tinyml::service
