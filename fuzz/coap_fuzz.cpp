// SPDX-License-Identifier: Apache-2.0
// Datagrams and time as an attacker chooses them, into the message codec and into whole endpoints.
//
// The input is a list of steps: one byte says what happens, one how long the datagram that follows
// is. With kSpoof the datagram gets the message id and token of the last one that was sent, so that
// answers to our own messages are reached as well.
#include "protocol/coap/block.hpp"
#include "protocol/coap/echo.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/coap/hashed_storage.hpp"
#include "protocol/coap/uri.hpp"

#include <cstdlib>
#include <vector>

namespace {

using namespace tinyml;
using namespace tinyml::coap;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// What parses can be built again from its parts, to a message with the same parts.
void check_codec(ByteView datagram) {
  const auto parsed = MessageView::parse(datagram);
  if (!parsed.ok() || parsed->code() == Code::kEmpty) {
    return;
  }
  const MessageView &message = *parsed;
  std::vector<std::uint8_t> buffer(datagram.size() + 16);
  MessageBuilder builder(buffer, message.type(), message.code(), message.message_id(),
                         message.token());
  for (const Option &option : message.options()) {
    builder.option(option.number, option.value);
  }
  builder.payload(message.payload());
  require(builder.ok());
  const auto again = MessageView::parse(builder.bytes());
  require(again.ok() && again->token() == message.token());
  require(std::equal(message.payload().begin(), message.payload().end(), again->payload().begin(),
                     again->payload().end()));
  OptionIterator other = again->options().begin();
  for (const Option &option : message.options()) {
    require(other->number == option.number && as_text(other->value) == option.text());
    ++other;
  }
  (void)message.unacceptable_option();
  (void)message.query("ep");
  (void)message.path_is("rd/1");
  (void)message.block(OptionNumber::kBlock1);
  (void)message.accept();
  (void)Uri::parse(message.payload_text());
}

/// A server with blocks, observation and Echo, and a client that sends whatever it is told to.
template <typename Storage> class Program {
public:
  void step(std::uint8_t action, ByteView datagram) {
    now_ms_ += Millis{1} << (action & 0xFU);
    const PeerId peer{(action & 0x10U) != 0 ? 1U : 2U};
    std::vector<std::uint8_t> bytes(datagram.begin(), datagram.end());
    if ((action & 0x20U) != 0) {
      spoof(bytes);
    }
    handle(coap_.receive(peer, bytes, now_ms_));
    drain();
    if ((action & 0x40U) != 0) {
      start(peer, bytes);
    }
    drain();
    require(coap_.next_deadline() > now_ms_);
  }

private:
  void spoof(std::vector<std::uint8_t> &bytes) const {
    const std::size_t header = std::min<std::size_t>(last_sent_.size(), 4U + Storage::kTokenBytes);
    if (bytes.size() < header || header < 4) {
      return;
    }
    bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0xF0U) | (last_sent_[0] & 0x0FU));
    std::copy_n(last_sent_.begin() + 2, header - 2, bytes.begin() + 2);
  }

  void start(PeerId peer, const std::vector<std::uint8_t> &bytes) {
    const std::uint8_t choice = bytes.empty() ? 0 : bytes[0];
    if (choice % 4 == 0) {
      coap_.ping(peer, now_ms_);
      return;
    }
    const Type type = choice % 2 == 0 ? Type::kConfirmable : Type::kNonConfirmable;
    Draft draft = choice % 4 == 3 ? coap_.observation_request(peer, last_token_, Code::kGet)
                                  : coap_.request(peer, Code::kGet, type);
    if (choice % 8 > 3) {
      draft.message.option_uint(OptionNumber::kObserve, choice >> 7U);
    }
    download_.add_to(draft.message);
    if (coap_.send(draft, now_ms_, choice)) {
      last_token_ = Token(draft.message.bytes().subspan(4, draft.message.bytes()[0] & 0xFU));
    }
  }

  void handle(const Event &event) {
    observers_.handle(event);
    if (event.kind == EventKind::kResponse || event.kind == EventKind::kNotification) {
      const auto piece = download_.accept(event.message);
      require(piece.bytes.size() <= event.message.payload().size());
      if (piece.status != BlockDownload::Status::kMore) {
        download_.start();
      }
    }
    if (event.kind == EventKind::kRequest) {
      answer(event);
    }
  }

  void answer(const Event &event) {
    const MessageView &request = event.message;
    const auto piece = sink_.accept(event.peer, request, 5000);
    require(piece.bytes.size() <= request.payload().size());
    const auto window = BlockWindow::of(request, 3000);
    require(window.offset_bytes + window.size_bytes <= 3000 || !window.valid);
    if (request.path_is("defer")) {
      coap_.defer(event.request);
      drain();
      Draft draft = coap_.separate_reply(event.request, Code::kContent);
      coap_.send(draft, now_ms_);
      return;
    }
    Draft draft = coap_.reply(event.request, BlockSink::code_for(piece.status));
    if (!guard_.admit(event.peer, request, now_ms_)) {
      guard_.challenge(draft.message, event.peer, now_ms_, now_ms_);
    }
    if (request.find_uint(OptionNumber::kObserve) == 0U) {
      observers_.add(event.request, 1, ContentFormat::kText, now_ms_);
    }
    sink_.add_to(draft.message);
    window.add_to(draft.message);
    draft.message.payload(std::string_view(body_).substr(0, window.valid ? window.size_bytes : 0));
    require(coap_.send(draft, now_ms_));
    drain();
    notify();
  }

  void notify() {
    for (Observation &entry : observers_.entries()) {
      if (!entry.active) {
        continue;
      }
      Draft draft =
          coap_.notification(entry.peer, entry.token, observers_.next_type(entry, now_ms_));
      if (!draft) {
        continue;
      }
      draft.message.option_uint(OptionNumber::kObserve, observers_.next_sequence());
      observers_.note_sent(entry, draft.message, now_ms_);
      require(coap_.send(draft, now_ms_));
    }
  }

  void drain() {
    for (int i = 0; i < 1000; ++i) {
      const Event event = coap_.poll(now_ms_);
      if (!event) {
        return;
      }
      if (event.kind == EventKind::kSend) {
        require(MessageView::parse(event.datagram).ok());
        last_sent_.assign(event.datagram.begin(), event.datagram.end());
      } else {
        require(event.kind == EventKind::kTimeout);
        observers_.handle(event);
      }
    }
    std::abort(); // it never ends
  }

  static Parameters parameters() {
    Parameters parameters;
    parameters.nstart = 4;
    return parameters;
  }

  Endpoint<Storage> coap_{parameters(), 1};
  BlockSink sink_;
  BlockDownload download_;
  ObserverTable<2> observers_;
  EchoGuard<2> guard_;
  Token last_token_;
  std::vector<std::uint8_t> last_sent_;
  std::string body_ = std::string(1024, 'b');
  Millis now_ms_ = 1;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const ByteView input(data, size);
  check_codec(input);
  Program<FixedStorage<>> device;
  Program<HashedStorage<>> service;
  ByteReader reader(input);
  while (const auto control = reader.take(2)) {
    const auto datagram = reader.take(std::min<std::size_t>((*control)[1], reader.remaining()));
    device.step((*control)[0], *datagram);
    service.step((*control)[0], *datagram);
  }
  return 0;
}
