// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/block.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/hashed_storage.hpp"
#include "protocol/lwm2m/server_registry.hpp"
#include "protocol/lwm2m/server_requests.hpp"
#include "protocol/lwm2m/server_values.hpp"

#include <deque>
#include <functional>
#include <string>
#include <vector>

/// A small LwM2M server for tests, sans-I/O: the server's logic of this folder on a CoAP endpoint,
/// with files to download.
namespace tinyml::lwm2m {

struct ClientAnswer {
  coap::Code code{};
  std::optional<std::uint16_t> format;
  std::vector<std::uint8_t> payload;
  bool unanswered = false;

  [[nodiscard]] std::string text() const { return {payload.begin(), payload.end()}; }
};

class TestServer {
public:
  using Bytes = std::vector<std::uint8_t>;
  struct Datagram {
    coap::PeerId peer;
    Bytes bytes;
  };

  void receive(coap::PeerId from, ByteView datagram, coap::Millis now_ms) {
    dispatch(coap_.receive(from, datagram, now_ms), now_ms);
    drain(now_ms);
  }

  void poll(coap::Millis now_ms) {
    drain(now_ms);
    send_next(now_ms);
    drain(now_ms);
  }

  [[nodiscard]] std::vector<Datagram> take_outgoing() { return std::exchange(outgoing_, {}); }

  /// Queues a request to a client; its answer comes later to `answers()`.
  void ask(coap::PeerId client, ClientRequest request) {
    queue_.push_back({client, std::move(request), 0});
  }
  [[nodiscard]] std::vector<ClientAnswer> &answers() { return answers_; }
  [[nodiscard]] std::vector<ClientAnswer> &notifications() { return notifications_; }
  [[nodiscard]] Registry &registry() { return registry_; }

  Bytes file;                     ///< served at /fw
  std::uint64_t file_version = 1; ///< its ETag
  unsigned registrations = 0;
  std::size_t served_bytes = 0;

private:
  struct Asked {
    coap::PeerId client;
    ClientRequest request;
    std::uint32_t sent_bytes;
  };

  void dispatch(const coap::Event &event, coap::Millis now_ms) {
    switch (event.kind) {
    case coap::EventKind::kRequest:
      return serve(event, now_ms);
    case coap::EventKind::kResponse:
      return take_answer(event);
    case coap::EventKind::kNotification:
      notifications_.push_back(answer_of(event.message));
      return;
    case coap::EventKind::kTimeout:
    case coap::EventKind::kRejected:
      if (event.exchange == coap::ExchangeKind::kRequest && !queue_.empty()) {
        finish({.unanswered = true});
      }
      return;
    default:
      return;
    }
  }

  void drain(coap::Millis now_ms) {
    while (const coap::Event event = coap_.poll(now_ms)) {
      if (event.kind == coap::EventKind::kSend) {
        outgoing_.push_back({event.peer, {event.datagram.begin(), event.datagram.end()}});
      } else {
        dispatch(event, now_ms);
      }
    }
  }

  void serve(const coap::Event &event, coap::Millis now_ms) {
    if (event.message.path_is("fw")) {
      return serve_file(event, now_ms);
    }
    std::vector<std::string_view> path;
    std::vector<std::string_view> query;
    for (const coap::Option &option : event.message.options()) {
      if (option.number == coap::OptionNumber::kUriPath) {
        path.push_back(option.text());
      } else if (option.number == coap::OptionNumber::kUriQuery) {
        query.push_back(option.text());
      }
    }
    const auto piece = sink_.accept(event.peer, event.message, 4096);
    RegistryRequest request{
        static_cast<RegistryRequest::Method>(event.message.code()), path, query, {}, piece.bytes};
    if (const auto format = event.message.content_format()) {
      request.content_format = static_cast<std::uint16_t>(*format);
    }
    RegistryReply reply;
    if (piece.status == coap::BlockSink::Status::kLast) {
      reply = registry_.handle(request, std::to_string(event.peer.value), now_ms);
    } else {
      reply.code = static_cast<std::uint8_t>(coap::BlockSink::code_for(piece.status));
    }
    registrations += reply.code == 0x41 ? 1 : 0;
    coap::Draft draft = coap_.reply(event.request, static_cast<coap::Code>(reply.code));
    for (const std::string &segment : reply.location) {
      draft.message.option(coap::OptionNumber::kLocationPath, segment);
    }
    coap_.send(draft, now_ms);
  }

  void serve_file(const coap::Event &event, coap::Millis now_ms) {
    const auto window =
        coap::BlockWindow::of(event.message, static_cast<std::uint32_t>(file.size()));
    coap::Draft draft = coap_.reply(event.request, coap::Code::kContent);
    std::uint8_t etag[8];
    store_be(etag, file_version);
    draft.message.option(coap::OptionNumber::kETag, ByteView(etag));
    window.add_to(draft.message);
    draft.message.payload(ByteView(file).subspan(window.offset_bytes, window.size_bytes));
    served_bytes += window.size_bytes;
    coap_.send(draft, now_ms);
  }

  /// One request at a time; a large payload goes by Block1.
  void send_next(coap::Millis now_ms) {
    if (queue_.empty() || open_) {
      return;
    }
    const Asked &asked = queue_.front();
    const ClientRequest &request = asked.request;
    coap::Draft draft = coap_.request(asked.client, static_cast<coap::Code>(request.method));
    if (!draft) {
      return;
    }
    if (request.observe) {
      draft.message.option_uint(coap::OptionNumber::kObserve, *request.observe);
    }
    for (const std::string &segment : request.uri_path) {
      draft.message.option(coap::OptionNumber::kUriPath, segment);
    }
    if (request.content_format) {
      draft.message.option_uint(coap::OptionNumber::kContentFormat, *request.content_format);
    }
    for (const std::string &query : request.uri_query) {
      draft.message.query(query);
    }
    if (request.accept) {
      draft.message.option_uint(coap::OptionNumber::kAccept, *request.accept);
    }
    if (asked.sent_bytes == 0) {
      upload_.start(static_cast<std::uint32_t>(request.payload.size()));
    }
    const auto part = upload_.next();
    upload_.add_to(draft.message);
    draft.message.payload(ByteView(request.payload).subspan(part.offset_bytes, part.size_bytes));
    open_ = coap_.send(draft, now_ms);
  }

  void take_answer(const coap::Event &event) {
    open_ = false;
    if (queue_.empty()) {
      return;
    }
    if (upload_.accept(event.message) == coap::BlockUpload::Status::kMore) {
      queue_.front().sent_bytes = upload_.next().offset_bytes;
      return;
    }
    finish(answer_of(event.message));
  }

  void finish(ClientAnswer answer) {
    open_ = false;
    queue_.pop_front();
    answers_.push_back(std::move(answer));
  }

  static ClientAnswer answer_of(const coap::MessageView &message) {
    ClientAnswer answer{message.code(), {}, {message.payload().begin(), message.payload().end()}};
    if (const auto format = message.content_format()) {
      answer.format = static_cast<std::uint16_t>(*format);
    }
    return answer;
  }

  coap::Endpoint<coap::HashedStorage<>> coap_{coap::Parameters{}, 99};
  Registry registry_{1};
  coap::BlockSink sink_;
  coap::BlockUpload upload_;
  std::deque<Asked> queue_;
  bool open_ = false;
  std::vector<ClientAnswer> answers_;
  std::vector<ClientAnswer> notifications_;
  std::vector<Datagram> outgoing_;
};

} // namespace tinyml::lwm2m
