// SPDX-License-Identifier: Apache-2.0
// ParameterServer's status, join and task; included by server.hpp alone.
#pragma once

#include "device/parameter_server/server.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap>
training::RunStatus ParameterServer<Flash, Coap>::status() const {
  training::RunStatus status;
  status.state = is_closing() ? RunState::kClosing : commit_.state;
  status.folded = plan_.folded ? 1 : 0;
  status.run_id = settings().run_id;
  status.version = commit_.version;
  status.round = has_run() ? round() : 0;
  status.rounds = settings().rounds;
  status.workers = settings().workers;
  status.joined = workers_.joined();
  status.live = workers_.live(now_ms_, settings().lost_ms);
  status.delivered = workers_.delivered();
  status.restarts = commit_.restarts;
  status.joins = commit_.joins;
  std::copy_n(refused_, training::kRefusals, status.refused);
  status.store_errors = store_errors_;
  status.update_norm = commit_.update_norm;
  status.step_norm = commit_.step_norm;
  return status;
}

/// Status and records are made anew for every block; the window is cut out of them.
template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::get_status(const coap::Event &event) {
  constexpr auto kHead = static_cast<std::uint32_t>(training::RunStatus::kBytes);
  constexpr auto kRecord = static_cast<std::uint32_t>(training::WorkerRecord::kBytes);
  const std::uint32_t total = kHead + workers_.joined() * kRecord;
  const auto window = coap::BlockWindow::of(event.message, total);
  coap::Draft draft = coap_.reply(event.request, Code::kContent);
  draft.message.content_format(coap::ContentFormat::kOctetStream);
  window.add_to(draft.message);
  const ByteSpan room = draft.message.begin_payload();
  if (!window.valid || room.size() < window.size_bytes) {
    return reply(event, Code::kBadRequest, "the block lies behind the end");
  }
  const auto copy = [&](std::uint32_t at, ByteView piece) {
    for (std::uint32_t i = 0; i < piece.size(); ++i) {
      const std::uint32_t to = at + i - window.offset_bytes;
      if (to < window.size_bytes) {
        room[to] = piece[i];
      }
    }
  };
  std::uint8_t bytes[std::max(kHead, kRecord)];
  copy(0, ByteView(bytes, encode(status(), bytes)));
  std::uint32_t at = kHead;
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    if (workers_[id].expected) {
      const auto record = record_of(workers_, id, commit_.version, now_ms_, settings().lost_ms);
      copy(at, ByteView(bytes, encode(record, bytes)));
      at += kRecord;
    }
  }
  draft.message.end_payload(window.size_bytes);
  coap_.send(draft, now_ms_);
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::post_join(const coap::Event &event) {
  const auto request = training::decode<training::JoinRequest>(event.message.payload());
  if (!request) {
    return reply(event, Code::kBadRequest, describe(request.error()));
  }
  if (!has_run() || request->run_id != settings().run_id) {
    return reply(event, Code::kNotFound, "there is no such run here");
  }
  const bool same = request->model == settings().model &&
                    request->parameter_count == settings().parameter_count &&
                    request->learned_count == settings().learned_count;
  if (!same) {
    return reply(event, Code::kConflict, "the run is of another model");
  }
  if (request->index >= settings().workers) {
    return reply(event, Code::kConflict, "the run has fewer workers than that");
  }
  if (settings().strategy == training::Strategy::kScaffold &&
      request->correction != training::CorrectionKind::kControl && request->samples != 0) {
    return reply(event, Code::kConflict, "scaffold needs a module that takes a control vector");
  }
  if (!has_model()) {
    return reply_later(event, "the run has no model yet");
  }
  seat(*request, event.peer);
  reply_message(event, Code::kCreated,
                training::JoinAnswer{.worker = request->index, .settings = settings()});
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::seat(const training::JoinRequest &request, coap::PeerId peer) {
  Worker &worker = workers_[request.index];
  const bool first = workers_.joined() == 0;
  if (!worker.known || worker.instance != request.instance) {
    if (UploadSession *session = uploads_.find(request.index); session != nullptr) {
      close(*session);
    }
    worker.clock = std::max(worker.clock, workers_.slowest(now_ms_, settings().lost_ms));
    worker.is_training = false;
    worker.answered = false;
    ++commit_.joins; // written with the next commit
  }
  worker.peer = peer;
  worker.instance = request.instance;
  worker.version = request.version;
  worker.samples = request.samples;
  worker.seen_ms = now_ms_;
  worker.known = true;
  worker.expected = true;
  commit_.set_joined(request.index);
  round_ms_ = first && commit_.state == RunState::kJoining ? now_ms_ : round_ms_;
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::get_task(const coap::Event &event) {
  const std::uint32_t id = number_of(event, "w");
  Worker *worker = id < workers_.size() ? workers_.find(static_cast<std::uint16_t>(id)) : nullptr;
  if (worker == nullptr || !has_model()) {
    return reply(event, Code::kNotFound, "unknown worker: POST /train/join");
  }
  worker->seen_ms = now_ms_;
  worker->peer = event.peer;
  reply_message(event, Code::kContent, task_for(*worker, number_of(event, "v")));
}

template <store::Flash Flash, typename Coap>
training::Task ParameterServer<Flash, Coap>::task_for(Worker &worker, std::uint32_t has) {
  worker.version = has != training::kNoVersion ? has : worker.version;
  training::Task task;
  task.run_id = settings().run_id;
  task.version = commit_.version;
  task.oldest_delta = oldest_delta();
  task.wait_ms = settings().poll_ms;
  task.round = is_bulk() ? commit_.version : worker.delivered;
  const std::uint64_t behind = std::uint64_t{commit_.version} - std::min(has, commit_.version);
  const bool many = behind > 1 && behind * delta_bytes(settings()) > vector_bytes(settings());
  task.whole_model = many && !(is_shared() && pin_.version <= has) ? 1 : 0;
  task.action = commit_.state == RunState::kDone ? training::Action::kDone
                : may_train_now(worker)          ? training::Action::kTrain
                                                 : training::Action::kWait;
  if (task.action == training::Action::kTrain) {
    add_local_work(task);
    worker.is_training = true;
  }
  return task;
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::add_local_work(training::Task &task) const {
  if (is_edge()) {
    task.rate = edge_task_.rate;
    task.local_steps = edge_task_.local_steps;
    task.local_epochs = edge_task_.local_epochs;
    return;
  }
  const std::uint32_t last_round = settings().rounds - 1U;
  task.rate = training::rate_in_round(settings(), std::min(round(), last_round));
  task.local_steps = settings().local_steps;
  task.local_epochs = settings().local_epochs;
}

template <store::Flash Flash, typename Coap>
bool ParameterServer<Flash, Coap>::may_train_now(const Worker &worker) {
  if (commit_.state != RunState::kRunning || worker.has_delivered() ||
      worker.excluded_until > commit_.version) {
    return false;
  }
  if (is_bulk()) {
    return !is_closing() && round_is_open();
  }
  std::uint32_t clocks[training::kMaxWorkers];
  std::uint32_t live = 0;
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    if (workers_.is_live(workers_[id], now_ms_, settings().lost_ms)) {
      clocks[live++] = workers_[id].clock;
    }
  }
  const std::uint64_t seed = std::uint64_t{settings().seed} << 32 | questions_++;
  return training::may_train(settings(), worker.clock, std::span(clocks, live), seed);
}

} // namespace tinyml::device
