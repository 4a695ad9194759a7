// SPDX-License-Identifier: Apache-2.0
#include "service/lwm2m/coap_node.hpp"

#include <utility>

namespace tinyml::service {

using coap::Event;
using coap::EventKind;

void CoapNode::receive(coap::PeerId from, ByteView datagram, coap::Millis now_ms) {
  handle(endpoint_.receive(from, datagram, now_ms), now_ms);
  drain(now_ms);
}

void CoapNode::poll(coap::Millis now_ms) { drain(now_ms); }

void CoapNode::drain(coap::Millis now_ms) {
  if (std::exchange(draining_, true)) {
    return; // a callback asked for something: the loop below sends it
  }
  for (const Handle handle : std::exchange(refused_, {})) {
    end(handle);
  }
  while (const Event event = endpoint_.poll(now_ms)) {
    handle(event, now_ms);
  }
  draining_ = false;
}

void CoapNode::handle(const Event &event, coap::Millis now_ms) {
  switch (event.kind) {
  case EventKind::kSend:
    return hooks_.send(event.peer, event.datagram);
  case EventKind::kRequest:
    return hooks_.request(event);
  case EventKind::kResponse:
    return respond(event.tag, event, now_ms);
  case EventKind::kNotification:
    return notify(event.tag, event);
  case EventKind::kTimeout:
  case EventKind::kRejected: {
    const auto found = talks_.find(event.tag);
    if (event.exchange == coap::ExchangeKind::kRequest && found != talks_.end()) {
      found->second->conversation.end_with(
          event.kind == EventKind::kTimeout ? CoapAnswer::End::kTimeout : CoapAnswer::End::kReset);
      end(event.tag);
    }
    return;
  }
  case EventKind::kNone:
  case EventKind::kPong:
    return;
  }
}

CoapNode::Handle CoapNode::ask(coap::PeerId peer, lwm2m::ClientRequest request, Callbacks callbacks,
                               coap::Millis now_ms) {
  const Handle handle = next_handle_++;
  const auto talk = std::make_shared<Talk>(
      Talk{peer, {}, Conversation(std::move(request), std::move(callbacks))});
  talks_[handle] = talk;
  if (!send_next(handle, *talk, now_ms)) {
    talk->conversation.end_with(CoapAnswer::End::kCancelled);
    refused_.push_back(handle);
  }
  return handle;
}

bool CoapNode::send_next(Handle handle, Talk &talk, coap::Millis now_ms) {
  coap::Draft draft = endpoint_.request(talk.peer, talk.conversation.method());
  if (!draft) {
    return false;
  }
  talk.conversation.write(draft.message);
  talk.token = draft.exchange->token;
  return endpoint_.send(draft, now_ms, handle);
}

void CoapNode::respond(Handle handle, const Event &event, coap::Millis now_ms) {
  const auto found = talks_.find(handle);
  if (found == talks_.end()) {
    return;
  }
  const std::shared_ptr<Talk> talk = found->second;
  talk->observing = event.observing;
  if (talk->conversation.accept(event.message)) {
    if (send_next(handle, *talk, now_ms)) {
      return;
    }
    talk->conversation.end_with(CoapAnswer::End::kCancelled);
  }
  if (!talk->observing) {
    return end(handle);
  }
  CoapAnswer answer = talk->conversation.answer();
  answer.observing = true;
  talk->conversation.callbacks().done(answer);
}

void CoapNode::notify(Handle handle, const Event &event) {
  const auto found = talks_.find(handle);
  if (found == talks_.end()) {
    return;
  }
  const std::shared_ptr<Talk> talk = found->second;
  const auto format = event.message.content_format();
  const ByteView payload = event.message.payload();
  const CoapAnswer notification{
      .end = CoapAnswer::End::kAnswered,
      .code = event.message.code(),
      .content_format = format ? std::optional(static_cast<std::uint16_t>(*format)) : std::nullopt,
      .payload = {payload.begin(), payload.end()}};
  if (!coap::is_success(notification.code)) {
    talks_.erase(found); // RFC 7641 section 4.2: an error ends the observation
  }
  if (talk->conversation.callbacks().notified) {
    talk->conversation.callbacks().notified(notification);
  }
}

void CoapNode::end(Handle handle) {
  const auto found = talks_.find(handle);
  if (found == talks_.end()) {
    return;
  }
  const std::shared_ptr<Talk> talk = found->second;
  talks_.erase(found);
  talk->conversation.callbacks().done(talk->conversation.answer());
}

void CoapNode::forget(Handle handle) {
  const auto found = talks_.find(handle);
  if (found != talks_.end()) {
    endpoint_.cancel(found->second->peer, found->second->token);
    talks_.erase(found);
  }
}

} // namespace tinyml::service
