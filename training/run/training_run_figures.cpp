// SPDX-License-Identifier: Apache-2.0
// What a run is told in: rounds, rows of the table, the record at its end.
#include "training/run/training_run.hpp"

#include "training/coding/coding.hpp"

#include <algorithm>

namespace tinyml::coordinator {
namespace {

using training::WorkerState;

/// For everybody to fetch a round's delta, before the round is told without knowing all its bytes.
constexpr std::chrono::milliseconds kFetchPatience{3000};
constexpr std::chrono::milliseconds kFetchPatienceEach{50};

std::string_view state_word(WorkerState state) {
  constexpr std::string_view kWords[] = {"joined", "trains", "delivered", "excluded", "lost"};
  return kWords[static_cast<std::size_t>(state)];
}

double share_to_percent(float share) { return 100.0 * static_cast<double>(share); }

double seconds_between(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// Of an update or a delta.
std::uint64_t body_bytes(const training::RunSettings &settings, std::uint8_t coding,
                         std::size_t header_bytes) {
  return header_bytes + training::kTrailerBytes +
         training::coded_bytes(static_cast<training::Coding>(coding), settings.parameter_count);
}

} // namespace

/// The round is told when everybody has its delta, so that its bytes are whole.
Expected<void> TrainingRun::evaluate_round(unsigned round) {
  if (!follower_.model() || !run_.step->load(follower_.model()->values)) {
    return fail(ErrorCode::kInternal, "the server's model is not as long as the step's");
  }
  const auto evaluation = run_.step->evaluate(run_.data, run_.data.test);
  if (!evaluation.ok()) {
    return Failure{evaluation.error()};
  }
  const auto now = Clock::now();
  evaluated_.push_back({.record = {.round = round,
                                   .accuracy = evaluation->accuracy,
                                   .loss = evaluation->loss,
                                   .seconds = round == 0 ? 0 : seconds_between(round_begun_, now),
                                   .workers = rows(),
                                   .edges = edge_rows()},
                        .since = now});
  round_begun_ = now;
  last_round_ = round;
  return settle_rounds();
}

Expected<void> TrainingRun::settle_rounds() {
  while (!evaluated_.empty()) {
    RoundRecord &record = evaluated_.front().record;
    const auto limit = kFetchPatience + kFetchPatienceEach * workers_.size();
    const bool counted = record.round == 0 || !is_bulk() || all_hold(record.round);
    if (!counted && Clock::now() - evaluated_.front().since < limit) {
      return {};
    }
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      record.bytes_up += record.workers[i].bytes_up = workers_[i].seen.up.take(record.round);
      record.bytes_down += record.workers[i].bytes_down = workers_[i].seen.down.take(record.round);
    }
    record.bytes_up /= std::max<std::size_t>(workers_.size(), 1);
    record.bytes_down /= std::max<std::size_t>(workers_.size(), 1);
    for (std::size_t i = 0; i < record.edges.size(); ++i) {
      record.edges[i].bytes_up = edges_[i].up.take(record.round);
      record.edges[i].bytes_down = edges_[i].down.take(record.round);
    }
    run_.state.rounds.push_back(std::move(record));
    evaluated_.pop_front();
    observer_.round(run_.state.rounds.back());
    if (auto saved = run_.folder.save(run_.state); !saved.ok()) {
      return saved;
    }
  }
  return {};
}

bool TrainingRun::holds(const Reported &seen, const RunMachine &machine,
                        std::uint32_t version) const {
  const bool gone = !seen.known || machine.pid() < 0 || seen.last.state == WorkerState::kLost;
  return gone || (seen.last.version != training::kNoVersion && seen.last.version >= version);
}

bool TrainingRun::all_hold(std::uint32_t version) const {
  for (std::size_t i = 0; i < edges_.size(); ++i) {
    if (!holds(edges_[i], *servers_[1 + i], version)) {
      return false;
    }
  }
  return std::all_of(workers_.begin(), workers_.end(), [&](const Worker &worker) {
    return holds(worker.seen, *worker.machine, version);
  });
}

/// The model that a worker begins with is no part of a round, nor is what an earlier program saw.
void TrainingRun::begin_counting(Reported &seen, const training::WorkerRecord &record) const {
  const bool resumed = last_round_ > 0;
  const bool has_control = run_.settings.strategy == training::Strategy::kScaffold;
  const std::uint64_t model_bytes =
      std::uint64_t{run_.settings.parameter_count} * sizeof(float) * (has_control ? 2 : 1);
  seen.counted = true;
  seen.up.begin(resumed ? record.bytes_up : 0, 0);
  seen.down.begin(resumed ? record.bytes_down : 0, resumed ? 0 : model_bytes);
  seen.held = seen.sent = resumed ? last_round_ : 0;
  seen.last.delivered = resumed ? record.delivered : std::uint16_t{0};
}

/// A delta is for the round that made it. Who holds version h has delivered its update for round h,
/// or already that for the next one: where its state does not tell, it is the one that follows.
void TrainingRun::assign_bytes(const training::WorkerRecord &record, Reported &seen) const {
  const std::uint32_t held = record.version == training::kNoVersion ? seen.held : record.version;
  if (record.delivered > seen.last.delivered) {
    const unsigned updates = record.delivered - seen.last.delivered;
    const unsigned latest = record.state == WorkerState::kDelivered
                                ? held + 1
                                : std::clamp(seen.sent + updates, held, held + 1);
    seen.up.assign(
        latest - std::min(latest, updates - 1), latest,
        body_bytes(run_.settings, run_.settings.update_coding, training::UpdateHeader::kBytes));
    seen.sent = latest;
  }
  if (held > seen.held) {
    seen.down.assign(
        seen.held + 1, held,
        body_bytes(run_.settings, run_.settings.delta_coding, training::DeltaHeader::kBytes));
    seen.held = held;
  }
}

void TrainingRun::take_record(const training::WorkerRecord &record, Reported &seen) {
  if (!seen.counted) {
    begin_counting(seen, record);
  }
  seen.up.count(record.bytes_up);
  seen.down.count(record.bytes_down);
  if (!is_bulk()) { // rounds are what has happened meanwhile
    seen.up.assign(last_round_ + 1, last_round_ + 1, 0);
    seen.down.assign(last_round_ + 1, last_round_ + 1, 0);
  } else {
    assign_bytes(record, seen);
  }
  seen.known = true;
  seen.last = record;
}

void TrainingRun::take_report(const ServerReport &report, std::size_t server) {
  for (const training::WorkerRecord &record : report.workers) {
    if (server == 0 && record.worker < edges_.size()) {
      take_record(record, edges_[record.worker]);
    }
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      Worker &worker = workers_[i];
      if (worker.server == server && worker.index == record.worker) {
        const unsigned before = worker.seen.counted ? worker.seen.last.delivered : 0;
        take_record(record, worker.seen);
        worker.trained_samples += std::uint64_t{record.steps} * run_.workers[i].batch *
                                  (record.delivered - std::min<unsigned>(before, record.delivered));
      }
    }
  }
}

void TrainingRun::show(const std::string &phase) {
  observer_.live({.phase = phase,
                  .round = run_.state.rounds.empty() ? 0 : run_.state.rounds.back().round,
                  .rounds = run_.settings.rounds,
                  .seconds = seconds_between(begun_, Clock::now()),
                  .edges = edge_rows(),
                  .workers = rows(),
                  .done = run_.state.rounds});
}

WorkerRow TrainingRun::row_of(std::size_t index) const {
  const Worker &worker = workers_[index];
  const training::WorkerRecord &last = worker.seen.last;
  const double trained = static_cast<double>(last.steps) * run_.workers[index].batch;
  const auto own = [](float share) {
    return share < 0 ? std::nullopt : std::optional(share_to_percent(share));
  };
  const bool delivered = last.delivered > 0;
  return {.id = static_cast<unsigned>(index + 1),
          .board = worker.machine->spec().board,
          .state = worker.machine->pid() < 0 ? "dead"
                   : worker.seen.known       ? std::string(state_word(last.state))
                                             : "starts",
          .loss = static_cast<double>(last.mean_loss),
          .samples_per_second = last.train_ms == 0 ? 0 : trained * 1000 / last.train_ms,
          .bytes_up = worker.seen.up.waiting(),
          .bytes_down = worker.seen.down.waiting(),
          .samples = last.samples,
          .refused = last.refused,
          .personal_before = delivered ? own(last.accuracy_before) : std::nullopt,
          .personal_after = delivered ? own(last.accuracy_after) : std::nullopt};
}

std::vector<WorkerRow> TrainingRun::rows() const {
  std::vector<WorkerRow> rows;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    rows.push_back(row_of(i));
  }
  return rows;
}

std::vector<EdgeRow> TrainingRun::edge_rows() const {
  std::vector<EdgeRow> rows;
  for (std::size_t i = 0; i < edges_.size(); ++i) {
    const RunMachine &machine = *servers_[1 + i];
    rows.push_back({.id = static_cast<unsigned>(i + 1),
                    .board = machine.spec().board,
                    .state = machine.pid() < 0 ? "dead"
                             : edges_[i].known ? std::string(state_word(edges_[i].last.state))
                                               : "starts",
                    .workers = workers_of(1 + i),
                    .samples = edges_[i].last.samples,
                    .bytes_up = edges_[i].up.waiting(),
                    .bytes_down = edges_[i].down.waiting()});
  }
  return rows;
}

MachineFigures TrainingRun::figures_of(std::size_t server) const {
  const RunMachine &machine = *servers_[server];
  const PreparedMachine &made = server == 0 ? run_.server : run_.edges[server - 1];
  return {.id = static_cast<unsigned>(server),
          .board = machine.spec().board,
          .workers = server == 0 && !edges_.empty() ? edges_.size() : workers_of(server),
          .image_bytes = made.image_bytes,
          .guest_memory_bytes = made.memory_bytes,
          .peak_anonymous_bytes = machine.meter().peak_anonymous_bytes(),
          .restarts = machine.restarts()};
}

RunRecord TrainingRun::record() const {
  RunRecord record{.model = run_.model.name, .rounds = run_.state.rounds};
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const Worker &worker = workers_[i];
    const double cpu_seconds = worker.machine->meter().cpu_seconds();
    record.workers.push_back(
        {.id = static_cast<unsigned>(i + 1),
         .board = worker.machine->spec().board,
         .image_bytes = run_.workers[i].image_bytes,
         .guest_memory_bytes = run_.workers[i].memory_bytes,
         .peak_anonymous_bytes = worker.machine->meter().peak_anonymous_bytes(),
         .samples_per_cpu_second =
             cpu_seconds > 0 ? static_cast<double>(worker.trained_samples) / cpu_seconds : 0,
         .restarts = worker.machine->restarts()});
  }
  record.server = figures_of(0);
  for (std::size_t i = 0; i < run_.edges.size(); ++i) {
    record.edges.push_back(figures_of(1 + i));
  }
  record.final_accuracy = record.rounds.empty() ? 0 : record.rounds.back().accuracy;
  return record;
}

} // namespace tinyml::coordinator
