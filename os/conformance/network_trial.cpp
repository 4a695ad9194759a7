// SPDX-License-Identifier: Apache-2.0
// Host only, see the header.
#include "os/conformance/network_trial.hpp"

#include "protocol/coap/message.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace tinyml::conformance {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// For what takes no time on an idle machine: others may keep its processors busy.
constexpr std::chrono::seconds kPatience{30};
constexpr std::uint16_t kOwnPort = 5000;

class StationConversation : public Conversation {
public:
  StationConversation(tender::Station &station, net::Endpoint board)
      : station_(station), board_(board) {}
  bool send(ByteView payload) override { return station_.send(board_, kOwnPort, payload); }
  std::optional<Bytes> receive(milliseconds limit) override {
    const auto deadline = Clock::now() + limit;
    while (Clock::now() < deadline) {
      const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
      const auto datagram = station_.receive(left);
      if (datagram && datagram->from == board_ && datagram->port == kOwnPort) {
        return datagram->payload;
      }
    }
    return std::nullopt;
  }

private:
  tender::Station &station_;
  net::Endpoint board_;
};

class SocketConversation : public Conversation {
public:
  explicit SocketConversation(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    (void)::connect(socket_.get(), reinterpret_cast<const sockaddr *>(&to), sizeof(to));
  }
  bool send(ByteView payload) override {
    return ::send(socket_.get(), payload.data(), payload.size(), 0) ==
           static_cast<ssize_t>(payload.size());
  }
  std::optional<Bytes> receive(milliseconds limit) override {
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) {
      return std::nullopt;
    }
    Bytes bytes(2048);
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (size < 0) {
      return std::nullopt;
    }
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
  }

private:
  tender::FileDescriptor socket_;
};

/// Never the beginning of a CoAP message: a hosted board has one port for both.
Conversation::Bytes echo_payload(std::size_t size, std::size_t number) {
  Conversation::Bytes payload(size);
  for (std::size_t i = 0; i < size; ++i) {
    payload[i] =
        static_cast<std::uint8_t>(i == 0 ? 0xE0 | (number & 0x1F) : i * 13 + size + number);
  }
  return payload;
}

constexpr coap::Token kToken{};

Conversation::Bytes request(coap::Code method, std::string_view path, std::uint16_t message_id,
                            std::uint32_t block_number) {
  Conversation::Bytes bytes(128);
  coap::MessageBuilder message(bytes, coap::Type::kConfirmable, method, message_id, kToken);
  message.path(path);
  if (method == coap::Code::kGet) {
    message.block(coap::OptionNumber::kBlock2, {.number = block_number, .szx = 5});
  }
  const ByteView used = message.bytes();
  return {used.begin(), used.end()};
}

/// The answer to a request; asks again every half second.
std::optional<Conversation::Bytes> ask(Conversation &board, const Conversation::Bytes &request) {
  constexpr int kTries = 40;
  const auto wanted = load_be<std::uint16_t>(request.data() + 2);
  for (int i = 0; i < kTries; ++i) {
    board.send(request);
    const auto deadline = Clock::now() + milliseconds(500);
    while (Clock::now() < deadline) {
      const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
      const auto answer = board.receive(left);
      const auto message =
          answer ? coap::MessageView::parse(*answer) : coap::MessageView::parse({});
      if (message && message->type() == coap::Type::kAcknowledgement &&
          message->message_id() == wanted) {
        return answer;
      }
    }
  }
  return std::nullopt;
}

std::uint16_t next_message_id() {
  static std::uint16_t id = 0;
  return ++id;
}

} // namespace

std::unique_ptr<Conversation> converse(tender::Station &station, net::Endpoint board) {
  return std::make_unique<StationConversation>(station, board);
}

std::unique_ptr<Conversation> converse(std::uint16_t host_port) {
  return std::make_unique<SocketConversation>(host_port);
}

std::optional<std::size_t> first_failing_echo(Conversation &board, std::size_t largest,
                                              std::size_t stride) {
  for (std::size_t size = 0; size <= largest; size += stride) {
    const auto payload = echo_payload(size, size);
    if (!board.send(payload) || board.receive(kPatience) != payload) {
      return size;
    }
  }
  return std::nullopt;
}

std::size_t echoed_of_burst(Conversation &board, std::size_t count) {
  constexpr std::size_t kPayloadBytes = 400;
  for (std::size_t i = 0; i < count; ++i) {
    board.send(echo_payload(kPayloadBytes, i));
  }
  std::size_t echoed = 0;
  while (echoed < count && board.receive(kPatience) == echo_payload(kPayloadBytes, echoed)) {
    ++echoed;
  }
  return echoed;
}

std::optional<std::string> coap_get(Conversation &board, std::string_view path) {
  std::string body;
  for (std::uint32_t number = 0;; ++number) {
    const auto answer = ask(board, request(coap::Code::kGet, path, next_message_id(), number));
    if (!answer) {
      return std::nullopt;
    }
    const auto message = coap::MessageView::parse(*answer);
    const auto block = message->block(coap::OptionNumber::kBlock2);
    if (message->code() != coap::Code::kContent || (block && block->number != number)) {
      return std::nullopt;
    }
    body += message->payload_text();
    if (!block || !block->more) {
      return body;
    }
  }
}

bool coap_post(Conversation &board, std::string_view path) {
  const auto answer = ask(board, request(coap::Code::kPost, path, next_message_id(), 0));
  return answer && coap::MessageView::parse(*answer)->code() == coap::Code::kChanged;
}

} // namespace tinyml::conformance
