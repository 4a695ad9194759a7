// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/event.hpp"
#include "protocol/coap/observe.hpp"
#include "protocol/coap/parameters.hpp"

namespace tinyml::coap {

/// A message being written: fill in `message`, then give it to Endpoint::send. Not usable (false)
/// when there was no room or the peer has enough requests open. One draft at a time.
struct Draft {
  MessageBuilder message;
  PeerId peer;
  Exchange *exchange = nullptr; ///< absent for replies
  std::uint16_t answers = 0;    ///< the message id that a reply answers
  ExchangeKind kind = ExchangeKind::kFree;
  bool usable = false;

  explicit operator bool() const { return usable; }
};

/// CoAP client and server in one, without I/O: datagrams and the time go in, events come out.
///
///     Event event = endpoint.receive(peer, datagram, now);   // at most one thing for the owner
///     ... answer it: draft = endpoint.reply(event.request, code); ...; endpoint.send(draft, now);
///     while ((event = endpoint.poll(now))) ...                // send datagrams, learn of timeouts
///     sleep until endpoint.next_deadline() or the next datagram
///
/// The owner calls poll() until it returns nothing after every receive() and send().
/// `Storage` decides how many exchanges and remembered replies there are and how they are found:
/// see fixed_storage.hpp (device) and hashed_storage.hpp (service). Nothing here allocates.
template <typename Storage> class Endpoint {
public:
  /// `seed` comes from an entropy source and must differ from boot to boot.
  Endpoint(const Parameters &parameters, std::uint64_t seed)
      : parameters_(parameters), storage_(seed) {}

  /// Takes one datagram. Answers what the message layer answers by itself (duplicates, pings,
  /// malformed messages, unknown critical options, Echo challenges).
  [[nodiscard]] Event receive(PeerId from, ByteView datagram, Millis now_ms);
  /// The next datagram to be sent or the next exchange that timed out; kNone when all is done.
  [[nodiscard]] Event poll(Millis now_ms);
  /// When poll() must be called again: 0 is at once, kNever is not before the next receive or send.
  [[nodiscard]] Millis next_deadline() const;

  /// A request with a fresh token.
  [[nodiscard]] Draft request(PeerId to, Code method, Type type = Type::kConfirmable);
  /// A request that reuses the token of an observation, to refresh or (Observe: 1) cancel it.
  [[nodiscard]] Draft observation_request(PeerId to, const Token &token, Code method);
  /// The response to a request: piggybacked when it was confirmable.
  [[nodiscard]] Draft reply(const RequestId &request, Code code);
  /// Acknowledges a confirmable request whose answer takes longer; separate_reply() follows.
  void defer(const RequestId &request);
  [[nodiscard]] Draft separate_reply(const RequestId &request, Code code);
  /// One notification. A confirmable one replaces an older one that is still under way to the same
  /// observer (RFC 7641 section 4.5.2).
  [[nodiscard]] Draft notification(PeerId to, const Token &token, Type type,
                                   Code code = Code::kContent);
  /// Hands the draft over. False when it did not fit (nothing is sent) or was not usable.
  bool send(Draft &draft, Millis now_ms, Tag tag = 0);
  /// Sends an empty confirmable message; a kPong or kTimeout event follows.
  bool ping(PeerId to, Millis now_ms, Tag tag = 0);
  /// Forgets a request or observation of ours; what still arrives for it is answered with Reset.
  void cancel(PeerId peer, const Token &token);

  /// Requests to this peer that count against Parameters::nstart.
  [[nodiscard]] unsigned in_flight(PeerId peer) const { return storage_.in_flight(peer); }
  [[nodiscard]] const Storage &storage() const { return storage_; }

private:
  static constexpr std::size_t kTokenBytes = Storage::kTokenBytes;

  enum class Seen : std::uint8_t {
    kNew,
    kAnswered,   ///< a duplicate, dealt with
    kUnanswered, ///< a duplicate whose answer was not kept
  };

  Event receive_empty(PeerId from, const MessageView &message, Millis now_ms);
  Event receive_request(PeerId from, const MessageView &message, Millis now_ms);
  Event receive_response(PeerId from, const MessageView &message, Millis now_ms);
  Event complete(Exchange &exchange, const MessageView &message, Millis now_ms);
  Event transmit(Exchange &exchange, Millis now_ms);
  Event time_out(Exchange &exchange);
  Exchange *match(PeerId from, const MessageView &message);
  Seen deduplicate(PeerId from, const MessageView &message, Millis now_ms);
  bool answer_challenge(Exchange &exchange, const MessageView &message, Millis now_ms);
  void queue_empty(PeerId to, Type type, std::uint16_t message_id);
  void answer_empty(PeerId to, Type type, std::uint16_t message_id);
  void queue_error(PeerId to, const MessageView &message, Code code);
  void reject(PeerId to, ByteView datagram);
  Draft begin(Exchange *exchange, ExchangeKind kind, PeerId to, const Token &token, Type type,
              Code code);
  void schedule_now(Exchange &exchange, std::size_t size_bytes, Millis now_ms);
  [[nodiscard]] Token fresh_token();
  [[nodiscard]] std::uint32_t first_timeout_ms();
  static Event about(const Exchange &exchange, EventKind kind);

  Parameters parameters_;
  Storage storage_;
  PeerId outbox_peer_;
  std::uint16_t outbox_bytes_ = 0; ///< one reply that waits for poll(); 0: none
  std::uint8_t outbox_[Storage::kMessageBytes];
};

} // namespace tinyml::coap

#include "protocol/coap/endpoint_impl.hpp"
