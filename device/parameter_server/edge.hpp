// SPDX-License-Identifier: Apache-2.0
// ParameterServer as an edge aggregator: its model and deltas come from an upstream, its rounds
// open when that says so. Included by server.hpp alone.
#pragma once

#include "device/parameter_server/server.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::connect_upstream() {
  round_open_ = false;
  sent_version_ = training::kNoVersion;
  if (!is_edge()) {
    return upstream_.disconnect();
  }
  // Another number at each start: the store's history is all there is to draw it from.
  const std::uint32_t instance = settings().run_id ^ (commit_.restarts + 1U) * 0x9E3779B9U;
  upstream_.connect(settings(), instance, held_version());
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::follow_upstream() {
  using News = typename Upstream<Flash, Coap>::News;
  switch (upstream_.take_news()) {
  case News::kNone:
    return;
  case News::kTask:
    return follow_upstream_task(upstream_.task());
  case News::kBody:
    return take_body();
  case News::kMissing:
    // A delta that is no longer kept: the whole model has to come. Else it is asked for anew.
    return fetching_ == Fetching::kDelta ? fetch(Fetching::kModel) : ask_upstream(0);
  case News::kTaken:
  case News::kRefused:
    return;
  }
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::ask_upstream(std::uint32_t in_ms) {
  upstream_.ask(clock_ms_ + in_ms, held_version());
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::follow_upstream_task(const training::Task &task) {
  const std::uint32_t held = held_version();
  if (held == training::kNoVersion ||
      (task.version > held && (task.whole_model != 0 || held < task.oldest_delta))) {
    return fetch(Fetching::kModel);
  }
  if (task.version > held) {
    return fetch(Fetching::kDelta);
  }
  if (task.action == training::Action::kDone) {
    return end_with_upstream();
  }
  if (task.action == training::Action::kTrain && sent_version_ != held && !round_open_ &&
      commit_.state == RunState::kRunning) {
    round_open_ = true;
    edge_task_ = task;
    round_ms_ = now_ms_;
  }
  ask_upstream(std::max<std::uint32_t>(task.wait_ms, 10));
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::fetch(Fetching what) {
  if (round_open_) {
    drop_round(); // the upstream has gone on without it
  }
  fetching_ = what;
  if (what == Fetching::kDelta) {
    return upstream_.fetch("delta", plan_.deltas[commit_.version % plan_.deltas.count]);
  }
  if (what == Fetching::kControl) {
    return upstream_.fetch("control", plan_.control[1U - commit_.control_generation]);
  }
  model_area_ = free_model_area();
  upstream_.fetch("model", plan_.models[model_area_]);
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::take_body() {
  if (fetching_ == Fetching::kDelta) {
    return take_delta();
  }
  const bool whole = upstream_.body_bytes() == vector_bytes(settings());
  if (!whole || upstream_.version() == training::kNoVersion) {
    return fetch(Fetching::kModel);
  }
  if (fetching_ == Fetching::kModel && plan_.control.count != 0) {
    fetched_version_ = upstream_.version();
    return fetch(Fetching::kControl);
  }
  if (fetching_ == Fetching::kControl && upstream_.version() != fetched_version_) {
    return fetch(Fetching::kModel); // a delta came in between
  }
  Commit next = commit_;
  next.version = upstream_.version();
  next.model_area = model_area_;
  next.state = next.state == RunState::kNoModel ? RunState::kJoining : next.state;
  if (fetching_ == Fetching::kControl) {
    next.control_generation = static_cast<std::uint8_t>(1 - next.control_generation);
    next.has_control = true;
  }
  static_cast<void>(commit(next)); // else it is fetched again
  ask_upstream(0);
}

/// Its place in the ring is written; it is added to the model and handed on as it is.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::take_delta() {
  const store::Region place = plan_.deltas[commit_.version % plan_.deltas.count];
  std::uint8_t head[training::DeltaHeader::kBytes];
  const bool read = flash_.read(place.offset, head) == hal::Status::kOk;
  const auto header = training::decode<training::DeltaHeader>(ByteView(head));
  const bool good = read && header && upstream_.body_has_good_crc() &&
                    upstream_.body_bytes() == delta_bytes(settings()) &&
                    header->run_id == settings().run_id && header->version == commit_.version &&
                    header->coding == settings().delta_coding &&
                    header->parameter_count == settings().parameter_count;
  if (!good) {
    return fetch(Fetching::kModel);
  }
  delta_header_ = *header;
  start_apply();
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::end_with_upstream() {
  upstream_.disconnect();
  Commit next = commit_;
  next.state = RunState::kDone;
  static_cast<void>(commit(next));
  print_line("train: run ", settings().run_id, " is done");
}

/// The workers' means, each by its samples, under the edge aggregator's own name.
template <store::Flash Flash, typename Coap>
training::UpdateHeader ParameterServer<Flash, Coap>::make_update_header() const {
  training::UpdateHeader header;
  header.run_id = settings().run_id;
  header.worker = settings().upstream_index;
  header.coding = settings().update_coding;
  header.base_version = commit_.version;
  header.parameter_count = settings().parameter_count;
  header.step_sum = totals_.step_sums / totals_.samples;
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    const Worker &worker = workers_[id];
    if (worker.has_delivered()) {
      const float share = static_cast<float>(worker.samples) / totals_.samples;
      header.samples += worker.samples;
      header.steps += worker.steps;
      header.mean_loss += share * worker.mean_loss;
      header.accuracy_before += share * worker.accuracy_before;
      header.accuracy_after += share * worker.accuracy_after;
      header.cycles += worker.cycles;
      header.train_ms = std::max(header.train_ms, worker.train_ms);
    }
  }
  return header;
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::send_upstream() {
  work_ = Work::kSend;
  upstream_.send(plan_.outgoing[0], update_bytes(settings()));
}

/// What the codes left over counts only if they were taken.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::finish_sending() {
  using News = typename Upstream<Flash, Coap>::News;
  const News news = upstream_.take_news();
  if (news == News::kNone) {
    return;
  }
  work_ = Work::kNone;
  if (news == News::kTaken) {
    Commit next = commit_;
    next.generation = static_cast<std::uint8_t>(1 - next.generation);
    next.has_vectors = true;
    next.applied += totals_.count;
    next.update_norm = totals_.norms / static_cast<float>(totals_.count);
    static_cast<void>(commit(next));
    sent_version_ = commit_.version;
  }
  print_line("train: update of ", totals_.count, " workers ",
             news == News::kTaken ? "taken by the upstream" : "refused by the upstream");
  release_round();
  ask_upstream(0);
}

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::drop_round() {
  round_open_ = false;
  jobs_.abandon();
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    release(workers_[id].slot);
  }
  contributions_ = {};
  release_round();
}

/// The delta that came from upstream is in the model.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::finish_delta() {
  work_ = Work::kNone;
  Commit next = commit_;
  next.model_area = model_area_;
  ++next.version;
  if (plan_.control.count != 0) {
    next.control_generation = static_cast<std::uint8_t>(1 - next.control_generation);
    next.has_control = true;
  }
  next.step_norm = jobs_.step_norm();
  if (!commit(next)) {
    return fail("the commit cannot be written");
  }
  workers_.begin_version();
  print_line("train: version ", commit_.version, " from the upstream");
  ask_upstream(0);
}

} // namespace tinyml::device
