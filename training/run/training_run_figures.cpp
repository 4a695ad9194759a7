// SPDX-License-Identifier: Apache-2.0
// What a run is told in: rounds, rows of the table, the record at its end.
#include "training/run/training_run.hpp"

#include <algorithm>

namespace tinyml::coordinator {
namespace {

using training::WorkerState;

std::string_view state_word(WorkerState state) {
  constexpr std::string_view kWords[] = {"joined", "trains", "delivered", "excluded", "lost"};
  return kWords[static_cast<std::size_t>(state)];
}

double share_to_percent(float share) { return 100.0 * static_cast<double>(share); }

double seconds_between(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

} // namespace

Expected<void> TrainingRun::finish_round(unsigned round) {
  if (!follower_.model() || !run_.step->load(follower_.model()->values)) {
    return fail(ErrorCode::kInternal, "the server's model is not as long as the step's");
  }
  const auto evaluation = run_.step->evaluate(run_.data, run_.data.test);
  if (!evaluation.ok()) {
    return Failure{evaluation.error()};
  }
  const auto now = Clock::now();
  RoundRecord record{.round = round,
                     .accuracy = evaluation->accuracy,
                     .loss = evaluation->loss,
                     .seconds = round == 0 ? 0 : seconds_between(round_begun_, now),
                     .workers = rows()};
  for (Worker &worker : workers_) {
    record.bytes_up +=
        worker.last.bytes_up - std::min<std::uint64_t>(worker.bytes_up, worker.last.bytes_up);
    record.bytes_down +=
        worker.last.bytes_down - std::min<std::uint64_t>(worker.bytes_down, worker.last.bytes_down);
    worker.bytes_up = worker.last.bytes_up;
    worker.bytes_down = worker.last.bytes_down;
  }
  if (!workers_.empty()) {
    record.bytes_up /= workers_.size();
    record.bytes_down /= workers_.size();
  }
  round_begun_ = now;
  run_.state.rounds.push_back(record);
  observer_.round(record);
  return run_.folder.save(run_.state);
}

/// The model that a worker begins with is no part of a round, nor is what an earlier program saw.
void TrainingRun::begin_counting(Worker &worker, const training::WorkerRecord &record) const {
  const bool resumed = !run_.state.rounds.empty() && run_.state.rounds.back().round > 0;
  worker.counted = true;
  worker.bytes_up = resumed ? record.bytes_up : 0;
  worker.bytes_down =
      resumed ? record.bytes_down : run_.settings.parameter_count * std::uint32_t{sizeof(float)};
  worker.last.delivered = resumed ? record.delivered : std::uint16_t{0};
}

void TrainingRun::take_report(const ServerReport &report, std::size_t server) {
  for (Worker &worker : workers_) {
    if (worker.server != server) {
      continue;
    }
    for (const training::WorkerRecord &record : report.workers) {
      if (record.worker != worker.index) {
        continue;
      }
      if (!worker.counted) {
        begin_counting(worker, record);
      }
      if (record.delivered > worker.last.delivered) {
        const std::size_t index = static_cast<std::size_t>(&worker - workers_.data());
        worker.trained_samples += std::uint64_t{record.steps} * run_.workers[index].batch *
                                  (record.delivered - worker.last.delivered);
      }
      worker.known = true;
      worker.last = record;
    }
  }
}

void TrainingRun::show(const std::string &phase) {
  observer_.live({.phase = phase,
                  .round = run_.state.rounds.empty() ? 0 : run_.state.rounds.back().round,
                  .rounds = run_.settings.rounds,
                  .seconds = seconds_between(begun_, Clock::now()),
                  .workers = rows(),
                  .done = run_.state.rounds});
}

WorkerRow TrainingRun::row_of(std::size_t index) const {
  const Worker &worker = workers_[index];
  const training::WorkerRecord &last = worker.last;
  const double trained = static_cast<double>(last.steps) * run_.workers[index].batch;
  const auto own = [](float share) {
    return share < 0 ? std::nullopt : std::optional(share_to_percent(share));
  };
  const bool delivered = last.delivered > 0;
  return {.id = static_cast<unsigned>(index + 1),
          .board = worker.machine->spec().board,
          .state = worker.machine->pid() < 0 ? "dead"
                   : worker.known            ? std::string(state_word(last.state))
                                             : "starts",
          .loss = static_cast<double>(last.mean_loss),
          .samples_per_second = last.train_ms == 0 ? 0 : trained * 1000 / last.train_ms,
          .bytes_up = last.bytes_up - std::min<std::uint64_t>(last.bytes_up, worker.bytes_up),
          .bytes_down =
              last.bytes_down - std::min<std::uint64_t>(last.bytes_down, worker.bytes_down),
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
             cpu_seconds > 0 ? static_cast<double>(worker.trained_samples) / cpu_seconds : 0});
  }
  record.final_accuracy = record.rounds.empty() ? 0 : record.rounds.back().accuracy;
  return record;
}

} // namespace tinyml::coordinator
