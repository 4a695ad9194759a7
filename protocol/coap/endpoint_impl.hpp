// SPDX-License-Identifier: Apache-2.0
// The member functions of Endpoint; included by endpoint.hpp alone.
#pragma once

#include "protocol/coap/endpoint.hpp"

namespace tinyml::coap {

template <typename Storage>
Event Endpoint<Storage>::receive(PeerId from, ByteView datagram, Millis now_ms) {
  const auto parsed = MessageView::parse(datagram);
  if (!parsed.ok()) {
    reject(from, datagram);
    return {};
  }
  const MessageView &message = *parsed;
  const Type type = message.type();
  if (message.code() == Code::kEmpty) {
    return receive_empty(from, message, now_ms);
  }
  if (type == Type::kReset || (type == Type::kAcknowledgement && is_request(message.code()))) {
    return {}; // RFC 7252 sections 4.2 and 4.3: neither may be
  }
  if (is_response(message.code())) {
    return receive_response(from, message, now_ms);
  }
  if (!is_request(message.code())) { // reserved classes, RFC 7252 section 4.2
    reject(from, datagram);
    return {};
  }
  return receive_request(from, message, now_ms);
}

/// Confirmable messages that we cannot process are answered with Reset, all others with silence
/// (RFC 7252 sections 4.2 and 4.3); so is every other version (section 3).
template <typename Storage> void Endpoint<Storage>::reject(PeerId to, ByteView datagram) {
  const bool confirmable = datagram.size() >= 4 && (datagram[0] >> 4U) == 0x4U;
  if (confirmable) {
    queue_empty(to, Type::kReset, load_be<std::uint16_t>(datagram.data() + 2));
  }
}

template <typename Storage>
Event Endpoint<Storage>::receive_empty(PeerId from, const MessageView &message, Millis now_ms) {
  if (message.type() == Type::kConfirmable) { // ping, RFC 7252 section 4.3
    queue_empty(from, Type::kReset, message.message_id());
    return {};
  }
  if (message.type() == Type::kNonConfirmable) {
    return {};
  }
  Exchange *exchange = storage_.by_message_id(from, message.message_id());
  if (message.type() == Type::kReset) {
    Event event;
    event.peer = from;
    event.kind = EventKind::kRejected;
    event.message_id = message.message_id();
    if (exchange != nullptr) {
      const bool pong = exchange->kind == ExchangeKind::kPing;
      event = about(*exchange, pong ? EventKind::kPong : EventKind::kRejected);
      storage_.release(*exchange);
    }
    return event;
  }
  if (exchange == nullptr || exchange->state != ExchangeState::kUnacknowledged ||
      exchange->timeout_ms == 0) {
    return {};
  }
  if (exchange->kind == ExchangeKind::kRequest) { // the response will come separately
    storage_.update(*exchange, ExchangeState::kAwaitingResponse,
                    now_ms + parameters_.response_timeout_ms);
  } else {
    storage_.release(*exchange);
  }
  return {};
}

/// Tells messages apart that have the same id: code and token.
inline std::uint16_t mark_of(const MessageView &message) {
  const Token token = message.token();
  unsigned mark = static_cast<unsigned>(message.code());
  for (const std::uint8_t byte : token.bytes()) {
    mark = ((mark << 5U) + (mark >> 11U & 0x1FU)) ^ byte;
  }
  return static_cast<std::uint16_t>(mark);
}

/// RFC 7252 section 4.5: what we had before is answered as it was then. What is new is remembered.
/// A peer that restarted draws its message ids anew and may hit one that it has used lately, so an
/// id alone does not make a duplicate.
template <typename Storage>
typename Endpoint<Storage>::Seen
Endpoint<Storage>::deduplicate(PeerId from, const MessageView &message, Millis now_ms) {
  const std::uint16_t id = message.message_id();
  const std::uint16_t mark = mark_of(message);
  const auto *reply = storage_.find_reply(from, id, now_ms);
  if (reply == nullptr || reply->mark != mark) {
    storage_.add_reply(from, id, mark, now_ms + parameters_.exchange_lifetime_ms, now_ms);
    return Seen::kNew;
  }
  if (reply->state == ReplyState::kTooLarge) {
    return Seen::kUnanswered;
  }
  const ByteView bytes = storage_.reply_bytes(*reply);
  std::copy_n(bytes.data(), bytes.size(), outbox_);
  outbox_bytes_ = static_cast<std::uint16_t>(bytes.size());
  outbox_peer_ = from;
  return Seen::kAnswered;
}

template <typename Storage>
Event Endpoint<Storage>::receive_request(PeerId from, const MessageView &message, Millis now_ms) {
  const Seen seen = deduplicate(from, message, now_ms);
  if (seen == Seen::kAnswered) {
    return {};
  }
  if (const auto bad = message.unacceptable_option()) {
    const bool proxying = *bad == OptionNumber::kProxyUri || *bad == OptionNumber::kProxyScheme;
    queue_error(from, message, proxying ? Code::kProxyingNotSupported : Code::kBadOption);
    return {};
  }
  if (message.has(OptionNumber::kProxyUri) || message.has(OptionNumber::kProxyScheme)) {
    queue_error(from, message, Code::kProxyingNotSupported);
    return {};
  }
  Event event;
  event.kind = EventKind::kRequest;
  event.peer = from;
  event.message_id = message.message_id();
  event.token = message.token();
  event.message = message;
  event.repeated = seen == Seen::kUnanswered;
  event.request = {from, event.token, event.message_id, message.type() == Type::kConfirmable};
  return event;
}

/// Errors that need no owner. Non-confirmable requests with options that we do not understand are
/// dropped in silence (RFC 7252 section 5.4.1).
template <typename Storage>
void Endpoint<Storage>::queue_error(PeerId to, const MessageView &message, Code code) {
  if (message.type() != Type::kConfirmable) {
    return;
  }
  Draft draft = reply({to, message.token(), message.message_id(), true}, code);
  send(draft, 0);
}

/// The exchange that this response belongs to: token and peer always, for a piggybacked one the
/// message id as well (RFC 7252 section 5.3.2).
template <typename Storage>
Exchange *Endpoint<Storage>::match(PeerId from, const MessageView &message) {
  Exchange *exchange = storage_.by_token(ExchangeKind::kRequest, from, message.token());
  if (exchange == nullptr || exchange->timeout_ms == 0) { // unknown, or not even sent yet
    return nullptr;
  }
  const bool piggybacked = message.type() == Type::kAcknowledgement;
  if (piggybacked && (exchange->message_id != message.message_id() ||
                      exchange->state != ExchangeState::kUnacknowledged)) {
    return nullptr;
  }
  return exchange;
}

template <typename Storage>
Event Endpoint<Storage>::receive_response(PeerId from, const MessageView &message, Millis now_ms) {
  const bool piggybacked = message.type() == Type::kAcknowledgement;
  if (!piggybacked && deduplicate(from, message, now_ms) == Seen::kAnswered) {
    return {};
  }
  Exchange *exchange = match(from, message);
  if (exchange == nullptr || message.unacceptable_option()) {
    if (!piggybacked) { // RFC 7252 section 4.2; it also ends observations that we have forgotten
      answer_empty(from, Type::kReset, message.message_id());
    }
    return {};
  }
  if (message.type() == Type::kConfirmable) {
    answer_empty(from, Type::kAcknowledgement, message.message_id());
  }
  if (answer_challenge(*exchange, message, now_ms)) {
    return {};
  }
  return complete(*exchange, message, now_ms);
}

/// RFC 9175 section 2.3: a 4.01 with an Echo value is answered by the same request with that value.
template <typename Storage>
bool Endpoint<Storage>::answer_challenge(Exchange &exchange, const MessageView &message,
                                         Millis now_ms) {
  const auto echo = message.find(OptionNumber::kEcho);
  if (message.code() != Code::kUnauthorized || !echo || exchange.echoed ||
      exchange.state == ExchangeState::kObserving) {
    return false;
  }
  const ByteSpan buffer = storage_.reopen(exchange);
  const std::size_t size = insert_option(buffer, exchange.size_bytes, *echo);
  if (size == 0) {
    return false;
  }
  storage_.withdraw(exchange);
  exchange.echoed = true;
  exchange.message_id = storage_.next_message_id(exchange.peer);
  store_be(buffer.data() + 2, exchange.message_id);
  schedule_now(exchange, size, now_ms);
  return true;
}

template <typename Storage>
Event Endpoint<Storage>::complete(Exchange &exchange, const MessageView &message, Millis now_ms) {
  const auto sequence = message.find_uint(OptionNumber::kObserve);
  const bool notification = exchange.state == ExchangeState::kObserving;
  Event event = about(exchange, notification ? EventKind::kNotification : EventKind::kResponse);
  event.message = message;
  if (!exchange.observe || !sequence || !is_success(message.code())) {
    storage_.release(exchange); // RFC 7641 section 3.2: without the option it is the last one
    return event;
  }
  if (notification &&
      !is_fresher(exchange.notification_sequence, exchange.notified_ms, *sequence, now_ms)) {
    return {};
  }
  event.observing = true;
  exchange.notification_sequence = *sequence;
  exchange.notified_ms = now_ms;
  storage_.update(exchange, ExchangeState::kObserving, kNever);
  return event;
}

template <typename Storage> Event Endpoint<Storage>::poll(Millis now_ms) {
  if (outbox_bytes_ != 0) {
    Event event;
    event.kind = EventKind::kSend;
    event.peer = outbox_peer_;
    event.datagram = ByteView(outbox_, outbox_bytes_);
    outbox_bytes_ = 0;
    return event;
  }
  Exchange *exchange = storage_.earliest();
  if (exchange == nullptr || exchange->deadline_ms > now_ms) {
    return {};
  }
  const bool exhausted = exchange->state == ExchangeState::kAwaitingResponse ||
                         exchange->retransmissions >= parameters_.max_retransmit;
  if (exchange->timeout_ms != 0 && exhausted) {
    return time_out(*exchange);
  }
  return transmit(*exchange, now_ms);
}

template <typename Storage> Event Endpoint<Storage>::time_out(Exchange &exchange) {
  const Event event = about(exchange, EventKind::kTimeout);
  storage_.release(exchange);
  return event;
}

/// RFC 7252 section 4.2: the timeout starts at a random value and doubles with each repetition.
template <typename Storage> Event Endpoint<Storage>::transmit(Exchange &exchange, Millis now_ms) {
  Event event = about(exchange, EventKind::kSend);
  event.datagram = storage_.bytes(exchange);
  const bool first = exchange.timeout_ms == 0;
  exchange.timeout_ms = first ? first_timeout_ms() : exchange.timeout_ms * 2;
  exchange.retransmissions = static_cast<std::uint8_t>(exchange.retransmissions + (first ? 0 : 1));
  if (exchange.state == ExchangeState::kUnacknowledged) {
    storage_.update(exchange, exchange.state, now_ms + exchange.timeout_ms);
  } else if (exchange.kind == ExchangeKind::kRequest) {
    storage_.update(exchange, exchange.state, now_ms + parameters_.response_timeout_ms);
  } else {
    storage_.release(exchange); // a non-confirmable notification: nothing will answer it
  }
  return event;
}

template <typename Storage> Millis Endpoint<Storage>::next_deadline() const {
  if (outbox_bytes_ != 0) {
    return 0;
  }
  const Exchange *exchange = storage_.earliest();
  return exchange == nullptr ? kNever : exchange->deadline_ms;
}

template <typename Storage>
Draft Endpoint<Storage>::begin(Exchange *exchange, ExchangeKind kind, PeerId to, const Token &token,
                               Type type, Code code) {
  Draft draft;
  if (exchange == nullptr) {
    return draft;
  }
  draft.usable = true;
  draft.exchange = exchange;
  draft.kind = kind;
  draft.peer = to;
  draft.message = MessageBuilder(storage_.draft_buffer(*exchange), type, code,
                                 storage_.next_message_id(to), token);
  return draft;
}

template <typename Storage> Draft Endpoint<Storage>::request(PeerId to, Code method, Type type) {
  Exchange *exchange = storage_.in_flight(to) < parameters_.nstart ? storage_.spare() : nullptr;
  return begin(exchange, ExchangeKind::kRequest, to, fresh_token(), type, method);
}

template <typename Storage>
Draft Endpoint<Storage>::observation_request(PeerId to, const Token &token, Code method) {
  Exchange *exchange = storage_.by_token(ExchangeKind::kRequest, to, token);
  const bool idle = exchange != nullptr && exchange->state == ExchangeState::kObserving;
  return begin(idle ? exchange : nullptr, ExchangeKind::kRequest, to, token, Type::kConfirmable,
               method);
}

template <typename Storage>
Draft Endpoint<Storage>::notification(PeerId to, const Token &token, Type type, Code code) {
  Exchange *exchange = storage_.by_token(ExchangeKind::kNotification, to, token);
  return begin(exchange != nullptr ? exchange : storage_.spare(), ExchangeKind::kNotification, to,
               token, exchange != nullptr ? Type::kConfirmable : type, code);
}

template <typename Storage>
Draft Endpoint<Storage>::separate_reply(const RequestId &request, Code code) {
  return begin(storage_.spare(), ExchangeKind::kSeparateResponse, request.peer, request.token,
               request.confirmable ? Type::kConfirmable : Type::kNonConfirmable, code);
}

template <typename Storage> Draft Endpoint<Storage>::reply(const RequestId &request, Code code) {
  Draft draft;
  draft.usable = true;
  draft.peer = request.peer;
  draft.answers = request.message_id;
  draft.message = MessageBuilder(
      outbox_, request.confirmable ? Type::kAcknowledgement : Type::kNonConfirmable, code,
      request.confirmable ? request.message_id : storage_.next_message_id(request.peer),
      request.token);
  return draft;
}

template <typename Storage> void Endpoint<Storage>::defer(const RequestId &request) {
  if (request.confirmable) {
    answer_empty(request.peer, Type::kAcknowledgement, request.message_id);
  }
}

template <typename Storage> bool Endpoint<Storage>::send(Draft &draft, Millis now_ms, Tag tag) {
  if (!draft.usable || !draft.message.ok()) {
    return false;
  }
  draft.usable = false;
  const ByteView bytes = draft.message.bytes();
  if (draft.exchange == nullptr) {
    outbox_peer_ = draft.peer;
    outbox_bytes_ = static_cast<std::uint16_t>(bytes.size());
    storage_.keep_reply(draft.peer, draft.answers, bytes);
    return true;
  }
  Exchange &exchange = *draft.exchange;
  const bool replaces = exchange.kind == ExchangeKind::kNotification;
  if (exchange.kind == ExchangeKind::kFree) {
    exchange = Exchange{};
  } else {
    storage_.withdraw(exchange);
  }
  exchange.kind = draft.kind;
  exchange.peer = draft.peer;
  exchange.message_id = load_be<std::uint16_t>(bytes.data() + 2);
  exchange.token = Token(bytes.subspan(4, bytes[0] & 0xFU));
  exchange.tag = tag;
  const std::uint8_t spent = exchange.retransmissions;
  schedule_now(exchange, bytes.size(), now_ms);
  if (replaces) { // RFC 7641 section 4.5.2: the attempts made so far count
    exchange.retransmissions = spent;
  }
  return true;
}

/// Makes a complete message due at once.
template <typename Storage>
void Endpoint<Storage>::schedule_now(Exchange &exchange, std::size_t size_bytes, Millis now_ms) {
  exchange.size_bytes = static_cast<std::uint16_t>(size_bytes);
  exchange.timeout_ms = 0;
  exchange.retransmissions = 0;
  exchange.deadline_ms = now_ms;
  const ByteView bytes = ByteView(storage_.draft_buffer(exchange)).first(size_bytes);
  const bool confirmable = static_cast<Type>((bytes[0] >> 4U) & 3U) == Type::kConfirmable;
  exchange.state = confirmable ? ExchangeState::kUnacknowledged : ExchangeState::kAwaitingResponse;
  if (exchange.kind == ExchangeKind::kRequest) {
    const auto parsed = MessageView::parse(bytes);
    exchange.observe = parsed.ok() && parsed->find_uint(OptionNumber::kObserve) == 0U;
  }
  storage_.commit(exchange);
}

template <typename Storage> bool Endpoint<Storage>::ping(PeerId to, Millis now_ms, Tag tag) {
  Draft draft =
      begin(storage_.spare(), ExchangeKind::kPing, to, Token(), Type::kConfirmable, Code::kEmpty);
  return send(draft, now_ms, tag);
}

template <typename Storage> void Endpoint<Storage>::cancel(PeerId peer, const Token &token) {
  if (Exchange *exchange = storage_.by_token(ExchangeKind::kRequest, peer, token)) {
    storage_.release(*exchange);
  }
}

template <typename Storage>
void Endpoint<Storage>::queue_empty(PeerId to, Type type, std::uint16_t message_id) {
  const MessageBuilder message(outbox_, type, Code::kEmpty, message_id, Token());
  outbox_peer_ = to;
  outbox_bytes_ = static_cast<std::uint16_t>(message.bytes().size());
}

/// Same, and again for every duplicate of the message that it answers.
template <typename Storage>
void Endpoint<Storage>::answer_empty(PeerId to, Type type, std::uint16_t message_id) {
  queue_empty(to, type, message_id);
  storage_.keep_reply(to, message_id, ByteView(outbox_, outbox_bytes_));
}

template <typename Storage> Token Endpoint<Storage>::fresh_token() {
  std::uint8_t bytes[8];
  store_le(bytes, storage_.random());
  return Token(ByteView(bytes).first(kTokenBytes));
}

template <typename Storage> std::uint32_t Endpoint<Storage>::first_timeout_ms() {
  const std::uint32_t base = parameters_.ack_timeout_ms;
  const std::uint32_t spread = base * (parameters_.ack_random_percent - 100) / 100;
  const auto drawn = static_cast<std::uint32_t>(storage_.random() >> 32U);
  return 1 + base + (spread == 0 ? 0 : drawn % spread);
}

template <typename Storage>
Event Endpoint<Storage>::about(const Exchange &exchange, EventKind kind) {
  Event event;
  event.kind = kind;
  event.exchange = exchange.kind;
  event.peer = exchange.peer;
  event.token = exchange.token;
  event.tag = exchange.tag;
  event.message_id = exchange.message_id;
  return event;
}

} // namespace tinyml::coap
