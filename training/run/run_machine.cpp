// SPDX-License-Identifier: Apache-2.0
#include "training/run/run_machine.hpp"

#include "host/child.hpp"
#include "os/store/layout.hpp"
#include "tender/machine/provisioning.hpp"

#include <fstream>
#include <set>

namespace tinyml::coordinator {
namespace {

constexpr std::uint16_t kCoapPort = 5683;
constexpr std::size_t kConsoleBytes = 16 << 10;
/// Nobody is there: workers and servers train without an LwM2M service all the same.
constexpr const char *kNoServicePort = ":9";

/// No two machines of this program may be given the same one before they have bound it.
Expected<std::uint16_t> fresh_udp_port() {
  static std::set<std::uint16_t> given;
  constexpr int kTries = 100;
  for (int i = 0; i < kTries; ++i) {
    auto port = host::free_udp_port();
    if (!port.ok() || given.insert(*port).second) {
      return port;
    }
  }
  return fail(ErrorCode::kResourceFull, "no UDP port is free on loopback");
}

/// Where user data begins in a store of the board, whatever its length.
Expected<std::uint64_t> user_offset(const std::string &board) {
  const auto geometry = tender::store_geometry(board);
  if (!geometry.ok()) {
    return Failure{geometry.error()};
  }
  return std::uint64_t{store::layout_of(*geometry).user.offset};
}

/// The console in a file, for people.
tender::ConsoleSink console_file(const std::filesystem::path &file) {
  auto out = std::make_shared<std::ofstream>(file, std::ios::binary | std::ios::app);
  return [out](std::string_view text) {
    *out << text;
    out->flush();
  };
}

} // namespace

Expected<void> RunMachine::make_store(const MachineSpec &spec, const Content &content) {
  const auto user = user_offset(spec.board);
  if (!user.ok()) {
    return Failure{user.error()};
  }
  std::error_code error;
  std::filesystem::create_directories(spec.folder, error);
  if (error) {
    return fail(ErrorCode::kResourceFull,
                "cannot make the folder '" + spec.folder.string() + "': " + error.message());
  }
  const std::string host = tender::is_on_host_network(spec.board) ? "127.0.0.1" : "10.77.0.1";
  const std::uint64_t store_bytes = *user + content.shard.size() + content.room_bytes;
  tender::DeviceIdentity identity{.board = spec.board,
                                  .endpoint = spec.name,
                                  .server_uri = "coap://" + host + kNoServicePort,
                                  .signing_public_key = content.signing_key,
                                  .mac = spec.mac,
                                  .store_bytes = static_cast<std::uint32_t>(store_bytes)};
  if (!content.shard.empty()) {
    identity.user.push_back({0, content.shard});
  }
  return tender::provision_device(spec.store(), identity, content.image);
}

Expected<std::unique_ptr<RunMachine>> RunMachine::start(MachineSpec spec,
                                                        const RunNetwork &network) {
  std::optional<std::uint16_t> udp_port;
  if (tender::is_on_host_network(spec.board)) {
    const auto port = fresh_udp_port();
    if (!port.ok()) {
      return Failure{port.error()};
    }
    udp_port = *port;
  }
  std::unique_ptr<RunMachine> machine(new RunMachine(std::move(spec), udp_port));
  if (const auto begun = machine->begin(network); !begun.ok()) {
    return Failure{begun.error()};
  }
  return machine;
}

Expected<void> RunMachine::begin(const RunNetwork &network) {
  auto machine = tender::Machine::start({.board = spec_.board,
                                         .program = spec_.program,
                                         .store = spec_.store(),
                                         .switch_port = network.switch_port(),
                                         .memory_bytes = spec_.memory_bytes,
                                         .udp_port = udp_port_},
                                        console_file(spec_.folder / "console.log"), kConsoleBytes);
  if (!machine.ok()) {
    return fail(machine.error().code, spec_.name + ": " + machine.error().message);
  }
  machine_ = *std::move(machine);
  started_ = std::chrono::steady_clock::now();
  ++starts_;
  return {};
}

bool RunMachine::look(const RunNetwork &network, Time now) {
  if (machine_) {
    meter_.look(machine_->pid());
    const auto ended = machine_->wait(std::chrono::milliseconds(0));
    if (!ended) {
      return false;
    }
    last_words_ = ended->describe() + "; its console ends with: " + machine_->console();
    machine_.reset();
    due_ = policy_.ended(started_, now);
  }
  return now >= due_ && begin(network).ok();
}

void RunMachine::kill() {
  if (machine_) {
    (void)machine_->kill();
  }
}

std::string RunMachine::last_words() const { return machine_ ? machine_->console() : last_words_; }

std::optional<net::Endpoint> RunMachine::endpoint(const RunNetwork &network) const {
  if (udp_port_) {
    return net::Endpoint{net::Ipv4Address::of(127, 0, 0, 1), *udp_port_};
  }
  const auto address = network.address_of(spec_.mac);
  return address ? std::optional(net::Endpoint{*address, kCoapPort}) : std::nullopt;
}

std::optional<training::PeerAddress> RunMachine::seen_from(const std::string &board,
                                                           const RunNetwork &network) const {
  auto where = endpoint(network);
  if (where && udp_port_ && !tender::is_on_host_network(board)) {
    where->address = tender::Subnet{}.gateway; // which relays to this host's loopback
  }
  if (!where) {
    return std::nullopt;
  }
  training::PeerAddress address{.port = where->port};
  store_be(address.ipv4.data(), where->address.bits);
  return address;
}

} // namespace tinyml::coordinator
