// SPDX-License-Identifier: Apache-2.0
#include "training/run/training_run.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

namespace tinyml::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPoll{150};
constexpr seconds kAddressPatience{90};
/// Of a disk that machines' stores grow on.
constexpr std::uint64_t kLeastFreeBytes = 256U << 10U;

bool needs_switch(const PreparedRun &run) {
  const auto on_switch = [](const PreparedMachine &machine) {
    return !tender::is_on_host_network(machine.spec.board);
  };
  return on_switch(run.server) || std::any_of(run.edges.begin(), run.edges.end(), on_switch) ||
         std::any_of(run.workers.begin(), run.workers.end(), on_switch);
}

} // namespace

Failure<HostError> TrainingRun::stopped() const {
  return fail(ErrorCode::kUnavailable,
              fmt::format("stopped after round {}; go on with: tinyml train --resume --state {}",
                          run_.state.rounds.empty() ? 0 : run_.state.rounds.back().round,
                          run_.folder.path().string()));
}

TrainPeer TrainingRun::peer_of(const RunMachine &machine, net::Endpoint where) const {
  return {*network_, where, machine.spec().name, stop_};
}

Expected<TrainPeer> TrainingRun::server_peer(std::size_t index) const {
  const auto where = servers_[index]->endpoint(*network_);
  if (!where) {
    return fail(ErrorCode::kUnavailable, servers_[index]->spec().name + " has no address yet");
  }
  return peer_of(*servers_[index], *where);
}

std::size_t TrainingRun::workers_of(std::size_t server) const {
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(),
                    [&](const Worker &worker) { return worker.server == server; }));
}

Expected<RunRecord> TrainingRun::run(std::stop_token stop) {
  stop_ = std::move(stop);
  begun_ = round_begun_ = changed_ = Clock::now();
  last_round_ = run_.state.rounds.empty() ? 0 : run_.state.rounds.back().round;
  edges_.resize(run_.edges.size());
  using Step = Expected<void> (TrainingRun::*)();
  for (const Step step :
       {&TrainingRun::start_machines, &TrainingRun::wait_for_addresses, &TrainingRun::send_shards,
        &TrainingRun::set_up_servers, &TrainingRun::follow}) {
    const auto done = (this->*step)();
    if (stop_.stop_requested()) {
      return stopped();
    }
    if (!done.ok()) {
      return Failure{done.error()};
    }
  }
  return record();
}

Expected<void> TrainingRun::start_machines() {
  auto network = RunNetwork::open(
      {.with_switch = needs_switch(run_), .capture = options_.capture, .seed = run_.state.run_id});
  if (!network.ok()) {
    return Failure{network.error()};
  }
  network_ = *std::move(network);
  const auto start = [&](const PreparedMachine &machine) {
    return RunMachine::start(machine.spec, *network_);
  };
  std::vector<const PreparedMachine *> servers = {&run_.server};
  for (const PreparedMachine &edge : run_.edges) {
    servers.push_back(&edge);
  }
  for (const PreparedMachine *server : servers) {
    auto machine = start(*server);
    if (!machine.ok()) {
      return Failure{machine.error()};
    }
    servers_.push_back(*std::move(machine));
  }
  for (std::size_t i = 0; i < run_.workers.size() && !stop_.stop_requested(); ++i) {
    observer_.progress(fmt::format("starting worker {} of {}", i + 1, run_.workers.size()));
    auto machine = start(run_.workers[i]);
    if (!machine.ok()) {
      return Failure{machine.error()};
    }
    const bool has_edges = !run_.edges.empty();
    workers_.push_back(
        {.machine = *std::move(machine),
         .server = has_edges ? 1 + run_.edge_of(i) : 0,
         .index = static_cast<std::uint16_t>(has_edges ? run_.index_at_edge(i) : i)});
  }
  return {};
}

Expected<void> TrainingRun::wait_for_addresses() {
  observer_.progress("waiting for the machines' addresses");
  const auto deadline = Clock::now() + kAddressPatience;
  for (;;) {
    const RunMachine *missing = nullptr;
    for (const auto &server : servers_) {
      missing = server->endpoint(*network_) ? missing : server.get();
    }
    for (const Worker &worker : workers_) {
      missing = worker.machine->endpoint(*network_) ? missing : worker.machine.get();
    }
    if (missing == nullptr || stop_.stop_requested()) {
      write_processes();
      return {};
    }
    if (Clock::now() > deadline) {
      return fail(ErrorCode::kUnavailable,
                  missing->spec().name + " (" + missing->spec().board +
                      ") did not come up; it said: " + missing->last_words());
    }
    look_after_machines(Clock::now());
    std::this_thread::sleep_for(milliseconds(20));
  }
}

Expected<void> TrainingRun::send_shards() {
  for (std::size_t i = 0; i < workers_.size() && !stop_.stop_requested(); ++i) {
    if (run_.workers[i].shard.empty()) {
      continue;
    }
    observer_.progress(fmt::format("sending worker {} of {} its shard", i + 1, workers_.size()));
    const RunMachine &machine = *workers_[i].machine;
    auto peer = peer_of(machine, *machine.endpoint(*network_));
    if (auto sent = peer.put_data(std::move(run_.workers[i].shard)); !sent.ok()) {
      return sent;
    }
  }
  return {};
}

Expected<void> TrainingRun::set_up_servers() {
  observer_.progress("giving the server its model");
  training::RunSettings upper = run_.settings;
  if (!run_.edges.empty()) {
    upper.workers = static_cast<std::uint16_t>(run_.edges.size());
  }
  auto server = server_peer(0);
  if (!server.ok()) {
    return Failure{server.error()};
  }
  const auto before = server->server_status();
  if (!before.ok()) {
    return fail(ErrorCode::kUnavailable,
                before.error().message + "; its console ends with: " + servers_[0]->last_words());
  }
  const bool has_model = before->status.run_id == upper.run_id &&
                         before->status.state != training::RunState::kIdle &&
                         before->status.state != training::RunState::kNoModel;
  if (!has_model) {
    if (auto put = server->put_run(upper); !put.ok()) {
      return put;
    }
    if (auto put = server->put_model(run_.initial); !put.ok()) {
      return put;
    }
  }
  if (run_.state.rounds.empty()) {
    follower_ = ModelFollower(VersionedModel{0, run_.initial});
  }
  for (std::size_t i = 0; i < run_.edges.size(); ++i) {
    if (auto edge = set_up_edge(i); !edge.ok()) {
      return edge;
    }
  }
  return run_.state.rounds.empty() ? evaluate_round(0) : Expected<void>{};
}

Expected<void> TrainingRun::set_up_edge(std::size_t index) {
  training::RunSettings settings = run_.settings;
  const RunMachine &edge = *servers_[1 + index];
  const auto upstream = servers_[0]->seen_from(edge.spec().board, *network_);
  auto peer = server_peer(1 + index);
  if (!upstream || !peer.ok()) {
    return fail(ErrorCode::kUnavailable, edge.spec().name + " cannot reach the server");
  }
  settings.workers = static_cast<std::uint16_t>(workers_of(1 + index));
  settings.upstream = *upstream;
  settings.upstream_index = static_cast<std::uint16_t>(index);
  return peer->put_run(settings);
}

Expected<void> TrainingRun::check_fault(Worker &worker) {
  const auto where = worker.machine->endpoint(*network_);
  if (!where) {
    return {};
  }
  const auto status = peer_of(*worker.machine, *where).worker_status();
  using training::WorkerFault;
  const bool fatal =
      status.ok() &&
      (status->fault == WorkerFault::kNoShard || status->fault == WorkerFault::kWrongShard ||
       status->fault == WorkerFault::kWrongModel || status->fault == WorkerFault::kNoRoom ||
       status->fault == WorkerFault::kStore);
  if (!fatal) {
    return {};
  }
  return fail(status->fault == WorkerFault::kNoRoom ? ErrorCode::kDoesNotFit : ErrorCode::kInternal,
              worker.machine->spec().name +
                  " cannot train: " + std::string(training::describe(status->fault)));
}

Expected<void> TrainingRun::follow() {
  round_begun_ = changed_ = Clock::now();
  while (!stop_.stop_requested()) {
    const auto now = Clock::now();
    look_after_machines(now);
    order_workers(now);
    if (const auto room = run_.folder.check_room(kLeastFreeBytes); !room.ok()) {
      return fail(room.error().code, room.error().message +
                                         ". Make room, then go on with: tinyml "
                                         "train --resume --state " +
                                         run_.folder.path().string());
    }
    const auto done = look();
    if (!done.ok()) {
      return Failure{done.error()};
    }
    if (*done) {
      return {};
    }
    if (Clock::now() - changed_ > options_.patience) {
      return fail(ErrorCode::kUnavailable,
                  fmt::format("nothing happened for {} s in round {}; the run can go on with "
                              "--resume",
                              options_.patience.count(), status_.round + 1));
    }
    std::this_thread::sleep_for(kPoll);
  }
  return {};
}

Expected<bool> TrainingRun::look() {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    auto server = server_peer(i);
    const auto report =
        server.ok() ? server->server_status() : Expected<ServerReport>(Failure{server.error()});
    if (!report.ok()) { // it may be starting again
      if (server.ok() && !server->answered()) {
        end_hung(*servers_[i]);
      }
      show(servers_[i]->spec().name + " does not answer");
      return false;
    }
    take_report(*report, i);
    if (i == 0) {
      changed_ = status_.version != report->status.version ? Clock::now() : changed_;
      status_ = report->status;
    }
  }
  if (status_.state == training::RunState::kFailed) {
    return fail(ErrorCode::kResourceFull, "the server's store does not take what has to be kept");
  }
  if (status_.state == training::RunState::kJoining ||
      status_.state == training::RunState::kNoModel) {
    for (Worker &worker : workers_) {
      if (!worker.seen.known && Clock::now() - begun_ > seconds(2)) {
        if (const auto fault = check_fault(worker); !fault.ok()) {
          return Failure{fault.error()};
        }
      }
    }
  }
  show(status_.state == training::RunState::kJoining ? "the workers join" : "trains");
  if (const auto taken = take_versions(status_); !taken.ok()) {
    return Failure{taken.error()};
  }
  if (const auto settled = settle_rounds(); !settled.ok()) {
    return Failure{settled.error()};
  }
  return status_.state == training::RunState::kDone && last_round_ >= run_.settings.rounds &&
         evaluated_.empty();
}

/// Without a common barrier a version may hold several updates; as many as there are workers make a
/// round.
unsigned TrainingRun::round_of(const VersionedModel &model,
                               const training::RunStatus &status) const {
  if (is_bulk()) {
    return model.version;
  }
  return model.version == status.version ? status.round : model.updates / run_.settings.workers;
}

Expected<void> TrainingRun::take_versions(const training::RunStatus &status) {
  auto server = server_peer(0);
  if (!server.ok() || status.run_id != run_.state.run_id) {
    return {};
  }
  while (!follower_.model() || follower_.model()->version < status.version) {
    if (const auto stepped = follower_.step(*server, status.version); !stepped.ok()) {
      return {}; // asked again
    }
    if (follower_.model()->version == status.version) {
      follower_.has_at_least(status.round * run_.settings.workers);
    }
    const unsigned round = round_of(*follower_.model(), status);
    if (round > last_round_) {
      if (auto evaluated = evaluate_round(round); !evaluated.ok()) {
        return evaluated;
      }
    }
    if (stop_.stop_requested()) {
      return {};
    }
  }
  return {};
}

TrainingRun::~TrainingRun() {
  std::error_code ignored;
  std::filesystem::remove(run_.folder.path() / "processes.json", ignored);
}

Expected<void> TrainingRun::finish(bool keep) {
  run_.state.finished = true;
  if (const auto saved = run_.folder.save(run_.state); !saved.ok()) {
    return saved;
  }
  workers_.clear();
  servers_.clear();
  network_.reset();
  std::error_code ignored;
  for (const auto &machine : run_.state.machines) {
    if (!keep) {
      std::filesystem::remove_all(run_.folder.machine(machine.value("name", "-")), ignored);
    }
  }
  return {};
}

} // namespace tinyml::coordinator
