// SPDX-License-Identifier: Apache-2.0
#include "cli/fleet_process.hpp"

#include "cli/factory.hpp"
#include "cli/impairment_words.hpp"
#include "cli/state_folder.hpp"
#include "compiler/link/kit.hpp"
#include "host/files.hpp"
#include "tender/fleet/control_socket.hpp"
#include "tender/fleet/fleet.hpp"
#include "tender/fleet/private_memory.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <semaphore>

namespace tinyml::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t kMostDevices = 4000; ///< of the switch: ports and conversations

std::string hex_of(const net::MacAddress &mac) {
  std::string text;
  for (const std::uint8_t octet : mac) {
    text += fmt::format("{:02x}", octet);
  }
  return text;
}

std::optional<net::MacAddress> mac_from(const std::string &text) {
  net::MacAddress mac{};
  if (text.size() != 2 * mac.size() ||
      text.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < mac.size(); ++i) {
    mac[i] = static_cast<std::uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  }
  return mac;
}

/// One device's folder: its store, and what the fleet knows of it in device.json, written last: a
/// folder without it is half made, and made again.
class DeviceFolder {
public:
  explicit DeviceFolder(fs::path path) : path_(std::move(path)) {}
  [[nodiscard]] fs::path store() const { return path_ / "store.bin"; }
  [[nodiscard]] fs::path console() const { return path_ / "console.log"; }
  [[nodiscard]] json description() const {
    const auto text = host::read_text(path_ / "device.json");
    const json parsed = text.ok() ? json::parse(*text, nullptr, false) : json();
    return parsed.is_object() ? parsed : json::object();
  }
  [[nodiscard]] Expected<void> make_empty() const {
    std::error_code error;
    fs::create_directories(path_, error);
    fs::remove(path_ / "device.json", error);
    return error ? Expected<void>(
                       fail(ErrorCode::kResourceFull,
                            "cannot use the folder '" + path_.string() + "': " + error.message()))
                 : Expected<void>{};
  }
  [[nodiscard]] Expected<void> describe(const json &description) const {
    return host::write_text(path_ / "device.json", description.dump());
  }

private:
  fs::path path_;
};

json status_json(const tender::DeviceStatus &one, bool with_memory) {
  const auto memory = with_memory && one.pid > 0 ? tender::private_memory_bytes(one.pid)
                                                 : std::optional<std::uint64_t>();
  const auto seconds = [](std::chrono::milliseconds time) {
    return static_cast<double>(time.count()) / 1000;
  };
  return {
      {"endpoint", one.endpoint},
      {"board", one.board},
      {"state", std::string(tender::state_word(one.state))},
      {"pid", one.pid > 0 ? json(one.pid) : json()},
      {"restarts", one.restarts},
      {"address", one.address},
      {"private_bytes", memory ? json(*memory) : json()},
      {"uptime_s", seconds(one.uptime)},
      {"registered_after_s", one.registered_after ? json(seconds(*one.registered_after)) : json()},
      {"last_line", one.last_line}};
}

json network_json(const tender::SwitchStats &stats) {
  return {{"frames_in", stats.frames_in},
          {"frames_out", stats.frames_out},
          {"dropped", stats.dropped},
          {"relayed_to_host", stats.relayed_to_host},
          {"relayed_to_guests", stats.relayed_to_guests},
          {"ports", stats.ports},
          {"flows", stats.flows},
          {"held_frames", stats.held_frames},
          {"lost", stats.impaired.lost},
          {"duplicated", stats.impaired.duplicated},
          {"reordered", stats.impaired.reordered},
          {"delayed", stats.impaired.delayed},
          {"cut", stats.impaired.cut},
          {"overflowed", stats.impaired.overflowed}};
}

/// Carries out the requests; called for one at a time.
class FleetDesk {
public:
  FleetDesk(const Context &context, fs::path folder, tender::Fleet &fleet)
      : context_(context), folder_(std::move(folder)), fleet_(fleet) {}

  Expected<json> answer(const json &request) {
    const std::string verb = request.value("do", std::string());
    if (verb == "add") {
      return add(request);
    }
    if (verb == "start") {
      return start_known();
    }
    if (verb == "status") {
      return status(request.value("memory", false));
    }
    if (verb == "impair") {
      return impair(request);
    }
    if (verb == "stop") {
      stop_.release();
      return json(::getpid());
    }
    return fail(ErrorCode::kInvalidInput, "a fleet cannot do '" + verb + "'");
  }

  void wait_for_stop() { stop_.acquire(); }
  void request_stop() { stop_.release(); }

private:
  /// Asked once; a service that comes back with other keys is seen at the fleet's next start.
  Expected<Factory *> factory() {
    if (!factory_) {
      auto made = Factory::of(context_.service_url);
      if (!made.ok()) {
        return Failure{made.error()};
      }
      factory_ = *std::move(made);
    }
    return &*factory_;
  }

  Expected<json> add(const json &request) {
    const std::string board = request.value("board", std::string());
    const std::size_t count = request.value("count", std::size_t{1});
    if (count == 0 || count > kMostDevices) {
      return fail(ErrorCode::kInvalidInput,
                  fmt::format("--count is between 1 and {}", kMostDevices));
    }
    std::size_t added = 0;
    for (std::size_t i = 1; i <= count; ++i) {
      const std::string endpoint =
          fmt::format("{}{}-{}", request.value("prefix", std::string()), board, i);
      if (fleet_.has(endpoint)) {
        continue;
      }
      if (const auto done = bring(endpoint, board, request.value("fresh", false)); !done.ok()) {
        return fail(done.error().code,
                    done.error().message +
                        (added == 0 ? std::string()
                                    : fmt::format(" ({} of {} devices were added)", added, count)));
      }
      ++added;
    }
    return json{{"board", board}, {"added", added}, {"there", count - added}};
  }

  /// Those that an earlier run left in the folder.
  Expected<json> start_known() {
    std::vector<std::pair<std::string, std::string>> known;
    std::error_code error;
    for (const auto &entry : fs::directory_iterator(folder_ / "devices", error)) {
      const json description = DeviceFolder(entry.path()).description();
      const std::string endpoint = description.value("endpoint", std::string());
      if (!endpoint.empty() && !fleet_.has(endpoint)) {
        known.emplace_back(endpoint, description.value("board", std::string()));
      }
    }
    std::sort(known.begin(), known.end());
    for (const auto &[endpoint, board] : known) {
      if (const auto done = bring(endpoint, board, false); !done.ok()) {
        return Failure{done.error()};
      }
    }
    return json{{"added", known.size()}};
  }

  /// Starts a device with the store it has, or makes it a new one.
  Expected<void> bring(const std::string &endpoint, const std::string &board, bool fresh) {
    const auto kits = context_.kits_folder();
    const auto kit =
        kits.ok() ? link::find_kit(*kits, board) : Expected<link::Kit>(Failure{kits.error()});
    const auto from = factory();
    if (!kit.ok() || !from.ok()) {
      return Failure{kit.ok() ? from.error() : kit.error()};
    }
    const DeviceFolder place(folder_ / "devices" / device_folder(endpoint).filename());
    const json known = place.description();
    auto mac = mac_from(known.value("mac", std::string()));
    std::error_code error;
    const bool usable = !fresh && mac && known.value("board", std::string()) == board &&
                        known.value("service", std::string()) == (*from)->fingerprint() &&
                        fs::exists(place.store(), error);
    if (!usable) {
      mac = mac ? mac : std::optional<net::MacAddress>(tender::random_mac());
      if (auto made = make(place, endpoint, board, *mac, **from); !made.ok()) {
        return made;
      }
    }
    return fleet_.add(
        {.endpoint = endpoint,
         .machine = {.board = board, .program = kit->folder / "boot.elf", .store = place.store()},
         .mac = *mac,
         .console_file = place.console()});
  }

  static Expected<void> make(const DeviceFolder &place, const std::string &endpoint,
                             const std::string &board, const net::MacAddress &mac,
                             Factory &factory) {
    if (auto empty = place.make_empty(); !empty.ok()) {
      return empty;
    }
    if (auto made = factory.make(place.store(), board, endpoint, mac); !made.ok()) {
      return made;
    }
    return place.describe({{"endpoint", endpoint},
                           {"board", board},
                           {"mac", hex_of(mac)},
                           {"service", factory.fingerprint()}});
  }

  Expected<json> status(bool with_memory) {
    json devices = json::array();
    std::map<std::string, std::size_t> states;
    for (tender::DeviceStatus &one : fleet_.status()) {
      ++states[std::string(tender::state_word(one.state))];
      devices.push_back(status_json(one, with_memory));
    }
    return json{{"pid", ::getpid()},
                {"switch_port", fleet_.network().port()},
                {"states", states},
                {"devices", std::move(devices)},
                {"impairments", to_json(fleet_.network().impairments())},
                {"network", network_json(fleet_.network().stats())}};
  }

  Expected<json> impair(const json &request) {
    const auto words = ImpairmentWords::from_json(request.value("words", json::object()));
    auto wanted = words.apply_to(fleet_.network().impairments());
    if (!wanted.ok()) {
      return Failure{wanted.error()};
    }
    if (request.value("heal", false)) {
      wanted->islands.clear();
    }
    for (const json &names : request.value("cut", json::array())) {
      auto island = fleet_.stations(names.get<std::vector<std::string>>());
      if (!island.ok()) {
        return Failure{island.error()};
      }
      wanted->islands.push_back(*std::move(island));
    }
    if (const auto done = fleet_.network().impair(*wanted); !done.ok()) {
      return Failure{done.error()};
    }
    std::size_t untouched = 0;
    for (const tender::DeviceStatus &one : fleet_.status()) {
      untouched += tender::is_on_host_network(one.board) ? 1 : 0;
    }
    return json{{"impairments", to_json(*wanted)}, {"devices_on_host_network", untouched}};
  }

  const Context &context_;
  fs::path folder_;
  tender::Fleet &fleet_;
  std::optional<Factory> factory_;
  std::counting_semaphore<> stop_{0};
};

/// Blocks the signals before any thread starts, then waits for one on a thread of its own.
class SignalThread {
public:
  SignalThread() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  void watch(FleetDesk &desk) {
    thread_ = std::jthread([this, &desk](const std::stop_token &done) {
      constexpr timespec kTick{.tv_sec = 0, .tv_nsec = 200'000'000};
      while (!done.stop_requested()) {
        if (sigtimedwait(&signals_, nullptr, &kTick) > 0) {
          return desk.request_stop();
        }
      }
    });
  }

private:
  sigset_t signals_{};
  std::jthread thread_;
};

} // namespace

Expected<void> run_fleet_process(const Context &context, const fs::path &folder) {
  const auto lock = FolderLock::take(folder, "a fleet in '" + folder.string() + "'");
  if (!lock.ok()) {
    return Failure{lock.error()};
  }
  SignalThread signals;
  const auto fleet = tender::Fleet::open(
      {.network = {.max_ports = kMostDevices, .relay = {.max_flows = kMostDevices}}});
  if (!fleet.ok()) {
    return Failure{fleet.error()};
  }
  FleetDesk desk(context, folder, **fleet);
  const auto control = tender::ControlSocket::open(
      folder, [&desk](const json &request) { return desk.answer(request); });
  if (!control.ok()) {
    return Failure{control.error()};
  }
  signals.watch(desk);
  desk.wait_for_stop();
  return {};
}

} // namespace tinyml::cli
