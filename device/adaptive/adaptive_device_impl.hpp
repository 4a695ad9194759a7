// SPDX-License-Identifier: Apache-2.0
// The member functions of AdaptiveDevice; included by adaptive_device.hpp alone.
#pragma once

#include "device/adaptive/adaptive_device.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
bool AdaptiveDevice<Flash, Coap, Step>::handle(const coap::Event &event, coap::Millis now_ms) {
  if (event.kind != coap::EventKind::kRequest) {
    return worker_.handle(event, now_ms);
  }
  const coap::MessageView &message = event.message;
  if (message.path_is("infer")) {
    return handle_infer(event, now_ms);
  }
  if (message.path_is("train/fit")) {
    return handle_fit(event, now_ms);
  }
  const bool get = message.code() == coap::Code::kGet;
  if (message.path_is("train/status") && get) {
    reply_message(event, status(), now_ms);
    return true;
  }
  const bool of_worker = message.path_is("train/data") || message.path_is("train/join");
  if (of_worker && !get && adaptation_.is_busy()) {
    reply(event, coap::Code::kServiceUnavailable, "the model is being adapted", now_ms);
    return true;
  }
  const bool handled = worker_.handle(event, now_ms);
  follow_worker();
  return handled;
}

/// True when it was answered; else it is the program's to answer.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
bool AdaptiveDevice<Flash, Coap, Step>::handle_infer(const coap::Event &event,
                                                     coap::Millis now_ms) {
  const auto state = adaptation_.status().state;
  const bool between_models =
      state == training::FitState::kStarting || state == training::FitState::kRestoring;
  if (between_models) {
    reply(event, coap::Code::kServiceUnavailable, "the model is being loaded", now_ms);
    return true;
  }
  if (turns_.see(event, now_ms) == ArenaTurns::Verdict::kBeginAgain) {
    reply(event, coap::Code::kRequestEntityIncomplete, "begin again", now_ms);
    return true;
  }
  return false;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
bool AdaptiveDevice<Flash, Coap, Step>::handle_fit(const coap::Event &event, coap::Millis now_ms) {
  switch (event.message.code()) {
  case coap::Code::kGet:
    reply_message(event, fit_status(), now_ms);
    break;
  case coap::Code::kPost:
    order_fit(event, now_ms);
    break;
  case coap::Code::kDelete:
    take_fit_back(event, now_ms);
    break;
  default:
    reply(event, coap::Code::kMethodNotAllowed, "", now_ms);
  }
  return true;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void AdaptiveDevice<Flash, Coap, Step>::order_fit(const coap::Event &event, coap::Millis now_ms) {
  const auto order = training::decode<training::FitOrder>(event.message.payload());
  if (!order.ok()) {
    return reply(event, coap::Code::kBadRequest, training::describe(order.error()), now_ms);
  }
  if (worker_.is_active()) {
    return reply(event, coap::Code::kConflict, "in a training run: DELETE /train/join ends it",
                 now_ms);
  }
  if (adaptation_.is_busy()) {
    return reply(event, coap::Code::kServiceUnavailable, "the model is being adapted", now_ms);
  }
  const auto fault = adaptation_.find_fault();
  if (fault != training::WorkerFault::kNone) {
    return reply(event, coap::Code::kConflict, training::describe(fault), now_ms);
  }
  adaptation_.fit(*order);
  reply(event, coap::Code::kChanged, "", now_ms);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void AdaptiveDevice<Flash, Coap, Step>::take_fit_back(const coap::Event &event,
                                                      coap::Millis now_ms) {
  if (worker_.is_active()) {
    return reply(event, coap::Code::kConflict, "in a training run: DELETE /train/join ends it",
                 now_ms);
  }
  reply(event, adaptation_.forget() ? coap::Code::kDeleted : coap::Code::kInternalServerError, "",
        now_ms);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void AdaptiveDevice<Flash, Coap, Step>::poll(coap::Millis now_ms) {
  if (wants_arena() && now_ms < turns_.quiet_until_ms()) {
    return;
  }
  if (wants_arena()) {
    turns_.taken();
  }
  if (adaptation_.is_busy()) {
    adaptation_.advance();
  } else {
    worker_.poll(now_ms);
    follow_worker();
  }
}

/// A run leaves parameters in the module that are nobody's, unless it came to its end.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void AdaptiveDevice<Flash, Coap, Step>::follow_worker() {
  if (in_run_ && !worker_.is_active()) {
    worker_.is_done() ? adaptation_.adopt(worker_.model()) : adaptation_.restore();
  }
  in_run_ = worker_.is_active();
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
coap::Millis AdaptiveDevice<Flash, Coap, Step>::next_deadline_ms() const {
  const coap::Millis due_ms = adaptation_.is_busy() ? 0 : worker_.next_deadline_ms();
  return wants_arena() ? std::max(due_ms, turns_.quiet_until_ms()) : due_ms;
}

/// The worker's, and beside runs what became of the latest order.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
training::WorkerStatus AdaptiveDevice<Flash, Coap, Step>::status() const {
  training::WorkerStatus status = worker_.status();
  const training::FitStatus fit = fit_status();
  if (worker_.is_active() || fit.steps == 0) {
    return status;
  }
  status.phase = adaptation_.is_busy()                    ? training::WorkerPhase::kTraining
                 : fit.state == training::FitState::kDone ? training::WorkerPhase::kDone
                                                          : training::WorkerPhase::kFailed;
  status.fault = fit.fault;
  status.step = fit.step;
  status.steps = fit.steps;
  status.mean_loss = fit.mean_loss;
  status.accuracy_before = fit.accuracy_before;
  status.accuracy_after = fit.accuracy_after;
  return status;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void AdaptiveDevice<Flash, Coap, Step>::reply(const coap::Event &event, coap::Code code,
                                              std::string_view text, coap::Millis now_ms) {
  coap::Draft draft = coap_.reply(event.request, code);
  if (code == coap::Code::kServiceUnavailable) {
    draft.message.option_uint(coap::OptionNumber::kMaxAge, 1);
  }
  if (!text.empty()) {
    draft.message.payload(text);
  }
  coap_.send(draft, now_ms);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
template <typename Message>
void AdaptiveDevice<Flash, Coap, Step>::reply_message(const coap::Event &event,
                                                      const Message &message, coap::Millis now_ms) {
  std::uint8_t bytes[Message::kBytes];
  training::encode(message, bytes);
  coap::Draft draft = coap_.reply(event.request, coap::Code::kContent);
  draft.message.content_format(coap::ContentFormat::kOctetStream);
  draft.message.payload(ByteView(bytes));
  coap_.send(draft, now_ms);
}

} // namespace tinyml::device
