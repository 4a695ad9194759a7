// SPDX-License-Identifier: Apache-2.0
// What TrainingWorker asks of its server; included by worker_impl.hpp alone.
#pragma once

#include "device/worker/worker.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
bool TrainingWorker<Flash, Coap, Step>::handle(const coap::Event &event, coap::Millis now_ms) {
  if (event.kind == coap::EventKind::kRequest) {
    return handle_request(event, now_ms);
  }
  using Answer = typename ServerLink<Coap>::Answer;
  switch (link_.take(event)) {
  case Answer::kNotOurs:
    return false;
  case Answer::kOld:
    return true;
  case Answer::kNone:
    if (!said_alive_) {
      try_again(now_ms);
    }
    return true;
  case Answer::kMessage:
    break;
  }
  due_ms_ = now_ms;
  bytes_down_ += static_cast<std::uint32_t>(event.message.payload().size());
  if (said_alive_) {
    still_wanted(event.message, now_ms);
  } else {
    handle_answer(event.message, now_ms);
  }
  return true;
}

/// A local training may take longer than the server waits for a sign of life.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::say_alive(coap::Millis now_ms) {
  coap::Draft draft = link_.request(coap::Code::kGet, "task");
  if (draft) {
    ServerLink<Coap>::add_query(draft, "w", id_);
    ServerLink<Coap>::add_query(draft, "v", version_);
    said_alive_ = link_.send(draft, now_ms);
    heard_ms_ = now_ms;
  }
}

/// Where all wait for each other, a training on an older version is of no use any more.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::still_wanted(const coap::MessageView &answer,
                                                     coap::Millis now_ms) {
  const auto task = training::decode<training::Task>(answer.payload());
  const bool bulk = settings_.barrier == training::Barrier::kBulk;
  if (bulk && is_silent() && coap::is_success(answer.code()) && task.ok() &&
      task->version != version_) {
    print_line("worker: round ", task_.round, " went on without this worker");
    go(Work::kAsk, now_ms);
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::request(coap::Millis now_ms) {
  coap::Draft draft = open_request();
  if (!draft) {
    due_ms_ = now_ms + kNoRoomMs;
    return;
  }
  said_alive_ = false;
  heard_ms_ = now_ms;
  fill_request(draft);
  if (work_ != Work::kFailed && !link_.send(draft, now_ms)) {
    due_ms_ = now_ms + kNoRoomMs;
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
coap::Draft TrainingWorker<Flash, Coap, Step>::open_request() {
  switch (work_) {
  case Work::kJoin:
    return link_.request(coap::Code::kPost, "join");
  case Work::kFetchModel:
    return link_.request(coap::Code::kGet, "model");
  case Work::kFetchControl:
    return link_.request(coap::Code::kGet, "control");
  case Work::kFetchDelta:
    return link_.request(coap::Code::kGet, "delta");
  case Work::kSend:
    return link_.request(coap::Code::kPut, "update");
  default:
    return link_.request(coap::Code::kGet, "task");
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::fill_request(coap::Draft &draft) {
  if (work_ == Work::kJoin) {
    const module::TrainingInfo &info = step_.training();
    training::JoinRequest request;
    request.run_id = order_.run_id;
    request.index = order_.index;
    request.correction = static_cast<training::CorrectionKind>(info.correction);
    request.instance = instance_;
    std::copy(std::begin(info.model_fingerprint), std::end(info.model_fingerprint),
              request.model.begin());
    request.parameter_count = info.parameter_count;
    request.learned_count = info.learned_count;
    request.samples = store_.shard.header()->training_samples;
    request.test_samples = store_.shard.header()->test_samples;
    request.version = version_;
    request.batch = info.batch;
    std::uint8_t bytes[training::JoinRequest::kBytes];
    bytes_up_ += static_cast<std::uint32_t>(training::encode(request, bytes));
    draft.message.payload(ByteView(bytes));
  } else if (work_ == Work::kSend) {
    ServerLink<Coap>::add_query(draft, "w", id_);
    upload_.add_to(draft.message);
    const auto part = upload_.next();
    const ByteSpan room = draft.message.begin_payload();
    if (room.size() < part.size_bytes ||
        !store_.read_codes(part.offset_bytes, room.first(part.size_bytes))) {
      return fail(training::WorkerFault::kStore);
    }
    draft.message.end_payload(part.size_bytes);
    bytes_up_ += part.size_bytes;
  } else if (work_ == Work::kAsk) {
    ServerLink<Coap>::add_query(draft, "w", id_);
    ServerLink<Coap>::add_query(draft, "v", version_);
  } else {
    if (work_ == Work::kFetchDelta) {
      ServerLink<Coap>::add_query(draft, "v", version_);
    }
    download_.add_to(draft.message);
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::handle_answer(const coap::MessageView &answer,
                                                      coap::Millis now_ms) {
  switch (work_) {
  case Work::kJoin:
    return joined(answer, now_ms);
  case Work::kFetchModel:
    return model_came(answer, now_ms);
  case Work::kFetchControl:
    return control_came(answer, now_ms);
  case Work::kFetchDelta:
    return delta_came(answer, now_ms);
  case Work::kAsk:
    return task_came(answer, now_ms);
  case Work::kSend:
    return sent(answer, now_ms);
  default:
    return;
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::joined(const coap::MessageView &answer,
                                               coap::Millis now_ms) {
  if (answer.code() == coap::Code::kConflict) {
    print_line("worker: ", answer.payload_text());
    return fail(training::WorkerFault::kRefused);
  }
  const auto joined = training::decode<training::JoinAnswer>(answer.payload());
  if (!coap::is_success(answer.code()) || !joined.ok()) {
    return try_again(now_ms); // no run or no model yet
  }
  link_.succeeded();
  settings_ = joined->settings;
  id_ = joined->worker;
  const module::TrainingInfo &info = step_.training();
  if (settings_.parameter_count != info.parameter_count ||
      settings_.learned_count != info.learned_count) {
    return fail(training::WorkerFault::kWrongModel);
  }
  print_line("worker: joined run ", order_.run_id, " as ", id_);
  go(version_ == training::kNoVersion ? Work::kFetchModel : Work::kAsk, now_ms);
}

/// Writes what came; true when that was all of the body.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
bool TrainingWorker<Flash, Coap, Step>::take_piece(const coap::BlockDownload::Piece &piece,
                                                   coap::Millis now_ms) {
  using enum coap::BlockDownload::Status;
  if (piece.status == kChanged || piece.status == kBad) {
    go(work_, now_ms); // from the start again
    if (piece.status == kBad) {
      try_again(now_ms);
    }
    return false;
  }
  if (piece.status == kRefused) {
    try_again(now_ms);
    return false;
  }
  link_.succeeded();
  const bool last = piece.status == kLast;
  if (!store_.writer.append(piece.bytes) || (last && !store_.writer.finish())) {
    fail(training::WorkerFault::kStore);
    return false;
  }
  return last;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::model_came(const coap::MessageView &answer,
                                                   coap::Millis now_ms) {
  if (!take_piece(download_.accept(answer), now_ms)) {
    return;
  }
  const ByteView etag = download_.etag();
  constexpr std::size_t kEtagBytes = 8; // run id, version
  if (download_.offset_bytes() != step_.training().parameter_count * sizeof(float) ||
      etag.size() != kEtagBytes) {
    go(Work::kFetchModel, now_ms);
    return try_again(now_ms);
  }
  store_.model.adopt();
  version_ = load_le<std::uint32_t>(etag.data() + sizeof(std::uint32_t));
  const bool control = step_.training().correction == module::TrainingCorrection::kControl;
  go(control ? Work::kFetchControl : Work::kAsk, now_ms);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::control_came(const coap::MessageView &answer,
                                                     coap::Millis now_ms) {
  if (answer.code() == coap::Code::kNotFound) {
    store_.server_control.set_zero();
    return go(Work::kAsk, now_ms);
  }
  if (!take_piece(download_.accept(answer), now_ms)) {
    return;
  }
  const ByteView etag = download_.etag();
  const bool of_the_model =
      etag.size() == 2 * sizeof(version_) &&
      load_le<std::uint32_t>(etag.data() + sizeof(std::uint32_t)) == version_ &&
      download_.offset_bytes() == step_.training().parameter_count * sizeof(float);
  if (!of_the_model) {
    return go(Work::kFetchModel, now_ms); // a delta came in between
  }
  store_.server_control.adopt();
  go(Work::kAsk, now_ms);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::task_came(const coap::MessageView &answer,
                                                  coap::Millis now_ms) {
  if (answer.code() == coap::Code::kNotFound) {
    return go(Work::kJoin, now_ms);
  }
  const auto task = training::decode<training::Task>(answer.payload());
  if (!coap::is_success(answer.code()) || !task.ok()) {
    return try_again(now_ms);
  }
  link_.succeeded();
  task_ = *task;
  follow_task(now_ms);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::delta_came(const coap::MessageView &answer,
                                                   coap::Millis now_ms) {
  if (answer.code() == coap::Code::kNotFound) {
    return go(Work::kFetchModel, now_ms);
  }
  const auto piece = download_.accept(answer);
  body_crc_.take(piece.bytes);
  if (!take_piece(piece, now_ms)) {
    return;
  }
  if (!body_crc_.good() || !check_delta()) {
    go(Work::kFetchDelta, now_ms);
    return try_again(now_ms);
  }
  go(Work::kApply, now_ms);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
bool TrainingWorker<Flash, Coap, Step>::check_delta() {
  std::uint8_t bytes[training::DeltaHeader::kBytes];
  if (!store_.read_codes(0, bytes)) {
    return false;
  }
  const auto header = training::decode<training::DeltaHeader>(ByteView(bytes));
  if (!header.ok() || header->run_id != order_.run_id || header->version != version_ ||
      header->parameter_count != step_.training().parameter_count) {
    return false;
  }
  delta_ = *header;
  const auto coding = static_cast<training::Coding>(header->coding);
  return download_.offset_bytes() == sizeof(bytes) + training::kTrailerBytes +
                                         training::coded_bytes(coding, header->parameter_count);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::sent(const coap::MessageView &answer, coap::Millis now_ms) {
  using enum coap::BlockUpload::Status;
  switch (upload_.accept(answer)) {
  case kMore:
    return link_.succeeded();
  case kDone:
    link_.succeeded();
    return update_taken(now_ms);
  case kBad:
    go(Work::kSend, now_ms);
    return try_again(now_ms);
  case kRefused:
    break;
  }
  switch (answer.code()) {
  case coap::Code::kNotFound:
    return go(Work::kJoin, now_ms); // the update waits for its task
  case coap::Code::kRequestEntityIncomplete:
    return go(Work::kSend, now_ms);
  case coap::Code::kServiceUnavailable:
    go(Work::kSend, now_ms + 1000 * answer.find_uint(coap::OptionNumber::kMaxAge).value_or(1));
    return;
  case coap::Code::kBadRequest:
    if (!sent_twice_) {
      sent_twice_ = true;
      return go(Work::kSend, now_ms);
    }
    return drop_update(answer.code(), now_ms);
  case coap::Code::kConflict:
  case coap::Code::kForbidden:
  case coap::Code::kUnprocessableEntity:
    return drop_update(answer.code(), now_ms);
  default:
    go(Work::kSend, now_ms);
    return try_again(now_ms);
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::update_taken(coap::Millis now_ms) {
  ++taken_;
  update_waits_ = false;
  store_.residual.adopt();
  const bool control = step_.training().correction == module::TrainingCorrection::kControl;
  go(control && update_.step_sum > 0 ? Work::kMoveControl : Work::kAsk, now_ms);
}

/// Too late, the old residual holds; refused for what it said, that may come from the residual.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::drop_update(coap::Code why, coap::Millis now_ms) {
  ++refused_;
  update_waits_ = false;
  if (why == coap::Code::kForbidden || why == coap::Code::kUnprocessableEntity) {
    store_.residual.set_zero();
  }
  go(Work::kAsk, now_ms);
}

} // namespace tinyml::device
