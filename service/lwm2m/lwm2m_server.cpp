// SPDX-License-Identifier: Apache-2.0
#include "service/lwm2m/lwm2m_server.hpp"

#include <algorithm>
#include <charconv>

namespace tinyml::service {

using coap::Code;
using coap::Event;
using coap::OptionNumber;
using lwm2m::RegistryEvent;

namespace {

constexpr std::size_t kMaxRegistrationBytes = 8192;
constexpr std::size_t kMaxBlockwiseRegistrations = 256;
constexpr std::size_t kMaxDownloads = 1024;
constexpr std::string_view kCore = "</rd>;rt=\"core.rd\",</fw>;title=\"images\"";

std::vector<std::string_view> texts(const coap::MessageView &message, OptionNumber number) {
  std::vector<std::string_view> found;
  for (const coap::Option &option : message.options()) {
    if (option.number == number) {
      found.push_back(option.text());
    }
  }
  return found;
}

std::string joined(const std::vector<std::string_view> &path) {
  std::string text;
  for (const std::string_view segment : path) {
    text += '/';
    text += segment;
  }
  return text;
}

} // namespace

std::string peer_text(coap::PeerId peer) {
  const auto [address, port] = coap::ipv4_of(peer);
  std::string text;
  for (const std::uint8_t byte : address) {
    text += std::to_string(byte) + '.';
  }
  text.back() = ':';
  return text + std::to_string(port);
}

std::optional<coap::PeerId> peer_from_text(std::string_view text) {
  coap::Ipv4Endpoint endpoint;
  const char *at = text.data();
  const char *const end = text.data() + text.size();
  for (int i = 0; i < 5; ++i) {
    unsigned number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    const char separator = i == 3 ? ':' : '.';
    if (error != std::errc{} || number > (i < 4 ? 255U : 65535U) ||
        (i < 4 && (next == end || *next != separator)) || (i == 4 && next != end)) {
      return std::nullopt;
    }
    if (i < 4) {
      endpoint.address[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number);
      at = next + 1;
    } else {
      endpoint.port = static_cast<std::uint16_t>(number);
    }
  }
  return coap::peer_of(endpoint);
}

coap::Parameters Lwm2mServer::defaults() {
  coap::Parameters parameters;
  parameters.nstart = 2 * DeviceQueue::kPipelineDepth;
  return parameters;
}

Lwm2mServer::Lwm2mServer(std::uint64_t seed, Hooks hooks, const coap::Parameters &parameters)
    : hooks_(std::move(hooks)),
      node_(parameters, seed,
            {.send =
                 [this](coap::PeerId to, ByteView datagram) {
                   ++counters_.datagrams_out;
                   counters_.bytes_out += datagram.size();
                   hooks_.send(to, datagram);
                 },
             .request = [this](const Event &event) { on_request(event); }}),
      queue_(node_, {.now_ms = hooks_.now_ms, .trace = hooks_.trace, .asked = hooks_.asked}),
      packages_(node_, seed + 1,
                {.find = hooks_.find_image,
                 .served = [this](coap::PeerId peer, const std::string &build, std::int64_t sent,
                                  std::int64_t total) { served(peer, build, sent, total); }}),
      registry_(seed + 2, 200'000) {}

void Lwm2mServer::receive(coap::PeerId from, ByteView datagram) {
  ++counters_.datagrams_in;
  counters_.bytes_in += datagram.size();
  node_.receive(from, datagram, hooks_.now_ms());
  if (const std::string endpoint = endpoint_of(from); !endpoint.empty()) {
    hooks_.seen(endpoint);
  }
}

void Lwm2mServer::poll() { node_.poll(hooks_.now_ms()); }

void Lwm2mServer::expire() {
  const coap::Millis now = hooks_.now_ms();
  for (const lwm2m::Registration &ended : registry_.expire(now)) {
    left(ended.endpoint);
  }
  std::erase_if(blocks_, [&](const auto &one) { return now - one.second.since_ms > 60'000; });
  std::erase_if(downloads_, [&](const auto &one) { return now - one.second.since_ms > 3'600'000; });
}

void Lwm2mServer::restore(const lwm2m::Registration &registration) {
  registry_.restore(registration);
  if (const auto peer = peer_from_text(registration.peer)) {
    moved(registration.endpoint, *peer);
    queue_.reachable(registration.endpoint, *peer, registration.queue_mode);
  }
}

std::string Lwm2mServer::endpoint_of(coap::PeerId peer) const {
  const auto found = endpoint_of_peer_.find(peer.value);
  return found == endpoint_of_peer_.end() ? std::string() : found->second;
}

void Lwm2mServer::moved(const std::string &endpoint, coap::PeerId peer) {
  std::uint64_t &last = peer_of_endpoint_[endpoint];
  const auto before = endpoint_of_peer_.find(last);
  if (before != endpoint_of_peer_.end() && before->second == endpoint) {
    endpoint_of_peer_.erase(before);
  }
  endpoint_of_peer_[peer.value] = endpoint;
  last = peer.value;
}

void Lwm2mServer::left(const std::string &endpoint) {
  const auto peer = peer_of_endpoint_.find(endpoint);
  if (peer != peer_of_endpoint_.end()) {
    const auto known = endpoint_of_peer_.find(peer->second);
    if (known != endpoint_of_peer_.end() && known->second == endpoint) {
      endpoint_of_peer_.erase(known);
    }
    peer_of_endpoint_.erase(peer);
  }
  authorities_.erase(endpoint);
  queue_.gone(endpoint);
  hooks_.registration(RegistryEvent::kDeregistered, endpoint, nullptr);
}

std::optional<std::string> Lwm2mServer::authority(const std::string &endpoint) const {
  const auto found = authorities_.find(endpoint);
  return found == authorities_.end() ? std::nullopt : std::optional(found->second);
}

void Lwm2mServer::on_request(const Event &event) {
  const auto path = texts(event.message, OptionNumber::kUriPath);
  if (!path.empty() && path[0] == "rd" && path.size() <= 2) {
    return on_registry(event, path);
  }
  if (path.size() == 2 && path[0] == "fw") {
    return packages_.handle(event, std::string(path[1]), hooks_.now_ms());
  }
  if (path.size() == 2 && path[0] == ".well-known" && path[1] == "core") {
    return on_core(event);
  }
  node_.reply(event.request, Code::kNotFound, hooks_.now_ms(), [](auto &) {});
}

void Lwm2mServer::on_core(const Event &event) {
  if (event.message.code() != Code::kGet) {
    return node_.reply(event.request, Code::kMethodNotAllowed, hooks_.now_ms(), [](auto &) {});
  }
  const auto window = coap::BlockWindow::of(event.message, kCore.size());
  if (!window.valid) {
    return node_.reply(event.request, Code::kBadRequest, hooks_.now_ms(), [](auto &) {});
  }
  node_.reply(event.request, Code::kContent, hooks_.now_ms(), [&](auto &message) {
    message.content_format(coap::ContentFormat::kLink);
    window.add_to(message);
    message.payload(kCore.substr(window.offset_bytes, window.size_bytes));
  });
}

/// A registration may be larger than a datagram (many objects): its blocks are put together first.
void Lwm2mServer::on_registry(const Event &event, const std::vector<std::string_view> &path) {
  if (!event.message.has(OptionNumber::kBlock1)) {
    return answer_registry(event, path, event.message.payload(), nullptr);
  }
  if (!blocks_.contains(event.peer.value) && blocks_.size() >= kMaxBlockwiseRegistrations) {
    return node_.reply(event.request, Code::kServiceUnavailable, hooks_.now_ms(), [](auto &) {});
  }
  Blocks &blocks = blocks_[event.peer.value];
  blocks.since_ms = hooks_.now_ms();
  const auto piece = blocks.sink.accept(event.peer, event.message, kMaxRegistrationBytes);
  if (piece.first) {
    blocks.bytes.clear();
  }
  const bool takes = piece.status == coap::BlockSink::Status::kMore ||
                     piece.status == coap::BlockSink::Status::kLast;
  if (takes) {
    blocks.bytes.resize(piece.offset_bytes);
    blocks.bytes.insert(blocks.bytes.end(), piece.bytes.begin(), piece.bytes.end());
  }
  if (piece.status == coap::BlockSink::Status::kLast) {
    const Blocks whole = std::move(blocks);
    blocks_.erase(event.peer.value);
    return answer_registry(event, path, whole.bytes, &whole.sink);
  }
  node_.reply(event.request, coap::BlockSink::code_for(piece.status), hooks_.now_ms(),
              [&](auto &message) { blocks.sink.add_to(message); });
}

void Lwm2mServer::answer_registry(const Event &event, const std::vector<std::string_view> &path,
                                  ByteView payload, const coap::BlockSink *sink) {
  const auto query = texts(event.message, OptionNumber::kUriQuery);
  const auto format = event.message.content_format();
  const lwm2m::RegistryRequest request{
      .method = static_cast<lwm2m::RegistryRequest::Method>(event.message.code()),
      .path = path,
      .query = query,
      .content_format = format ? std::optional(static_cast<std::uint16_t>(*format)) : std::nullopt,
      .payload = payload};
  const lwm2m::RegistryReply reply =
      registry_.handle(request, peer_text(event.peer), hooks_.now_ms());
  node_.reply(event.request, static_cast<Code>(reply.code), hooks_.now_ms(), [&](auto &message) {
    for (const std::string &segment : reply.location) {
      message.option(OptionNumber::kLocationPath, segment);
    }
    if (sink != nullptr) {
      sink->add_to(message);
    }
    if (!reply.diagnostic.empty()) {
      message.payload(reply.diagnostic);
    }
  });
  node_.poll(hooks_.now_ms()); // the answer leaves before anything that the event sets off
  registry_changed(reply, event);
}

void Lwm2mServer::registry_changed(const lwm2m::RegistryReply &reply, const Event &event) {
  if (reply.event == RegistryEvent::kNone) {
    return;
  }
  trace_inbound(reply.endpoint, event, reply);
  const lwm2m::Registration *registration = registry_.find(reply.endpoint);
  if (reply.event == RegistryEvent::kDeregistered || registration == nullptr) {
    return left(reply.endpoint);
  }
  const bool fresh =
      reply.event == RegistryEvent::kRegistered || reply.event == RegistryEvent::kReplaced;
  ++(fresh ? counters_.registrations : counters_.updates);
  moved(reply.endpoint, event.peer);
  if (fresh) {
    queue_.restarted(reply.endpoint);
    const auto host = event.message.find(OptionNumber::kUriHost);
    if (host) {
      const auto port = event.message.find_uint(OptionNumber::kUriPort);
      authorities_[reply.endpoint] =
          "coap://" + std::string(host->text()) + ":" + std::to_string(port.value_or(5683));
    } else {
      authorities_.erase(reply.endpoint);
    }
  }
  queue_.reachable(reply.endpoint, event.peer, registration->queue_mode);
  hooks_.registration(reply.event, reply.endpoint, registration);
}

void Lwm2mServer::trace_inbound(const std::string &endpoint, const Event &event,
                                const lwm2m::RegistryReply &reply) {
  static constexpr std::string_view kMethods[] = {"?", "GET", "POST", "PUT", "DELETE"};
  static constexpr std::string_view kNotes[] = {"", "registered", "registered again", "updated",
                                                "deregistered"};
  const auto method = static_cast<std::size_t>(event.message.code());
  hooks_.trace(endpoint,
               {.inbound = true,
                .method = std::string(kMethods[method < 5 ? method : 0]),
                .path = joined(texts(event.message, OptionNumber::kUriPath)),
                .code = code_text(static_cast<Code>(reply.code)),
                .request_bytes = static_cast<std::int64_t>(event.message.payload().size()),
                .response_bytes = static_cast<std::int64_t>(reply.diagnostic.size()),
                .note = std::string(kNotes[static_cast<std::size_t>(reply.event)]) +
                        (reply.address_changed ? ", from a new address" : "")});
}

void Lwm2mServer::served(coap::PeerId peer, const std::string &build, std::int64_t sent,
                         std::int64_t total) {
  const std::string endpoint = endpoint_of(peer);
  const coap::Millis now = hooks_.now_ms();
  const auto key = std::pair(peer.value, build);
  if (downloads_.size() >= kMaxDownloads && !downloads_.contains(key)) {
    downloads_.clear();
  }
  Download &download = downloads_.try_emplace(key, Download{now, 0}).first->second;
  const std::int64_t before = std::exchange(download.bytes, sent);
  if (sent == total && before != total && !endpoint.empty()) {
    hooks_.trace(endpoint,
                 {.inbound = true,
                  .method = "GET",
                  .path = "/fw/" + build,
                  .code = "2.05",
                  .response_bytes = total,
                  .duration_us = static_cast<std::int64_t>(now - download.since_ms) * 1000,
                  .note = "last block"});
  }
  hooks_.pulled(endpoint, build, sent);
}

} // namespace tinyml::service
