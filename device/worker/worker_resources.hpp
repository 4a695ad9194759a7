// SPDX-License-Identifier: Apache-2.0
// The resources of TrainingWorker; included by worker_impl.hpp alone.
#pragma once

#include "device/worker/worker.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
bool TrainingWorker<Flash, Coap, Step>::handle_request(const coap::Event &event,
                                                       coap::Millis now_ms) {
  const coap::MessageView &message = event.message;
  const coap::Code method = message.code();
  coap::Code code = coap::Code::kMethodNotAllowed;
  if (message.path_is("train/status") && method == coap::Code::kGet) {
    answer_status(event, now_ms);
    return true;
  }
  const bool data = message.path_is("train/data") && method == coap::Code::kPut;
  if (data) {
    const auto piece = sink_.accept(event.peer, message, store_.shard.region().size_bytes);
    code = coap::BlockSink::code_for(piece.status);
    if (coap::is_success(code) && piece.status != coap::BlockSink::Status::kRepeated) {
      const coap::Code taken = take_data(piece);
      code = coap::is_success(taken) ? code : taken;
    }
  } else if (message.path_is("train/join")) {
    code = method == coap::Code::kPut      ? take_order(message.payload(), now_ms)
           : method == coap::Code::kDelete ? take_order_back()
                                           : code;
  } else if (!message.path_is("train/status") && !message.path_is("train/data")) {
    return false;
  }
  coap::Draft draft = coap_.reply(event.request, code);
  if (data) {
    sink_.add_to(draft.message);
  }
  coap_.send(draft, now_ms);
  return true;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
coap::Code TrainingWorker<Flash, Coap, Step>::take_order(ByteView payload, coap::Millis now_ms) {
  const auto order = training::decode<training::JoinOrder>(payload);
  if (!order.ok() || !order->server.present() || order->run_id == 0) {
    return coap::Code::kBadRequest;
  }
  started_ = true;
  if (is_active() && *order == order_) {
    return coap::Code::kChanged;
  }
  if (assignment_.order() != *order && !assignment_.keep(*order)) {
    return coap::Code::kInternalServerError;
  }
  begin(*order, now_ms);
  return coap::Code::kChanged;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
coap::Code TrainingWorker<Flash, Coap, Step>::take_order_back() {
  link_.forget();
  work_ = Work::kIdle;
  started_ = true;
  return assignment_.forget() ? coap::Code::kDeleted : coap::Code::kInternalServerError;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
coap::Code TrainingWorker<Flash, Coap, Step>::take_data(const coap::BlockSink::Piece &piece) {
  if (is_active()) {
    return coap::Code::kConflict; // the run reads the shard that would be replaced
  }
  using Put = typename ShardStore<Flash>::Put;
  switch (
      store_.shard.put(piece.bytes, piece.first, piece.status == coap::BlockSink::Status::kLast)) {
  case Put::kMore:
    return coap::Code::kContinue;
  case Put::kDone:
    started_ = false; // whoever had an order and no shard looks again
    return coap::Code::kChanged;
  case Put::kTooLarge:
    return coap::Code::kRequestEntityTooLarge;
  case Put::kStoreFailed:
    return coap::Code::kInternalServerError;
  case Put::kNotAShard:
    break;
  }
  return coap::Code::kBadRequest;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::answer_status(const coap::Event &event,
                                                      coap::Millis now_ms) {
  std::uint8_t bytes[training::WorkerStatus::kBytes];
  training::encode(status(), bytes);
  coap::Draft draft = coap_.reply(event.request, coap::Code::kContent);
  draft.message.content_format(coap::ContentFormat::kOctetStream);
  draft.message.payload(ByteView(bytes));
  coap_.send(draft, now_ms);
}

} // namespace tinyml::device
