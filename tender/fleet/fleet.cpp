// SPDX-License-Identifier: Apache-2.0
#include "tender/fleet/fleet.hpp"

#include <algorithm>
#include <fstream>
#include <sys/resource.h>

namespace tinyml::tender {
namespace {

constexpr std::chrono::milliseconds kBusyPause{5}; ///< while devices wait for their turn
constexpr std::chrono::milliseconds kQuietPause{100};
constexpr std::size_t kConsoleBytes = 4096; ///< the machine's own memory of it; we read along
constexpr std::size_t kConsoleFileBytes = 256 << 10;

/// Each machine takes two descriptors here, and a conversation in the switch's relay.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// The newest of a console in a file, for people: begun anew when it grows long. A full disk only
/// costs this file.
class ConsoleFile {
public:
  explicit ConsoleFile(std::filesystem::path path) : path_(std::move(path)) {}
  void write(std::string_view text) {
    if (path_.empty()) {
      return;
    }
    const bool anew = !opened_ || written_ > kConsoleFileBytes;
    std::ofstream out(path_, std::ios::binary | (anew ? std::ios::trunc : std::ios::app));
    out << text;
    written_ = (anew ? 0 : written_) + text.size();
    opened_ = true;
  }

private:
  std::filesystem::path path_;
  std::size_t written_ = 0;
  bool opened_ = false;
};

} // namespace

std::string_view state_word(DeviceState state) {
  constexpr std::string_view kWords[] = {"waiting", "starting", "registered", "dead"};
  return kWords[static_cast<unsigned>(state)];
}

/// What the machines' console thread and the others share has a lock of its own: the console thread
/// must never wait for a start.
struct Fleet::Member {
  explicit Member(FleetDevice its) : device(std::move(its)), file(device.console_file) {}

  FleetDevice device;
  std::unique_ptr<Machine> machine; ///< none: waiting or dead
  Time started{};
  Time due{}; ///< when to start, while there is no machine
  unsigned starts = 0;
  RestartPolicy policy;
  std::string why_dead;

  mutable std::mutex reading_mutex;
  ConsoleReading reading;
  ConsoleFile file;
  std::optional<Time> registered_at;

  void read(std::string_view text) {
    const std::lock_guard lock(reading_mutex);
    reading.take(text);
    file.write(text);
    if (reading.registered() && !registered_at) {
      registered_at = std::chrono::steady_clock::now();
    }
  }
  void forget_reading() {
    const std::lock_guard lock(reading_mutex);
    reading = ConsoleReading();
    registered_at.reset();
  }
  [[nodiscard]] bool registered() const {
    const std::lock_guard lock(reading_mutex);
    return reading.registered();
  }
};

Expected<std::unique_ptr<Fleet>> Fleet::open(FleetConfig config) {
  allow_many_descriptors();
  auto network = SwitchThread::start(config.network);
  if (!network) {
    return Failure{network.error()};
  }
  return std::unique_ptr<Fleet>(new Fleet(std::move(config), std::move(*network)));
}

Fleet::Fleet(FleetConfig config, std::unique_ptr<SwitchThread> network)
    : config_(std::move(config)), network_(std::move(network)),
      supervisor_([this](const std::stop_token &stop) { supervise(stop); }) {}

Fleet::~Fleet() {
  supervisor_.request_stop();
  supervisor_.join();
}

Expected<void> Fleet::add(FleetDevice device) {
  device.machine.switch_port = network_->port();
  if (const auto command = machine_command(device.machine); !command) {
    return Failure{command.error()};
  }
  const std::lock_guard lock(mutex_);
  const std::string endpoint = device.endpoint;
  auto [entry, is_new] = members_.try_emplace(endpoint);
  if (!is_new) {
    return fail(ErrorCode::kConflict, "the fleet has a device '" + endpoint + "' already");
  }
  entry->second = std::make_unique<Member>(std::move(device));
  queue_.push_back(entry->second.get());
  changed_.notify_all();
  return {};
}

bool Fleet::has(const std::string &endpoint) const {
  const std::lock_guard lock(mutex_);
  return members_.contains(endpoint);
}

void Fleet::supervise(const std::stop_token &stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Time again = look(std::chrono::steady_clock::now());
    changed_.wait_until(lock, stop, again, [] { return false; });
  }
}

Fleet::Time Fleet::look(Time now) {
  std::size_t starting = 0;
  for (Member *member : queue_) {
    const auto ended = member->machine ? member->machine->wait(std::chrono::milliseconds(0))
                                       : std::optional<MachineExit>();
    if (ended) {
      note_end(*member, *ended, now);
    }
    const bool slow = now - member->started > config_.starting_limit;
    starting += member->machine && !slow && !member->registered() ? 1 : 0;
  }
  bool waits = false;
  for (Member *member : queue_) {
    if (member->machine || member->due > now) {
      continue;
    }
    if (starting >= config_.starting_at_once) {
      waits = true;
      break;
    }
    start(*member, now);
    ++starting;
  }
  return now + (waits ? kBusyPause : kQuietPause);
}

void Fleet::start(Member &member, Time now) {
  member.forget_reading();
  auto machine = Machine::start(
      member.device.machine, [&member](std::string_view text) { member.read(text); },
      kConsoleBytes);
  ++member.starts;
  member.started = now;
  if (machine) {
    member.machine = std::move(*machine);
    return;
  }
  member.why_dead = machine.error().message;
  member.due = member.policy.ended(now, now);
}

void Fleet::note_end(Member &member, const MachineExit &how, Time now) const {
  member.machine.reset();
  const std::lock_guard lock(member.reading_mutex);
  member.why_dead =
      how.describe() + (member.reading.last_line().empty() ? std::string(", its console empty")
                                                           : ": " + member.reading.last_line());
  member.due = member.policy.ended(member.started, now);
}

std::vector<DeviceStatus> Fleet::status() const {
  const std::lock_guard lock(mutex_);
  const Time now = std::chrono::steady_clock::now();
  std::vector<DeviceStatus> all;
  all.reserve(queue_.size());
  for (const Member *member : queue_) {
    all.push_back(status_of(*member, now));
  }
  return all;
}

DeviceStatus Fleet::status_of(const Member &member, Time now) const {
  DeviceStatus status;
  status.endpoint = member.device.endpoint;
  status.board = member.device.machine.board;
  status.restarts = member.starts > 1 ? member.starts - 1 : 0;
  const std::lock_guard lock(member.reading_mutex);
  if (!member.machine) {
    status.state = member.starts == 0 ? DeviceState::kWaiting : DeviceState::kDead;
    status.last_line = member.why_dead;
    return status;
  }
  using std::chrono::duration_cast, std::chrono::milliseconds;
  status.state = member.reading.registered() ? DeviceState::kRegistered : DeviceState::kStarting;
  status.pid = member.machine->pid();
  status.address = member.reading.address();
  status.uptime = duration_cast<milliseconds>(now - member.started);
  if (member.registered_at) {
    status.registered_after = duration_cast<milliseconds>(*member.registered_at - member.started);
  }
  status.last_line = member.reading.last_line();
  return status;
}

Expected<Island> Fleet::stations(const std::vector<std::string> &names) const {
  const std::lock_guard lock(mutex_);
  Island island;
  for (const std::string &name : names) {
    bool found = false;
    for (const Member *member : queue_) {
      if (member->device.endpoint == name || member->device.machine.board == name) {
        island.push_back(member->device.mac);
        found = true;
      }
    }
    if (!found) {
      return fail(ErrorCode::kNotFound, "no device and no board of this fleet is called '" + name +
                                            "'; tinyml fleet status lists them");
    }
  }
  return island;
}

} // namespace tinyml::tender
