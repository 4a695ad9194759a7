// SPDX-License-Identifier: Apache-2.0
// The member functions of Client; included by client.hpp alone.
#pragma once

#include "protocol/lwm2m/client.hpp"
#include "protocol/lwm2m/write_payload.hpp"

namespace tinyml::lwm2m {

template <typename Objects, typename Coap>
bool Client<Objects, Coap>::handle(const coap::Event &event, coap::Millis now_ms) {
  switch (event.kind) {
  case coap::EventKind::kRequest:
    return handle_request(event, now_ms);
  case coap::EventKind::kResponse:
    if (event.tag != kRegistrationTag) {
      return false;
    }
    registrar_.answered(event.message, account_.lifetime_s(), now_ms);
    if (registrar_.take_registered()) {
      observers_.remove_all(config_.server); // a new registration starts without observations
    }
    return true;
  case coap::EventKind::kTimeout:
  case coap::EventKind::kRejected:
    return handle_failure(event, now_ms);
  default:
    return false;
  }
}

template <typename Objects, typename Coap>
bool Client<Objects, Coap>::handle_failure(const coap::Event &event, coap::Millis now_ms) {
  if (event.exchange == coap::ExchangeKind::kRequest && event.tag == kRegistrationTag) {
    registrar_.unanswered(now_ms);
    return true;
  }
  return observers_.handle(event);
}

template <typename Objects, typename Coap>
bool Client<Objects, Coap>::handle_request(const coap::Event &event, coap::Millis now_ms) {
  const coap::MessageView &request = event.message;
  if (asks_for_core(request)) {
    get(event, Path(), now_ms);
    return true;
  }
  const auto path = path_of(request);
  if (!path || path->depth == 0) {
    return false;
  }
  if (request.code() == coap::Code::kGet) {
    get(event, *path, now_ms);
  } else {
    answer(event, is_server(event.peer) ? change(request, *path) : coap::Code::kUnauthorized,
           now_ms);
  }
  return true;
}

template <typename Objects, typename Coap>
void Client<Objects, Coap>::answer(const coap::Event &event, coap::Code code, coap::Millis now_ms) {
  coap::Draft draft = coap_.reply(event.request, code);
  coap_.send(draft, now_ms);
}

/// Renders twice: the first time to learn the size, which decides about blocks and observation.
template <typename Objects, typename Coap>
void Client<Objects, Coap>::get(const coap::Event &event, const Path &path, coap::Millis now_ms) {
  const auto format = path.depth == 0 ? Format::kLinkFormat : answer_format(event.message);
  coap::Draft draft = coap_.reply(event.request, coap::Code::kContent);
  std::size_t size = 0;
  coap::Code code = coap::Code::kNotAcceptable;
  if (format) {
    code = render(path, *format, draft.message.begin_payload(), size);
  }
  const auto window =
      coap::BlockWindow::of(event.message, static_cast<std::uint32_t>(size), coap::kMaxSzx);
  if (code != coap::Code::kContent || !window.valid) {
    return answer(event, window.valid ? code : coap::Code::kBadRequest, now_ms);
  }
  if (!admit(event, window.size_bytes, now_ms)) {
    return;
  }
  draft = coap_.reply(event.request, coap::Code::kContent);
  if (const auto sequence = observe(event, path, *format, size, now_ms)) {
    draft.message.option_uint(coap::OptionNumber::kObserve, *sequence);
  }
  draft.message.content_format(static_cast<coap::ContentFormat>(*format));
  window.add_to(draft.message);
  const ByteSpan room = draft.message.begin_payload();
  code = render(path, *format, room, size);
  if (code != coap::Code::kContent) {
    return answer(event, code, now_ms);
  }
  std::memmove(room.data(), room.data() + window.offset_bytes, window.size_bytes);
  draft.message.end_payload(window.size_bytes);
  coap_.send(draft, now_ms);
}

/// A large answer to someone whose address is not proven is preceded by a challenge (RFC 9175), so
/// that nobody uses us to flood a third party.
template <typename Objects, typename Coap>
bool Client<Objects, Coap>::admit(const coap::Event &event, std::size_t size, coap::Millis now_ms) {
  if (size <= kUnprovenBytes || is_server(event.peer) ||
      guard_.admit(event.peer, event.message, now_ms)) {
    return true;
  }
  coap::Draft draft = coap_.reply(event.request, coap::Code::kUnauthorized);
  guard_.challenge(draft.message, event.peer, random_.next(), now_ms);
  coap_.send(draft, now_ms);
  return false;
}

template <typename Objects, typename Coap>
coap::Code Client<Objects, Coap>::render(const Path &path, Format format, ByteSpan buffer,
                                         std::size_t &size) const {
  if (format == Format::kLinkFormat) {
    ByteWriter out(buffer);
    const coap::Code code = discover(path, out);
    size = out.size();
    return out.overflown() ? coap::Code::kInternalServerError : code;
  }
  ValueWriter out(format, path, buffer);
  const auto status = read(path, out);
  size = out.size();
  if (code_of(status) != coap::Code::kNotFound) {
    return code_of(status);
  }
  return allows(path, kReadable) == coap::Code::kMethodNotAllowed ? coap::Code::kMethodNotAllowed
                                                                  : coap::Code::kNotFound;
}

template <typename Objects, typename Coap>
ValueWriter::Status Client<Objects, Coap>::read(const Path &path, ValueWriter &out) const {
  const auto resources = objects_.resources(path.object());
  if (resources.empty() || (path.depth > 1 && path.instance() != 0)) {
    return ValueWriter::Status::kNothing;
  }
  out.begin_instance(path.object(), 0);
  for (const Resource &resource : resources) {
    const bool wanted = path.depth < 3 || resource.id == path.resource();
    if (wanted && (resource.operations & kReadable) != 0) {
      objects_.read(path.object(), resource.id, out);
    }
  }
  out.end_instance();
  return out.finish();
}

template <typename Objects, typename Coap>
coap::Code Client<Objects, Coap>::allows(const Path &path, Operation operation) const {
  const Resource *resource = find_resource(objects_.resources(path.object()), path.resource());
  if (path.depth != 3 || path.instance() != 0 || resource == nullptr) {
    return coap::Code::kNotFound;
  }
  return (resource->operations & operation) != 0 ? coap::Code::kChanged
                                                 : coap::Code::kMethodNotAllowed;
}

template <typename Objects, typename Coap>
coap::Code Client<Objects, Coap>::discover(const Path &path, ByteWriter &out) const {
  if (path.depth == 0) {
    put_core(out);
    return coap::Code::kContent;
  }
  const auto resources = objects_.resources(path.object());
  const Path instance = Path::of(path.object(), 0);
  if (resources.empty() || path.depth > 3 || (path.depth > 1 && path.instance() != 0)) {
    return coap::Code::kNotFound;
  }
  for (Path parent = path.depth == 1 ? path : instance; path.depth < 3 && parent.depth < 3;
       parent = parent.child(0)) {
    put_link(out, parent);
    attributes_.put(out, parent);
  }
  for (const Resource &resource : resources) {
    const Path at = instance.child(resource.id);
    if (path.contains(at)) {
      put_link(out, at);
      attributes_.put(out, at);
    }
  }
  return out.size() == 0 ? coap::Code::kNotFound : coap::Code::kContent;
}

template <typename Objects, typename Coap>
void Client<Objects, Coap>::put_core(ByteWriter &out) const {
  put_object_links(out);
  if (!config_.more_links.empty()) {
    out.put(static_cast<std::uint8_t>(','));
    out.put(config_.more_links);
  }
}

/// The payload of Register. `ct` is one number: some servers refuse a list.
template <typename Objects, typename Coap>
void Client<Objects, Coap>::put_object_links(ByteWriter &out) const {
  out.put("</>;rt=\"oma.lwm2m\";ct=112");
  for (const std::uint16_t id : Objects::kIds) {
    put_link(out, Path::of(id, 0));
  }
}

template <typename Objects, typename Coap>
coap::Code Client<Objects, Coap>::change(const coap::MessageView &request, const Path &path) {
  const bool put = request.code() == coap::Code::kPut;
  if (put && request.payload().empty() && request.has(coap::OptionNumber::kUriQuery)) {
    const bool known = !objects_.resources(path.object()).empty() && path.depth < 4;
    return known ? attributes_.write(path, request) : coap::Code::kNotFound;
  }
  if (request.code() == coap::Code::kPost && path.depth == 3) {
    return execute(request, path);
  }
  if (put || (request.code() == coap::Code::kPost && path.depth == 2)) {
    return write(request, path);
  }
  return coap::Code::kMethodNotAllowed; // no object of ours is created or deleted
}

template <typename Objects, typename Coap>
coap::Code Client<Objects, Coap>::execute(const coap::MessageView &request, const Path &path) {
  const coap::Code code = allows(path, kExecutable);
  return code == coap::Code::kChanged
             ? objects_.execute(path.object(), path.resource(), request.payload())
             : code;
}

/// A write stops at the first resource that refuses; resources before it keep their new values.
template <typename Objects, typename Coap>
coap::Code Client<Objects, Coap>::write(const coap::MessageView &request, const Path &path) {
  const auto block = request.block(coap::OptionNumber::kBlock1);
  if (block && (block->more || block->number != 0)) {
    return coap::Code::kRequestEntityTooLarge; // only /5/0/0 takes blocks, before us
  }
  WritePayload payload(path, request);
  while (payload.next()) {
    const Path at = payload.path();
    coap::Code code = allows(at, kWritable);
    if (code == coap::Code::kChanged) {
      code = objects_.write(at.object(), at.resource(), payload.value());
    }
    if (code != coap::Code::kChanged) {
      return code;
    }
  }
  return payload.code();
}

template <typename Objects, typename Coap>
std::optional<std::uint32_t> Client<Objects, Coap>::observe(const coap::Event &event,
                                                            const Path &path, Format format,
                                                            std::size_t size, coap::Millis now_ms) {
  const auto wish = event.message.find_uint(coap::OptionNumber::kObserve);
  if (wish == 1U) {
    observers_.remove(event.peer, event.request.token);
  }
  if (wish != 0U || path.depth == 0 || format == Format::kLinkFormat ||
      size > kMaxNotificationBytes) {
    return std::nullopt;
  }
  const auto coap_format = static_cast<coap::ContentFormat>(format);
  coap::Observation *entry = observers_.add(event.request, path.object(), coap_format, now_ms);
  if (entry == nullptr) {
    return std::nullopt;
  }
  watches_[static_cast<std::size_t>(entry - observers_.entries().data())] = {path, format, false};
  return observers_.next_sequence();
}

/// When the observation's next notification may or must be sent: pmin after the last one when the
/// value has changed, pmax after it in any case.
template <typename Objects, typename Coap>
coap::Millis Client<Objects, Coap>::due_ms(const coap::Observation &observation) {
  const auto index = static_cast<std::size_t>(&observation - observers_.entries().data());
  const Watch &watch = watches_[index];
  const Period period = attributes_.effective(watch.path);
  const std::uint32_t pmin_s = period.pmin_s == Period::kUnset ? 0 : period.pmin_s;
  if (watch.changed) {
    return observation.notified_ms + coap::Millis{pmin_s} * 1000;
  }
  // A pmax below pmin is to be ignored (5.1.2).
  const bool forced =
      period.pmax_s != Period::kUnset && period.pmax_s != 0 && period.pmax_s >= pmin_s;
  return forced ? observation.notified_ms + coap::Millis{period.pmax_s} * 1000 : coap::kNever;
}

template <typename Objects, typename Coap>
void Client<Objects, Coap>::notify(coap::Observation &observation, coap::Millis now_ms) {
  Watch &watch = watches_[static_cast<std::size_t>(&observation - observers_.entries().data())];
  coap::Draft draft = coap_.notification(observation.peer, observation.token,
                                         observers_.next_type(observation, now_ms));
  if (!draft) {
    return; // no room now; tried again when an exchange has ended
  }
  draft.message.option_uint(coap::OptionNumber::kObserve, observers_.next_sequence());
  draft.message.content_format(observation.format);
  std::size_t size = 0;
  const coap::Code code = render(watch.path, watch.format, draft.message.begin_payload(), size);
  draft.message.code(code);
  draft.message.end_payload(code == coap::Code::kContent ? size : 0);
  observers_.note_sent(observation, draft.message, now_ms);
  watch.changed = false;
  if (!coap_.send(draft, now_ms) || code != coap::Code::kContent) {
    observation.active = false; // RFC 7641 section 4.2: an error ends it
  }
}

template <typename Objects, typename Coap> void Client<Objects, Coap>::mark_changes() {
  objects_.take_changes([this](std::uint16_t object) {
    for (Watch &watch : watches_) {
      watch.changed = watch.changed || watch.path.object() == object;
    }
  });
}

template <typename Objects, typename Coap> void Client<Objects, Coap>::poll(coap::Millis now_ms) {
  if (account_.take_update_trigger()) {
    registrar_.trigger_update(now_ms);
  }
  if (const auto action = registrar_.due(now_ms); action != Registrar::Action::kNone) {
    send_registration(action, now_ms);
  }
  mark_changes();
  for (coap::Observation &observation : observers_.entries()) {
    if (observation.active && due_ms(observation) <= now_ms) {
      notify(observation, now_ms);
    }
  }
}

template <typename Objects, typename Coap> coap::Millis Client<Objects, Coap>::next_deadline_ms() {
  coap::Millis earliest = registrar_.next_deadline_ms();
  for (const coap::Observation &observation : observers_.entries()) {
    earliest = observation.active ? std::min(earliest, due_ms(observation)) : earliest;
  }
  return earliest;
}

template <typename Objects, typename Coap>
void Client<Objects, Coap>::send_registration(Registrar::Action action, coap::Millis now_ms) {
  const bool leaving = action == Registrar::Action::kDeregister;
  coap::Draft draft =
      coap_.request(config_.server, leaving ? coap::Code::kDelete : coap::Code::kPost);
  if (!draft) {
    return; // another request to the server is open
  }
  if (action == Registrar::Action::kRegister) {
    put_registration(draft.message);
  } else {
    draft.message.path(registrar_.location());
    if (!leaving) {
      put_lifetime(draft.message, account_.lifetime_s());
    }
  }
  if (coap_.send(draft, now_ms, kRegistrationTag)) {
    registrar_.sent(action);
  }
}

template <typename Objects, typename Coap>
void Client<Objects, Coap>::put_registration(coap::MessageBuilder &message) const {
  put_host(message, config_.server);
  message.path("rd").content_format(coap::ContentFormat::kLink);
  put_query(message, "ep=", config_.endpoint);
  put_lifetime(message, account_.lifetime_s());
  put_query(message, "lwm2m=", registrar_.version());
  message.query("b=U");
  ByteWriter links(message.begin_payload());
  put_object_links(links);
  message.end_payload(links.size());
}

} // namespace tinyml::lwm2m
