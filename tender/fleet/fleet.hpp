// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tender/fleet/console_reading.hpp"
#include "tender/fleet/restart_policy.hpp"
#include "tender/machine/machine.hpp"
#include "tender/switch/ethernet_switch.hpp"

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

namespace tinyml::tender {

/// One device of a fleet, provisioned and ready to start.
struct FleetDevice {
  std::string endpoint;
  MachineConfig machine; ///< its switch port is the fleet's business
  net::MacAddress mac{};
  std::filesystem::path console_file; ///< what it said lately; empty: kept nowhere
};

enum class DeviceState {
  kWaiting,    ///< for its turn to start
  kStarting,   ///< runs, not registered yet
  kRegistered, ///< at its service
  kDead,       ///< ended; it will be started again
};

[[nodiscard]] std::string_view state_word(DeviceState state);

struct DeviceStatus {
  std::string endpoint;
  std::string board;
  DeviceState state = DeviceState::kWaiting;
  int pid = 0; ///< 0: does not run
  unsigned restarts = 0;
  std::string address; ///< empty: none yet
  std::chrono::milliseconds uptime{0};
  std::optional<std::chrono::milliseconds> registered_after; ///< the start of the machine
  std::string last_line;                                     ///< of its console, or how it ended
};

struct FleetConfig {
  SwitchConfig network;
  /// As many at once are between start and registration, so that hundreds that start do not keep
  /// each other from it.
  std::size_t starting_at_once = 12;
  /// Whoever has not registered after this long no longer counts as starting.
  std::chrono::milliseconds starting_limit{3000};
};

/// Many devices on one switch. Everything ends with the object. All functions may be called from
/// any thread.
class Fleet {
public:
  [[nodiscard]] static Expected<std::unique_ptr<Fleet>> open(FleetConfig config);
  ~Fleet();
  Fleet(const Fleet &) = delete;
  Fleet &operator=(const Fleet &) = delete;

  /// Takes the device in and starts it when its turn comes. What keeps a machine from starting at
  /// all (no emulator, no program) is told at once. kConflict when the endpoint is there already.
  [[nodiscard]] Expected<void> add(FleetDevice device);
  [[nodiscard]] bool has(const std::string &endpoint) const;
  [[nodiscard]] std::vector<DeviceStatus> status() const;

  /// The stations of these devices; a board's name stands for all its devices. kNotFound names the
  /// word that is neither.
  [[nodiscard]] Expected<Island> stations(const std::vector<std::string> &names) const;
  [[nodiscard]] EthernetSwitch &network() { return network_->get(); }

private:
  using Time = std::chrono::steady_clock::time_point;
  struct Member;

  Fleet(FleetConfig config, std::unique_ptr<SwitchThread> network);
  void supervise(const std::stop_token &stop);
  /// Starts who may start and buries who ended; the value is when to look again.
  [[nodiscard]] Time look(Time now);
  void start(Member &member, Time now);
  void note_end(Member &member, const MachineExit &how, Time now) const;
  [[nodiscard]] DeviceStatus status_of(const Member &member, Time now) const;

  FleetConfig config_;
  std::unique_ptr<SwitchThread> network_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, std::unique_ptr<Member>> members_; ///< by endpoint
  std::vector<Member *> queue_;                            ///< in the order of their coming
  std::jthread supervisor_;
};

} // namespace tinyml::tender
