// SPDX-License-Identifier: Apache-2.0
// ParameterServer's run from version to version; included by server.hpp alone.
#pragma once

#include "device/parameter_server/server.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap>
ParameterServer<Flash, Coap>::ParameterServer(Flash &flash, Coap &coap, const store::Region &user)
    : flash_(flash), coap_(coap), user_(user), log_(flash, commit_log_of(user, flash.info())),
      jobs_(flash), model_writer_(flash), upstream_(flash, coap) {
  if (log_.load(commit_)) {
    restore();
  }
}

/// The server was cut off: it goes on with the version that it committed last.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::restore() {
  if (!has_run()) {
    return;
  }
  configure();
  if (!has_run()) {
    return;
  }
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    workers_[id].expected = commit_.has_joined(id);
  }
  restarted_ = true;
  print_line("train: run ", settings().run_id, " goes on at version ", commit_.version);
  Commit next = commit_;
  ++next.restarts;
  static_cast<void>(commit(next)); // if the store fails now, it will be told when it matters
  recover_slots();
}

/// Plan and tables for the settings of the commit.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::configure() {
  const auto plan = has_run() ? plan_store(settings(), user_, flash_.info()) : std::nullopt;
  if (!plan) { // of another store than this one
    commit_ = Commit{};
  }
  plan_ = plan.value_or(StorePlan{});
  workers_.resize(has_run() ? settings().workers : std::uint16_t{0});
  jobs_.configure(commit_, plan_);
  connect_upstream();
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::forget_run() {
  jobs_.abandon();
  work_ = Work::kNone;
  attempts_ = 0;
  workers_.clear();
  uploads_.clear();
  model_sink_.reset();
  pin_ = {};
  totals_ = {};
  std::fill(std::begin(slots_), std::end(slots_), SlotState::kFree);
  std::fill(std::begin(refused_), std::end(refused_), 0U);
  store_errors_ = 0;
}

template <store::Flash Flash, typename Coap>
bool ParameterServer<Flash, Coap>::commit(const Commit &next) {
  if (!log_.append(next)) {
    store_failed();
    return false;
  }
  commit_ = next;
  return true;
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::store_failed() {
  ++store_errors_;
  print_line("train: the store failed");
}

/// Of no use to anyone any more, but its last model can still be fetched.
template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::fail(std::string_view why) {
  print_line("train: the run cannot go on: ", why);
  commit_.state = RunState::kFailed;
  jobs_.abandon();
  work_ = Work::kNone;
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::read_clock(coap::Millis now_ms) {
  clock_ms_ = now_ms;
  now_ms_ = static_cast<std::uint32_t>(now_ms);
  next_tick_ms_ = now_ms + kTickMs;
  if (restarted_) {
    restarted_ = false;
    round_ms_ = now_ms_;
    for (std::uint16_t id = 0; id < workers_.size(); ++id) {
      workers_[id].seen_ms = now_ms_;
    }
  }
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::poll(coap::Millis now_ms) {
  read_clock(now_ms);
  const JobState state = jobs_.step();
  next_tick_ms_ = state == JobState::kIdle ? next_tick_ms_ : 0; // there may be more to do
  switch (state) {
  case JobState::kBusy:
    return;
  case JobState::kFailed:
    return work_failed();
  case JobState::kDone:
    attempts_ = 0;
    return finish_work();
  case JobState::kIdle:
    break;
  }
  if (is_edge()) {
    upstream_.poll(now_ms);
    work_ == Work::kSend ? finish_sending() : follow_upstream();
  }
  if (work_ != Work::kNone) {
    return;
  }
  if (commit_.state == RunState::kJoining) {
    start_run();
  } else if (commit_.state == RunState::kRunning) {
    start_work();
  }
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::finish_work() {
  switch (work_) {
  case Work::kFold:
    return finish_fold();
  case Work::kAggregate:
    return is_edge() ? send_upstream() : start_apply();
  default:
    return is_edge() ? finish_delta() : finish_round();
  }
}

template <store::Flash Flash, typename Coap>
coap::Millis ParameterServer<Flash, Coap>::next_deadline_ms() const {
  const bool waits = commit_.state == RunState::kJoining || commit_.state == RunState::kRunning;
  const coap::Millis upstream_ms = is_edge() ? upstream_.next_deadline_ms() : coap::kNever;
  return jobs_.busy() ? 0 : std::min(waits ? next_tick_ms_ : coap::kNever, upstream_ms);
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::start_run() {
  const std::uint32_t joined = workers_.joined();
  const bool late =
      settings().round_deadline_ms != 0 && now_ms_ - round_ms_ >= settings().round_deadline_ms;
  if (joined < settings().workers && !(late && joined >= settings().min_updates)) {
    return;
  }
  Commit next = commit_;
  next.state = RunState::kRunning;
  if (commit(next)) {
    round_ms_ = now_ms_;
    print_line("train: ", joined, " workers, the run begins");
  }
}

/// Whatever is due: sum up an update, or make a version.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::start_work() {
  if (Worker *worker = next_to_fold(); worker != nullptr) {
    return start_fold(*worker);
  }
  const bool due =
      is_bulk() ? training::round_is_over(settings(), progress()) : workers_.delivered() != 0;
  if (due && round_is_open()) {
    start_round();
  }
}

template <store::Flash Flash, typename Coap>
training::RoundProgress ParameterServer<Flash, Coap>::progress() const {
  training::RoundProgress progress{.elapsed_ms = now_ms_ - round_ms_};
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    const Worker &worker = workers_[id];
    const bool awaited = workers_.is_live(worker, now_ms_, settings().lost_ms) &&
                         worker.excluded_until <= commit_.version;
    progress.delivered += worker.has_delivered() ? 1 : 0;
    progress.awaited += awaited && !worker.has_delivered() ? 1 : 0;
  }
  return progress;
}

template <store::Flash Flash, typename Coap> Worker *ParameterServer<Flash, Coap>::next_to_fold() {
  for (std::uint16_t id = 0; plan_.folded && id < workers_.size(); ++id) {
    if (workers_[id].slot != kNoSlot) {
      return &workers_[id];
    }
  }
  return nullptr;
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::start_fold(Worker &worker) {
  work_ = Work::kFold;
  folding_ = &worker;
  const float clip = training::clip_factor(worker.norm, settings().clip_norm);
  const Contribution update{.weight = static_cast<float>(worker.samples) * clip,
                            .slot = worker.slot};
  if (!jobs_.begin_fold(update, totals_.count == 0, 1 - sum_area_)) {
    work_failed();
  }
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::finish_fold() {
  work_ = Work::kNone;
  sum_area_ = 1 - sum_area_;
  totals_.add(*folding_);
  folding_->folded = true;
  release(folding_->slot);
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::start_aggregate() {
  work_ = Work::kAggregate;
  std::uint8_t header[std::max(training::DeltaHeader::kBytes, training::UpdateHeader::kBytes)];
  std::size_t header_bytes = 0;
  store::Region place = plan_.deltas[commit_.version % plan_.deltas.count];
  if (is_edge()) {
    round_open_ = false;
    header_bytes = encode(make_update_header(), header);
    place = plan_.outgoing[0];
  } else {
    delta_header_ = make_delta_header();
    header_bytes = encode(delta_header_, header);
  }
  if (!jobs_.begin_aggregate(contributions_, ByteView(header, header_bytes), place)) {
    work_failed();
  }
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::start_apply() {
  do {
    work_ = Work::kApply;
    model_area_ = free_model_area();
    const store::Region place = plan_.deltas[commit_.version % plan_.deltas.count];
    if (jobs_.begin_apply(place, delta_header_, model_area_)) {
      return;
    }
  } while (may_try_again());
}

/// Neither the one that counts nor the one that is being fetched; another one at each attempt.
template <store::Flash Flash, typename Coap>
std::uint8_t ParameterServer<Flash, Coap>::free_model_area() const {
  std::uint8_t found = 0;
  for (std::uint8_t i = 1; i < plan_.models.count; ++i) {
    found = static_cast<std::uint8_t>((commit_.model_area + i + attempts_) % plan_.models.count);
    const bool taken = found == commit_.model_area || (is_pinned() && found == pin_.area);
    if (!taken) {
      return found;
    }
  }
  return found == commit_.model_area ? static_cast<std::uint8_t>((found + 1) % plan_.models.count)
                                     : found;
}

/// All that belongs to the next version is written: it counts from now on.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::finish_round() {
  work_ = Work::kNone;
  Commit next = commit_;
  next.model_area = model_area_;
  ++next.version;
  next.applied += totals_.count;
  next.generation = static_cast<std::uint8_t>(1 - next.generation);
  next.has_vectors = true;
  if (plan_.control.count != 0) {
    next.control_generation = static_cast<std::uint8_t>(1 - next.control_generation);
    next.has_control = true;
  }
  next.update_norm = totals_.norms / static_cast<float>(totals_.count);
  next.step_norm = jobs_.step_norm();
  const std::uint32_t rounds = is_bulk() ? next.version : next.applied / settings().workers;
  next.state = rounds >= settings().rounds ? RunState::kDone : next.state;
  if (!commit(next)) {
    return fail("the commit cannot be written");
  }
  print_line("train: version ", commit_.version, " of ", totals_.count, " updates");
  release_round();
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::release_round() {
  for (std::uint16_t i = 0; i < contributions_.count; ++i) {
    release(workers_[contributions_.list[i].worker].slot);
  }
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    workers_[id].folded = false;
  }
  workers_.begin_version();
  totals_ = {};
  round_ms_ = now_ms_;
  if (commit_.state == RunState::kDone) {
    print_line("train: run ", settings().run_id, " is done");
  }
}

/// The store did not take something: again, elsewhere where that is possible.
template <store::Flash Flash, typename Coap> bool ParameterServer<Flash, Coap>::may_try_again() {
  store_failed();
  jobs_.abandon();
  const Work failed = work_;
  work_ = Work::kNone; // poll() begins it anew
  next_tick_ms_ = 0;
  round_open_ = is_edge() && failed != Work::kApply;
  if (++attempts_ >= kAttempts) {
    fail("the store does not take its vectors");
    return false;
  }
  return true;
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::work_failed() {
  const Work failed = work_;
  if (may_try_again() && failed == Work::kApply) {
    start_apply();
  }
}

} // namespace tinyml::device
