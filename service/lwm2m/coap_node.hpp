// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/hashed_storage.hpp"
#include "service/lwm2m/conversation.hpp"

#include <functional>
#include <memory>
#include <unordered_map>

namespace tinyml::service {

/// The service's end of CoAP, without sockets: datagrams and the time go in; datagrams, requests of
/// others and ended conversations come out through the hooks.
class CoapNode {
public:
  using Endpoint = coap::Endpoint<coap::HashedStorage<>>;
  using Handle = std::uintptr_t;

  struct Hooks {
    std::function<void(coap::PeerId, ByteView)> send;
    std::function<void(const coap::Event &)> request; ///< answer through endpoint()
  };

  CoapNode(const coap::Parameters &parameters, std::uint64_t seed, Hooks hooks)
      : hooks_(std::move(hooks)), endpoint_(parameters, seed) {}

  void receive(coap::PeerId from, ByteView datagram, coap::Millis now_ms);
  /// Retransmits and times out what is due.
  void poll(coap::Millis now_ms);
  [[nodiscard]] coap::Millis next_deadline() const { return endpoint_.next_deadline(); }

  /// Starts a conversation; `done` is called once, never from inside this call.
  Handle ask(coap::PeerId peer, lwm2m::ClientRequest request, Callbacks callbacks,
             coap::Millis now_ms);
  /// Forgets a conversation or observation; its callbacks are not called any more.
  void forget(Handle handle);

  [[nodiscard]] Endpoint &endpoint() { return endpoint_; }
  /// Answers a request; `fill(message)` adds options and payload.
  template <typename Fill>
  void reply(const coap::RequestId &request, coap::Code code, coap::Millis now_ms, Fill fill) {
    coap::Draft draft = endpoint_.reply(request, code);
    fill(draft.message);
    endpoint_.send(draft, now_ms);
  }

private:
  struct Talk {
    coap::PeerId peer;
    coap::Token token; ///< of the request under way, or of the observation
    Conversation conversation;
    bool observing = false;
  };

  void drain(coap::Millis now_ms);
  void handle(const coap::Event &event, coap::Millis now_ms);
  void respond(Handle handle, const coap::Event &event, coap::Millis now_ms);
  void notify(Handle handle, const coap::Event &event);
  bool send_next(Handle handle, Talk &talk, coap::Millis now_ms);
  void end(Handle handle);

  Hooks hooks_;
  Endpoint endpoint_;
  std::unordered_map<Handle, std::shared_ptr<Talk>> talks_;
  std::vector<Handle> refused_; ///< could not even be sent: ended at the next poll
  Handle next_handle_ = 1;
  bool draining_ = false;
};

} // namespace tinyml::service
