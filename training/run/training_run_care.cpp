// SPDX-License-Identifier: Apache-2.0
// How a run looks after its machines: those that end are started again, those that hang are ended.
#include "training/run/training_run.hpp"

#include "host/files.hpp"
#include "training/run/run_plan.hpp"

#include <fmt/format.h>

namespace tinyml::coordinator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using training::WorkerState;

/// A worker that the server does not know, or has lost, is told again where its server is.
constexpr seconds kOrderAgain{5};
/// To start, get an address and join; before that nothing counts as hung.
constexpr seconds kStartPatience{30};
/// A machine that is no emulator's answers at once, however busy this host is with others.
constexpr seconds kAnswerPatience{5};

} // namespace

void TrainingRun::look_after_machines(Clock::time_point now) {
  bool changed = false;
  for (const auto &server : servers_) {
    changed = server->look(*network_, now) || changed;
  }
  for (Worker &worker : workers_) {
    if (worker.machine->look(*network_, now)) {
      worker.seen.known = false; // to be told again where its server is
      worker.told = {};
      changed = true;
    }
  }
  if (changed) {
    write_processes();
  }
}

void TrainingRun::order_workers(Clock::time_point now) {
  for (Worker &worker : workers_) {
    const bool lost = !worker.seen.known || worker.seen.last.state == WorkerState::kLost;
    const auto where = worker.machine->endpoint(*network_);
    const RunMachine &server = *servers_[worker.server];
    const auto address = server.seen_from(worker.machine->spec().board, *network_);
    if (lost && where && address && now - worker.told >= kOrderAgain &&
        worker.machine->pid() >= 0) {
      worker.told = now;
      order(worker, *address, *where);
    }
  }
}

/// One that its server has lost and that does not answer here either hangs.
void TrainingRun::order(Worker &worker, const training::PeerAddress &server, net::Endpoint where) {
  auto peer = peer_of(*worker.machine, where);
  if (!is_emulated(worker.machine->spec().board)) {
    peer.wait_for(kAnswerPatience);
  }
  const auto told =
      peer.put_join({.run_id = run_.state.run_id, .server = server, .index = worker.index});
  const milliseconds lost{run_.settings.lost_ms};
  const auto alive = Clock::now() - worker.machine->started();
  const bool never_came =
      !worker.seen.known && alive > std::max<milliseconds>(lost, kStartPatience);
  const bool fell_silent = worker.seen.known && alive > lost;
  if (!told.ok() && !peer.answered() && (fell_silent || never_came)) {
    end_hung(*worker.machine);
  }
}

/// look() starts it again.
void TrainingRun::end_hung(RunMachine &machine) {
  if (machine.pid() < 0 || stop_.stop_requested() ||
      Clock::now() - machine.started() <
          std::min(milliseconds(run_.settings.lost_ms), milliseconds(kStartPatience))) {
    return;
  }
  observer_.note(
      fmt::format("{} ({}) hangs; it is started again", machine.spec().name, machine.spec().board));
  machine.kill();
}

void TrainingRun::write_processes() const {
  nlohmann::json processes = nlohmann::json::object();
  const auto add = [&](const RunMachine &machine) {
    const auto where = machine.endpoint(*network_);
    processes[machine.spec().name] = {{"pid", machine.pid()},
                                      {"address", where ? text_of(*where) : ""}};
  };
  for (const auto &server : servers_) {
    add(*server);
  }
  for (const Worker &worker : workers_) {
    add(*worker.machine);
  }
  (void)host::write_text(run_.folder.path() / "processes.json", processes.dump(1) + "\n");
}

} // namespace tinyml::coordinator
