// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/context.hpp"
#include "cli/fleet_client.hpp"
#include "cli/fleet_process.hpp"
#include "cli/fleet_status.hpp"
#include "cli/impairment_words.hpp"
#include "cli/state_folder.hpp"
#include "tender/fleet/control_socket.hpp"

#include <csignal>
#include <fmt/format.h>
#include <iostream>
#include <sstream>
#include <thread>

namespace tinyml::cli {
namespace {

using nlohmann::json;
using tender::ask_control;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct FleetFlags {
  std::string state;
  std::vector<std::string> boards;
  std::vector<std::size_t> counts;
  std::string prefix;
  ImpairmentWords words;
  std::vector<std::string> cuts;
  double wait_s = 60;
  bool foreground = false;
  bool fresh = false;
  bool heal = false;
  bool watch = false;
  bool forget = false;
};

std::filesystem::path folder_of(const FleetFlags &flags) {
  return flags.state.empty() ? fleet_folder() : std::filesystem::path(flags.state);
}

bool says_something(const ImpairmentWords &words) {
  return words.clear ||
         !(words.loss + words.duplicate + words.reorder + words.delay + words.jitter + words.rate)
              .empty();
}

/// The requests that `up` stands for, in their order.
Expected<std::vector<json>> requests_of(const FleetFlags &flags) {
  std::vector<json> requests;
  if (says_something(flags.words)) {
    const auto sensible = flags.words.apply_to({});
    if (!sensible.ok()) {
      return Failure{sensible.error()};
    }
    requests.push_back({{"do", "impair"}, {"words", flags.words.to_json()}});
  }
  if (!flags.counts.empty() && flags.counts.size() != flags.boards.size()) {
    return fail(ErrorCode::kInvalidInput, "give each --board its --count, or none");
  }
  if (flags.boards.empty()) {
    requests.push_back({{"do", "start"}});
  }
  for (std::size_t i = 0; i < flags.boards.size(); ++i) {
    requests.push_back({{"do", "add"},
                        {"board", flags.boards[i]},
                        {"count", flags.counts.empty() ? 1 : flags.counts[i]},
                        {"prefix", flags.prefix},
                        {"fresh", flags.fresh}});
  }
  return requests;
}

void print_added(const json &answer) {
  if (!answer.contains("board")) {
    return;
  }
  const auto there = answer.value("there", std::size_t{0});
  std::cout << fmt::format("{}: {} added{}\n", answer.at("board").get<std::string>(),
                           answer.value("added", 0),
                           there > 0 ? fmt::format(", {} ran already", there) : std::string());
}

Expected<void> bring_up(const Context &context, const FleetFlags &flags) {
  const auto folder = folder_of(flags);
  const auto requests = requests_of(flags);
  if (!requests.ok()) {
    return Failure{requests.error()};
  }
  const auto before = Clock::now();
  const auto started = ensure_process(context, folder);
  if (!started.ok()) {
    return Failure{started.error()};
  }
  json answers = json::array();
  for (const json &request : *requests) {
    auto answer = ask_control(folder, request);
    if (!answer.ok()) {
      // A fleet of nothing is of no use to anybody.
      const auto left = ask_control(folder, {{"do", "status"}});
      if (left.ok() && left->at("devices").empty()) {
        end_process(folder, left->at("pid").get<pid_t>());
      }
      return Failure{answer.error()};
    }
    answers.push_back(*std::move(answer));
  }
  const auto status = wait_for_devices(folder, flags.wait_s);
  if (!status.ok()) {
    return Failure{status.error()};
  }
  const double took = std::chrono::duration<double>(Clock::now() - before).count();
  if (status->at("devices").empty()) {
    return fail(ErrorCode::kInvalidInput,
                "the fleet has no devices yet; name some: tinyml fleet up --board linux --count 3");
  }
  context.show({{"answers", answers},
                {"registered", count_of(*status, "registered")},
                {"devices", status->at("devices").size()},
                {"seconds", took},
                {"pid", status->at("pid")}},
               [&] {
                 for (const json &answer : answers) {
                   print_added(answer);
                 }
                 std::cout << fmt::format(
                     "{} of {} devices are registered after {:.1f} s; 'tinyml fleet status' shows "
                     "them, 'tinyml fleet down' ends them\n",
                     count_of(*status, "registered"), status->at("devices").size(), took);
               });
  return {};
}

/// The same in this process, until it is stopped.
Expected<void> run_in_foreground(const Context &context, const FleetFlags &flags) {
  const auto requests = requests_of(flags);
  if (!requests.ok()) {
    return Failure{requests.error()};
  }
  const auto folder = folder_of(flags);
  // Signals belong to the fleet; its wishes come through its socket as from anybody.
  sigset_t signals{};
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::optional<HostError> refused;
  const std::jthread asker([&](const std::stop_token &done) {
    while (!done.stop_requested() && !ask_control(folder, {{"do", "status"}}).ok()) {
      std::this_thread::sleep_for(milliseconds(20));
    }
    for (const json &request : *requests) {
      const auto answer =
          done.stop_requested() ? Expected<json>(json::object()) : ask_control(folder, request);
      if (!answer.ok()) {
        refused = answer.error();
        (void)ask_control(folder, {{"do", "stop"}});
        return;
      }
      print_added(*answer);
    }
    std::cout << "the fleet runs; stop it with Ctrl-C or 'tinyml fleet down'" << std::endl;
  });
  if (auto ran = run_fleet_process(context, folder); !ran.ok()) {
    return ran;
  }
  return refused ? Expected<void>(fail(refused->code, refused->message)) : Expected<void>{};
}

Expected<json> ask_running(const std::filesystem::path &folder, const json &request) {
  if (!FolderLock::holder(folder)) {
    return fail(ErrorCode::kNotFound, "no fleet runs in '" + folder.string() +
                                          "'; start one: tinyml fleet up --board linux --count 3");
  }
  return ask_control(folder, request);
}

Expected<void> show_status(const Context &context, const FleetFlags &flags) {
  constexpr std::size_t kWatchedRows = 40;
  for (;;) {
    const auto status = ask_running(folder_of(flags), {{"do", "status"}, {"memory", true}});
    if (!status.ok()) {
      return Failure{status.error()};
    }
    context.show(*status, [&] {
      std::cout << (flags.watch ? "\x1B[2J\x1B[H" : "");
      print_status(*status, flags.watch ? kWatchedRows : SIZE_MAX);
    });
    if (!flags.watch) {
      return {};
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

Expected<void> change_network(const Context &context, const FleetFlags &flags) {
  if (!says_something(flags.words) && flags.cuts.empty() && !flags.heal) {
    return fail(ErrorCode::kInvalidInput,
                "say what shall be bad: --loss 2%, --delay 20ms, --cut NAME, or --heal, --clear");
  }
  json cuts = json::array();
  for (const std::string &cut : flags.cuts) {
    json names = json::array();
    std::istringstream words(cut);
    for (std::string name; std::getline(words, name, ',');) {
      names.push_back(name);
    }
    cuts.push_back(std::move(names));
  }
  const auto answer = ask_running(
      folder_of(flags),
      {{"do", "impair"}, {"words", flags.words.to_json()}, {"cut", cuts}, {"heal", flags.heal}});
  if (!answer.ok()) {
    return Failure{answer.error()};
  }
  context.show(*answer, [&] {
    const json &now = answer->at("impairments");
    std::cout << fmt::format(
        "network now: loss {:.1f} %, duplicate {:.1f} %, reorder {:.1f} %, delay {} us, jitter {} "
        "us, {} bit/s, {} devices cut off\n",
        now.value("loss", 0.0) * 100, now.value("duplicate", 0.0) * 100,
        now.value("reorder", 0.0) * 100, now.value("delay_us", 0), now.value("jitter_us", 0),
        now.value("bits_per_second", 0), now.value("devices_on_islands", 0));
    if (const auto untouched = answer->value("devices_on_host_network", 0); untouched > 0) {
      std::cout << fmt::format("{} devices use this host's own network and notice nothing of it\n",
                               untouched);
    }
  });
  return {};
}

Expected<void> bring_down(const Context &context, const FleetFlags &flags) {
  const auto folder = folder_of(flags);
  const auto owner = FolderLock::holder(folder);
  if (owner) {
    end_process(folder, *owner);
  } else if (!flags.forget) {
    return Failure{ask_running(folder, {}).error()};
  }
  std::error_code error;
  if (flags.forget) {
    std::filesystem::remove_all(folder / "devices", error);
  }
  context.show({{"stopped", owner ? json(*owner) : json()}, {"forgotten", flags.forget}}, [&] {
    std::cout << (owner ? "fleet stopped" : "no fleet ran")
              << (flags.forget ? ", its devices forgotten\n" : "\n");
  });
  return {};
}

void add_impairments(CLI::App &verb, FleetFlags &flags) {
  verb.add_option("--loss", flags.words.loss, "Part of the frames that are lost, e.g. 2%");
  verb.add_option("--delay", flags.words.delay, "Delay of each frame, e.g. 20ms");
  verb.add_option("--jitter", flags.words.jitter, "Each delay differs by up to this, e.g. 5ms");
  verb.add_option("--duplicate", flags.words.duplicate, "Part that arrives twice");
  verb.add_option("--reorder", flags.words.reorder, "Part that later ones overtake");
  verb.add_option("--rate", flags.words.rate, "Bits a second towards each device, e.g. 250kbit");
}

using FleetAction = Expected<void> (*)(const Context &, const FleetFlags &);

CLI::App &add_action(CLI::App &fleet, Context &context, const char *name, const char *what,
                     const std::shared_ptr<FleetFlags> &flags, FleetAction action) {
  CLI::App *verb = fleet.add_subcommand(name, what);
  verb->add_option("--state", flags->state, "The fleet's folder (default: below $TINYML_HOME)");
  verb->callback(
      [&context, flags, action] { run_verb(context, [&] { return action(context, *flags); }); });
  return *verb;
}

void add_up_flags(CLI::App &verb, FleetFlags &flags) {
  verb.footer("Examples:\n  tinyml fleet up --board linux --count 50 --board mps2-an385 --count 4\n"
              "  tinyml fleet up --board mps2-an385 --count 2 --loss 2% --delay 20ms\n"
              "  tinyml fleet up            (the devices of an earlier run)\n"
              "--count is how many of a board there shall be: those that run already count.");
  verb.add_option("--board", flags.boards, "A kind of device; may be repeated")
      ->allow_extra_args(false);
  verb.add_option("--count", flags.counts, "How many of it there shall be (default: 1)")
      ->allow_extra_args(false);
  verb.add_option("--prefix", flags.prefix, "Endpoints are called PREFIXboard-1, ...");
  verb.add_option("--wait", flags.wait_s, "Seconds to wait for all to register; 0: do not wait")
      ->capture_default_str();
  verb.add_flag("--foreground", flags.foreground, "Run the fleet here until it is stopped");
  verb.add_flag("--fresh", flags.fresh, "Devices are new from the factory");
  add_impairments(verb, flags);
}

} // namespace

void add_fleet(CLI::App &app, Context &context) {
  CLI::App *fleet = app.add_subcommand("fleet", "Run many virtual devices in one network");
  fleet->require_subcommand(1);
  const auto flags = std::make_shared<FleetFlags>();
  add_up_flags(add_action(*fleet, context, "up", "Start devices, or add them to those that run",
                          flags,
                          [](const Context &with, const FleetFlags &wanted) {
                            return wanted.foreground ? run_in_foreground(with, wanted)
                                                     : bring_up(with, wanted);
                          }),
               *flags);
  CLI::App &status = add_action(*fleet, context, "status",
                                "Show each device: state, process, memory, address, last words",
                                flags, show_status);
  status.add_flag("--watch", flags->watch, "Again every second");
  CLI::App &impair =
      add_action(*fleet, context, "impair", "Make the network worse or better while it runs", flags,
                 change_network);
  impair.footer(
      "Examples:\n  tinyml fleet impair --loss 5% --delay 50ms --jitter 10ms\n"
      "  tinyml fleet impair --cut mps2-an385-1,mps2-an385-2\n  tinyml fleet impair --clear");
  add_impairments(impair, *flags);
  impair
      .add_option("--cut", flags->cuts,
                  "NAME,...: these devices (or all of a board) reach only each other; may be "
                  "repeated")
      ->allow_extra_args(false);
  impair.add_flag("--heal", flags->heal, "Undo all cuts");
  impair.add_flag("--clear", flags->words.clear, "A good network again, but for what is named");
  CLI::App &down = add_action(*fleet, context, "down", "End all devices", flags, bring_down);
  down.add_flag("--forget", flags->forget, "Remove their stores too");
  add_action(*fleet, context, "serve", "", flags,
             [](const Context &with, const FleetFlags &wanted) {
               return run_fleet_process(with, folder_of(wanted));
             })
      .group(""); // hidden: `up` starts it
}

} // namespace tinyml::cli
