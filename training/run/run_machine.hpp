// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "protocol/training/messages.hpp"
#include "tender/fleet/restart_policy.hpp"
#include "tender/machine/machine.hpp"
#include "training/run/process_figures.hpp"
#include "training/run/run_network.hpp"

namespace tinyml::coordinator {

/// What one machine of a run is made of.
struct MachineSpec {
  std::string name; ///< "server", "edge-1", "worker-3"
  std::string board;
  std::filesystem::path program; ///< the kit's boot.elf
  std::filesystem::path folder;  ///< has its store, gets its console
  net::MacAddress mac{};
  std::optional<std::uint32_t> memory_bytes; ///< of a virtual machine of our monitor

  [[nodiscard]] std::filesystem::path store() const { return folder / "store.bin"; }
};

/// One machine of a run, kept alive: when it ends it is started again, ever later when it does not
/// live long. Everything ends with the object.
class RunMachine {
public:
  using Time = std::chrono::steady_clock::time_point;

  /// Makes the store: `image` in its slot, `shard` (may be empty) at the start of the user area,
  /// with so many bytes of room behind it.
  struct Content {
    ByteView image;
    ByteView signing_key;
    ByteView shard;
    std::uint64_t room_bytes = 0;
  };
  [[nodiscard]] static Expected<void> make_store(const MachineSpec &spec, const Content &content);

  [[nodiscard]] static Expected<std::unique_ptr<RunMachine>> start(MachineSpec spec,
                                                                   const RunNetwork &network);

  [[nodiscard]] const MachineSpec &spec() const { return spec_; }
  /// Looks after it: measures it, starts it again when it is due. True when it was started anew.
  bool look(const RunNetwork &network, Time now);
  /// Ends it at once; look() starts it again.
  void kill();
  [[nodiscard]] int pid() const { return machine_ ? machine_->pid() : -1; }
  [[nodiscard]] Time started() const { return started_; } ///< the last time
  [[nodiscard]] unsigned restarts() const { return starts_ > 0 ? starts_ - 1 : 0; }
  /// How it ended last, or the end of its console.
  [[nodiscard]] std::string last_words() const;

  /// Where this program reaches it; nothing until it has an address.
  [[nodiscard]] std::optional<net::Endpoint> endpoint(const RunNetwork &network) const;
  /// The same as a machine on `board` sees it.
  [[nodiscard]] std::optional<training::PeerAddress> seen_from(const std::string &board,
                                                               const RunNetwork &network) const;
  [[nodiscard]] const ProcessMeter &meter() const { return meter_; }

private:
  RunMachine(MachineSpec spec, std::optional<std::uint16_t> udp_port)
      : spec_(std::move(spec)), udp_port_(udp_port) {}
  [[nodiscard]] Expected<void> begin(const RunNetwork &network);

  MachineSpec spec_;
  std::optional<std::uint16_t> udp_port_; ///< on loopback, of boards on this host's own network
  std::unique_ptr<tender::Machine> machine_;
  Time started_{};
  Time due_{};
  unsigned starts_ = 0;
  std::string last_words_;
  tender::RestartPolicy policy_;
  ProcessMeter meter_;
};

} // namespace tinyml::coordinator
