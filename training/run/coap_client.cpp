// SPDX-License-Identifier: Apache-2.0
#include "training/run/coap_client.hpp"

#include <fmt/format.h>

namespace tinyml::coordinator {
namespace {

using Clock = std::chrono::steady_clock;

/// Loopback is quick, but a device in the middle of a step is not: early repetitions cost little.
constexpr coap::Parameters kParameters = {.ack_timeout_ms = 700, .max_retransmit = 6};
constexpr std::chrono::milliseconds kLongestWait{50};

coap::PeerId peer_of(net::Endpoint endpoint) {
  return {std::uint64_t{endpoint.address.bits} << 16U | endpoint.port};
}

net::Endpoint endpoint_of(coap::PeerId peer) {
  return {{static_cast<std::uint32_t>(peer.value >> 16U)}, static_cast<std::uint16_t>(peer.value)};
}

void begin(coap::MessageBuilder &message, const CoapRequest &request) {
  message.path(request.path);
  for (const std::string &query : request.queries) {
    message.query(query);
  }
}

Failure<HostError> broken(const CoapRequest &request) {
  return fail(ErrorCode::kUnavailable, text_of(request.to) + " answers /" + request.path +
                                           " against the rules of block-wise transfers");
}

void append(CoapResponse &response, const coap::BlockDownload::Piece &piece) {
  if (piece.offset_bytes == response.payload.size()) {
    response.payload.insert(response.payload.end(), piece.bytes.begin(), piece.bytes.end());
  }
}

} // namespace

std::string text_of(net::Endpoint endpoint) {
  const std::uint32_t bits = endpoint.address.bits;
  return fmt::format("{}.{}.{}.{}:{}", bits >> 24U, bits >> 16U & 0xFFU, bits >> 8U & 0xFFU,
                     bits & 0xFFU, endpoint.port);
}

std::string code_text(coap::Code code) {
  return fmt::format("{}.{:02}", coap::code_class(code), coap::code_detail(code));
}

CoapClient::CoapClient(std::unique_ptr<DatagramLink> link, std::uint64_t seed)
    : link_(std::move(link)), endpoint_(kParameters, seed) {}

coap::Millis CoapClient::now_ms() const {
  return static_cast<coap::Millis>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch())
          .count());
}

Expected<CoapResponse> CoapClient::ask(const CoapRequest &request, const std::stop_token &stop) {
  if (!request.payload.empty()) {
    return upload(request, stop);
  }
  CoapResponse response;
  const auto got = download(request, response, stop);
  return got.ok() ? Expected<CoapResponse>(std::move(response)) : Failure{got.error()};
}

Expected<CoapResponse> CoapClient::upload(const CoapRequest &request, const std::stop_token &stop) {
  coap::BlockUpload body;
  body.start(static_cast<std::uint32_t>(request.payload.size()));
  CoapResponse response;
  auto status = coap::BlockUpload::Status::kMore;
  while (status == coap::BlockUpload::Status::kMore) {
    const auto prepare = [&](coap::MessageBuilder &message) {
      const auto part = body.next();
      body.add_to(message);
      message.payload(ByteView(request.payload).subspan(part.offset_bytes, part.size_bytes));
    };
    const auto use = [&](const coap::MessageView &message) {
      status = body.accept(message);
      response.code = message.code();
      response.payload.assign(message.payload().begin(), message.payload().end());
    };
    if (const auto sent = exchange(request, prepare, use, stop); !sent.ok()) {
      return Failure{sent.error()};
    }
  }
  return status == coap::BlockUpload::Status::kBad ? Expected<CoapResponse>(broken(request))
                                                   : Expected<CoapResponse>(std::move(response));
}

Expected<void> CoapClient::download(const CoapRequest &request, CoapResponse &response,
                                    const std::stop_token &stop) {
  using Status = coap::BlockDownload::Status;
  constexpr int kMostChanges = 8;
  coap::BlockDownload body;
  int changes = 0;
  for (auto status = Status::kChanged; status == Status::kChanged || status == Status::kMore;) {
    if (status == Status::kChanged) {
      if (++changes > kMostChanges) {
        return broken(request);
      }
      body.start();
      response = {};
    }
    const auto prepare = [&](coap::MessageBuilder &message) {
      if (body.offset_bytes() != 0) {
        body.add_to(message);
      }
    };
    const auto use = [&](const coap::MessageView &message) {
      const auto piece = body.accept(message);
      status = piece.status;
      response.code = message.code();
      response.size2 = std::max(response.size2, piece.total_bytes);
      if (const auto etag = message.find(coap::OptionNumber::kETag)) {
        response.etag.assign(etag->value.begin(), etag->value.end());
      }
      if (status == Status::kMore || status == Status::kLast) {
        append(response, piece);
      } else if (status == Status::kRefused) {
        response.payload.assign(message.payload().begin(), message.payload().end());
      }
    };
    if (auto got = exchange(request, prepare, use, stop); !got.ok()) {
      return got;
    }
    if (status == Status::kBad) {
      return broken(request);
    }
  }
  return {};
}

bool CoapClient::take(const coap::Event &event, const coap::Token &token, const Use &use,
                      bool &failed) {
  switch (event.kind) {
  case coap::EventKind::kSend:
    (void)link_->send(endpoint_of(event.peer), event.datagram);
    return false;
  case coap::EventKind::kResponse:
    if (event.token == token) {
      use(event.message);
      return true;
    }
    return false;
  case coap::EventKind::kTimeout:
  case coap::EventKind::kRejected:
    failed = failed || event.token == token;
    return false;
  default:
    return false;
  }
}

Expected<void> CoapClient::exchange(const CoapRequest &request, const Prepare &prepare,
                                    const Use &use, const std::stop_token &stop) {
  const coap::PeerId peer = peer_of(request.to);
  auto draft = endpoint_.request(peer, request.method);
  if (!draft) {
    return fail(ErrorCode::kInternal, "too many requests are open at once");
  }
  begin(draft.message, request);
  prepare(draft.message);
  if (!endpoint_.send(draft, now_ms())) {
    return fail(ErrorCode::kInternal, "a request does not fit a datagram");
  }
  const coap::Token token = draft.exchange->token; // drawn by then
  const auto deadline = Clock::now() + request.limit;
  bool failed = false;
  while (!failed && !stop.stop_requested() && Clock::now() < deadline) {
    for (coap::Event event = endpoint_.poll(now_ms()); event; event = endpoint_.poll(now_ms())) {
      (void)take(event, token, use, failed);
    }
    const auto datagram = link_->receive(kLongestWait);
    if (!datagram) {
      continue;
    }
    const coap::Event event =
        endpoint_.receive(peer_of(datagram->from), datagram->payload, now_ms());
    if (take(event, token, use, failed)) {
      return {};
    }
  }
  endpoint_.cancel(peer, token);
  return fail(ErrorCode::kUnavailable, text_of(request.to) + " does not answer /" + request.path);
}

} // namespace tinyml::coordinator
