// SPDX-License-Identifier: Apache-2.0
// ParameterServer's requests but for updates; included by server.hpp alone.
#pragma once

#include "base/decimal.hpp"
#include "device/parameter_server/server.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap>
bool ParameterServer<Flash, Coap>::handle(const coap::Event &event, coap::Millis now_ms) {
  read_clock(now_ms);
  if (event.kind != coap::EventKind::kRequest) {
    return is_edge() && upstream_.handle(event, now_ms);
  }
  const auto name = event.message.path_segment(1);
  if (event.message.path_size() != 2 || event.message.path_segment(0) != "train" ||
      !is_resource(*name)) {
    return false;
  }
  if (!answer(event, *name)) {
    reply(event, Code::kMethodNotAllowed);
  }
  return true;
}

template <store::Flash Flash, typename Coap>
bool ParameterServer<Flash, Coap>::is_resource(std::string_view name) {
  constexpr std::string_view kNames[] = {"run",   "model",  "control", "join",
                                         "delta", "update", "status",  "task"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

/// By direct calls, so that the stack's bound is known. False: not by this method.
template <store::Flash Flash, typename Coap>
bool ParameterServer<Flash, Coap>::answer(const coap::Event &event, std::string_view name) {
  switch (event.message.code()) {
  case Code::kGet:
    return answer_get(event, name);
  case Code::kPut:
    return answer_put(event, name);
  case Code::kPost:
    return name == "join" && (post_join(event), true);
  case Code::kDelete:
    return name == "run" && (delete_run(event), true);
  default:
    return false;
  }
}

template <store::Flash Flash, typename Coap>
bool ParameterServer<Flash, Coap>::answer_get(const coap::Event &event, std::string_view name) {
  if (name == "task") {
    get_task(event);
  } else if (name == "model") {
    get_model(event);
  } else if (name == "delta") {
    get_delta(event);
  } else if (name == "control") {
    get_control(event);
  } else if (name == "status") {
    get_status(event);
  } else {
    return false;
  }
  return true;
}

template <store::Flash Flash, typename Coap>
bool ParameterServer<Flash, Coap>::answer_put(const coap::Event &event, std::string_view name) {
  if (name == "update") {
    put_update(event);
  } else if (name == "model") {
    put_model(event);
  } else if (name == "run") {
    put_run(event);
  } else {
    return false;
  }
  return true;
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::reply(const coap::Event &event, Code code,
                                         std::string_view text) {
  coap::Draft draft = coap_.reply(event.request, code);
  if (!text.empty()) {
    draft.message.payload(text);
  }
  coap_.send(draft, now_ms_);
}

/// 5.03 with the second after which to try again (RFC 7252 section 5.9.3.4).
template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::reply_later(const coap::Event &event, std::string_view text) {
  coap::Draft draft = coap_.reply(event.request, Code::kServiceUnavailable);
  draft.message.option_uint(coap::OptionNumber::kMaxAge, 1);
  draft.message.payload(text);
  coap_.send(draft, now_ms_);
}

template <store::Flash Flash, typename Coap>
template <typename Message>
void ParameterServer<Flash, Coap>::reply_message(const coap::Event &event, Code code,
                                                 const Message &message) {
  coap::Draft draft = coap_.reply(event.request, code);
  draft.message.content_format(coap::ContentFormat::kOctetStream);
  const ByteSpan room = draft.message.begin_payload();
  if (room.size() >= Message::kBytes) {
    draft.message.end_payload(encode(message, room));
  }
  coap_.send(draft, now_ms_);
}

/// The number in the query "key=…"; kNoVersion when there is none.
template <store::Flash Flash, typename Coap>
std::uint32_t ParameterServer<Flash, Coap>::number_of(const coap::Event &event,
                                                      std::string_view key) {
  constexpr std::size_t kMostDigits = 9;
  const auto text = event.message.query(key);
  if (!text || text->empty() || text->size() > kMostDigits) {
    return training::kNoVersion;
  }
  std::uint32_t number = 0;
  for (const char digit : *text) {
    if (digit < '0' || digit > '9') {
      return training::kNoVersion;
    }
    number = number * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return number;
}

/// A part of the store as a body. A worker that gets its end then holds the version `holds`, unless
/// that is kNoVersion.
template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::serve(const coap::Event &event, std::uint32_t offset,
                                         std::uint32_t size_bytes, std::uint32_t version,
                                         std::uint32_t holds) {
  const auto window = coap::BlockWindow::of(event.message, size_bytes);
  if (!window.valid) {
    return reply(event, Code::kBadRequest, "the block lies behind the end");
  }
  std::uint8_t etag[8];
  store_le(etag, settings().run_id);
  store_le(etag + 4, version);
  coap::Draft draft = coap_.reply(event.request, Code::kContent);
  draft.message.option(coap::OptionNumber::kETag, ByteView(etag));
  draft.message.content_format(coap::ContentFormat::kOctetStream);
  window.add_to(draft.message);
  const ByteSpan room = draft.message.begin_payload();
  if (room.size() < window.size_bytes ||
      flash_.read(offset + window.offset_bytes, room.first(window.size_bytes)) !=
          hal::Status::kOk) {
    ++store_errors_;
    return reply(event, Code::kInternalServerError, "the store cannot be read");
  }
  draft.message.end_payload(window.size_bytes);
  coap_.send(draft, now_ms_);
  if (Worker *worker = workers_.find(event.peer); worker != nullptr) {
    worker->bytes_down += window.size_bytes;
    worker->seen_ms = now_ms_;
    const bool last = window.offset_bytes + window.size_bytes == size_bytes;
    worker->version = last && holds != training::kNoVersion ? holds : worker->version;
  }
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::put_run(const coap::Event &event) {
  const auto wanted = training::decode<training::RunSettings>(event.message.payload());
  if (!wanted) {
    const bool told = wanted.error() == training::MessageError::kSettings;
    const auto raw =
        told ? training::fault_of(event.message.payload()) : training::SettingsFault::kNone;
    return reply(event, Code::kBadRequest, told ? describe(raw) : describe(wanted.error()));
  }
  const bool over = commit_.state == RunState::kDone || commit_.state == RunState::kFailed;
  if (has_run() && *wanted == settings()) {
    return reply(event, Code::kChanged);
  }
  if (has_run() && !over) {
    return reply(event, Code::kConflict, "another run is under way: DELETE /train/run first");
  }
  const auto plan = plan_store(*wanted, user_, flash_.info());
  if (!plan) {
    return reply(event, Code::kRequestEntityTooLarge,
                 "the store is too small for this run: fewer workers, a coding of fewer bits, or "
                 "the mean instead of the median");
  }
  forget_run();
  Commit next;
  next.settings = *wanted;
  next.state = RunState::kNoModel;
  if (!commit(next)) {
    return reply(event, Code::kInternalServerError, "the store failed");
  }
  configure();
  print_line("train: run ", settings().run_id, ", ", strategy_name(settings().strategy), ", ",
             barrier_name(settings().barrier), ", ", settings().workers, " workers, ",
             settings().rounds, " rounds", plan_.folded ? ", updates are summed at arrival" : "");
  reply(event, Code::kChanged);
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::delete_run(const coap::Event &event) {
  if (has_run()) {
    print_line("train: run ", settings().run_id, " deleted");
    forget_run();
    if (!commit(Commit{})) {
      return reply(event, Code::kInternalServerError, "the store failed");
    }
    configure();
  }
  reply(event, Code::kDeleted);
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::put_model(const coap::Event &event) {
  const bool open = commit_.state == RunState::kNoModel || commit_.state == RunState::kJoining;
  if (!open || settings().upstream.present()) {
    return reply(event, Code::kConflict,
                 !has_run() ? "PUT /train/run first"
                 : open     ? "an edge aggregator fetches its model from its upstream"
                            : "the run has begun");
  }
  const auto piece = model_sink_.accept(event.peer, event.message, vector_bytes(settings()));
  Code code = coap::BlockSink::code_for(piece.status);
  if (coap::is_success(code) && piece.status != coap::BlockSink::Status::kRepeated) {
    const Code taken = take_model(piece);
    code = coap::is_success(taken) ? code : taken;
  }
  coap::Draft draft = coap_.reply(event.request, code);
  model_sink_.add_to(draft.message);
  coap_.send(draft, now_ms_);
}

template <store::Flash Flash, typename Coap>
coap::Code ParameterServer<Flash, Coap>::take_model(const coap::BlockSink::Piece &piece) {
  const std::uint8_t area = commit_.model_area == 0 ? 1 : 0;
  if (piece.first && !model_writer_.begin(plan_.models[area])) {
    store_failed();
    return Code::kInternalServerError;
  }
  for (std::size_t at = 0; at + 4 <= piece.bytes.size(); at += 4) {
    constexpr std::uint32_t kExponent = 0x7F800000;
    if ((load_le<std::uint32_t>(piece.bytes.data() + at) & kExponent) == kExponent) {
      model_sink_.reset();
      return Code::kUnprocessableEntity;
    }
  }
  if (!model_writer_.append(piece.bytes)) {
    store_failed();
    return Code::kInternalServerError;
  }
  if (piece.status != coap::BlockSink::Status::kLast) {
    return Code::kContinue;
  }
  if (piece.offset_bytes + piece.bytes.size() != vector_bytes(settings())) {
    return Code::kBadRequest; // not as many values as the model has
  }
  Commit next = commit_;
  next.model_area = area;
  next.state = RunState::kJoining;
  const bool good = model_writer_.finish() && commit(next);
  pin_ = {};
  return good ? Code::kChanged : Code::kInternalServerError;
}

template <store::Flash Flash, typename Coap> bool ParameterServer<Flash, Coap>::is_pinned() const {
  return pin_.active && now_ms_ - pin_.seen_ms < kPinMs;
}

template <store::Flash Flash, typename Coap>
std::uint32_t ParameterServer<Flash, Coap>::oldest_delta() const {
  const std::uint32_t kept = plan_.deltas.count - 1; // one is being written
  return commit_.version > kept ? commit_.version - kept : 0;
}

/// Is someone in the midst of fetching an older version than the newest?
template <store::Flash Flash, typename Coap> bool ParameterServer<Flash, Coap>::is_shared() const {
  return pin_.active && now_ms_ - pin_.seen_ms < kSharedMs && pin_.version >= oldest_delta() &&
         commit_.state != RunState::kDone;
}

/// Who begins gets the version that others are fetching just now, so that they do not hinder each
/// other, unless it asks for a newer one.
template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::get_model(const coap::Event &event) {
  if (!has_model()) {
    return reply(event, Code::kNotFound, "there is no model yet");
  }
  const auto block = event.message.block(coap::OptionNumber::kBlock2);
  const bool begins = !block || block->number == 0;
  const std::uint32_t wanted = number_of(event, "v");
  const bool too_old = wanted != training::kNoVersion && pin_.version < wanted;
  if (!is_pinned() || (begins && (too_old || !is_shared()))) {
    pin_ = {.active = true, .area = commit_.model_area, .version = commit_.version};
  }
  pin_.seen_ms = now_ms_;
  serve(event, plan_.models[pin_.area].offset, vector_bytes(settings()), pin_.version,
        pin_.version);
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::get_control(const coap::Event &event) {
  if (!has_model() || plan_.control.count == 0) {
    return reply(event, Code::kNotFound, "this run has no control vector");
  }
  if (!commit_.has_control && !write_first_control()) {
    return reply(event, Code::kInternalServerError, "the store failed");
  }
  serve(event, plan_.control[commit_.control_generation].offset, vector_bytes(settings()),
        commit_.version, training::kNoVersion);
}

/// Zeros, which nobody had to write before.
template <store::Flash Flash, typename Coap>
bool ParameterServer<Flash, Coap>::write_first_control() {
  const store::Region region = plan_.control[commit_.control_generation];
  bool good = !jobs_.busy() && erase(flash_, region);
  const std::uint32_t total = settings().parameter_count;
  for (std::uint32_t index = 0; good && index * kBlockValues < total; ++index) {
    const BlockRange range = BlockRange::of(index, total);
    const auto zeros = jobs_.scratch().first(range.count);
    std::fill(zeros.begin(), zeros.end(), 0.0F);
    good = write_block(flash_, region, range, jobs_.scratch());
  }
  Commit next = commit_;
  next.has_control = true;
  return good && commit(next);
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::get_delta(const coap::Event &event) {
  const std::uint32_t version = number_of(event, "v");
  if (!has_model() || version >= commit_.version || version < oldest_delta()) {
    return reply(event, Code::kNotFound, "that delta is not kept: GET /train/model");
  }
  serve(event, plan_.deltas[version % plan_.deltas.count].offset, delta_bytes(settings()), version,
        version + 1);
}

} // namespace tinyml::device
