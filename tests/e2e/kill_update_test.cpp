// SPDX-License-Identifier: Apache-2.0
// Devices that are killed at random moments of their updates, over and over: the emulator, monitor
// or process gets SIGKILL and starts again with the store as it was. A device must come back each
// time, and the update must arrive in the end.
//   TINYML_KILLS="linux=100,mps2-an385=50"   boards and how often each is killed
//   TINYML_KILL_SEED=7                        to repeat a run
#include "cli/factory.hpp"
#include "compiler/link/kit.hpp"
#include "tender/machine/machine.hpp"
#include "tender/switch/ethernet_switch.hpp"
#include "tests/e2e/stage.hpp"

#include <array>
#include <iostream>
#include <map>
#include <random>
#include <sstream>

namespace tinyml::e2e {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr const char *kEndpoint = "dev";
constexpr std::array<const char *, 2> kModels = {"mnist-dscnn", "mnist-lenet"};

const char *from_environment(const char *name, const char *otherwise) {
  const char *value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::filesystem::path kits() {
  const auto found = link::kits_folder({});
  return found.ok() ? *found : std::filesystem::path();
}

/// One device whose power fails.
class Victim {
public:
  Victim(Stage &stage, std::string board) : stage_(stage), board_(std::move(board)) {}

  void make() {
    auto factory = cli::Factory::of(stage_.url());
    ASSERT_TRUE(factory.ok()) << factory.error().message;
    const auto made = factory->make(store(), board_, kEndpoint);
    ASSERT_TRUE(made.ok()) << made.error().message;
    auto network = tender::SwitchThread::start({});
    ASSERT_TRUE(network.ok());
    network_ = *std::move(network);
  }

  void start() {
    auto machine = tender::Machine::start({.board = board_,
                                           .program = kits() / board_ / "boot.elf",
                                           .store = store(),
                                           .switch_port = network_->port()});
    ASSERT_TRUE(machine.ok()) << machine.error().message;
    machine_ = *std::move(machine);
  }

  [[nodiscard]] bool comes_back() { return machine_->wait_for_console("registered: ", 90s); }
  [[nodiscard]] std::string console() const { return machine_->console(); }
  void kill() { machine_->kill(); }

private:
  [[nodiscard]] std::filesystem::path store() const { return stage_.folder() / "store.bin"; }

  Stage &stage_;
  std::string board_;
  std::unique_ptr<tender::SwitchThread> network_;
  std::unique_ptr<tender::Machine> machine_;
};

/// Keeps an order on its way to the device at all times.
class Customer {
public:
  explicit Customer(Stage &stage) : stage_(stage) {}

  /// The state of the order that is under way; places the next one when there is none.
  std::string follow() {
    if (order_ < 0) {
      next();
    }
    const auto now = order_ < 0 ? Expected<json>(json::object())
                                : stage_.client().get("/v1/orders/" + std::to_string(order_));
    const std::string state = now.ok() ? now->value("state", "") : "";
    if (state == "confirmed" || state == "failed" || state == "superseded") {
      ++ended_[state];
      order_ = -1;
    }
    return state;
  }

  [[nodiscard]] const std::map<std::string, int> &ended() const { return ended_; }
  [[nodiscard]] bool is_idle() const { return order_ < 0; }

private:
  void next() {
    const auto placed = stage_.client().post(
        "/v1/orders", {{"model", kModels[placed_ % kModels.size()]}, {"device", kEndpoint}});
    if (placed.ok()) {
      order_ = placed->at("id").get<int>();
      ++placed_;
    }
  }

  Stage &stage_;
  int order_ = -1;
  std::size_t placed_ = 0;
  std::map<std::string, int> ended_;
};

/// Follows the order until it is on its way into the device; false when that never happens.
bool reaches_the_device(Customer &customer) {
  for (const auto start = Clock::now(); Clock::now() - start < 180s;) {
    const std::string state = customer.follow();
    if (state == "delivering" || state == "verifying" || state == "rebooting") {
      return true;
    }
    std::this_thread::sleep_for(2ms);
  }
  return false;
}

/// Follows the order until it is confirmed; the value is how long the device was at it.
std::optional<Clock::duration> update_once(Customer &customer) {
  if (!reaches_the_device(customer)) {
    return std::nullopt;
  }
  for (const auto start = Clock::now(); Clock::now() - start < 180s;) {
    if (customer.follow() == "confirmed") {
      return Clock::now() - start;
    }
    std::this_thread::sleep_for(2ms);
  }
  return std::nullopt;
}

/// Builds are slow the first time and instant later: each model is delivered twice, and the second
/// time tells how long an update takes.
std::optional<Clock::duration> time_of_update(Customer &customer) {
  std::optional<Clock::duration> took;
  for (std::size_t i = 0; i < 2 * kModels.size(); ++i) {
    took = update_once(customer);
    if (!took) {
      return std::nullopt;
    }
  }
  return took;
}

void kill_again_and_again(const std::string &board, int kills, std::mt19937_64 &random) {
  Stage stage;
  stage.start_service();
  Victim victim(stage, board);
  victim.make();
  victim.start();
  ASSERT_TRUE(victim.comes_back()) << board << victim.console();
  Customer customer(stage);
  const auto update = time_of_update(customer);
  ASSERT_TRUE(update) << board << victim.console() << stage.log("service.log");
  std::map<std::string, int> killed_while;
  for (int i = 0; i < kills; ++i) {
    std::uniform_int_distribution<Clock::rep> moments(0, update->count());
    ASSERT_TRUE(reaches_the_device(customer)) << board << stage.log("service.log");
    const auto moment = Clock::now() + Clock::duration(moments(random));
    std::string state = "delivering";
    while (Clock::now() < moment) {
      std::this_thread::sleep_for(std::min<Clock::duration>(5ms, moment - Clock::now()));
      state = customer.follow();
    }
    victim.kill();
    ++killed_while[state];
    victim.start();
    ASSERT_TRUE(victim.comes_back())
        << board << " is dead after kill " << i << " (while " << state << ")\n"
        << victim.console();
  }
  ASSERT_TRUE(update_once(customer)) << board << " never got its update\n"
                                     << victim.console() << stage.log("service.log");
  const auto verified =
      stage.tinyml({"verify", kEndpoint, "--data", "drawn", "--count", "50", "--json"});
  EXPECT_EQ(verified.exit_code, 0) << board << verified.output;
  std::cout << board << ": " << kills << " kills, none dead;";
  for (const auto &[state, count] : killed_while) {
    std::cout << ' ' << count << " while " << (state.empty() ? "idle" : state);
  }
  for (const auto &[state, count] : customer.ended()) {
    std::cout << "; orders " << state << ": " << count;
  }
  std::cout << std::endl;
}

TEST(KillUpdate, NoDeviceIsEverDead) {
  const auto seed = std::stoull(
      from_environment("TINYML_KILL_SEED", std::to_string(std::random_device()()).c_str()));
  std::cout << "seed " << seed << std::endl;
  std::mt19937_64 random(seed);
  std::istringstream wishes(from_environment("TINYML_KILLS", "linux=6"));
  for (std::string wish; std::getline(wishes, wish, ',');) {
    const std::size_t equals = wish.find('=');
    ASSERT_NE(equals, std::string::npos) << "TINYML_KILLS wants BOARD=NUMBER,...";
    const std::string board = wish.substr(0, equals);
    if (const std::string missing = tender::missing_hardware(board); !missing.empty()) {
      std::cout << missing << "; its kills are skipped" << std::endl;
      continue;
    }
    kill_again_and_again(board, std::stoi(wish.substr(equals + 1)), random);
    if (HasFatalFailure()) {
      return;
    }
  }
}

} // namespace
} // namespace tinyml::e2e
