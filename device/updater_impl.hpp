// SPDX-License-Identifier: Apache-2.0
// The member functions of Updater; included by updater.hpp alone.
#pragma once

#include "device/updater.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap, typename Verify>
bool Updater<Flash, Coap, Verify>::handle(const coap::Event &event, coap::Millis now_ms) {
  if (event.kind == coap::EventKind::kRequest) {
    return handle_push(event, now_ms);
  }
  if (event.exchange != coap::ExchangeKind::kRequest || event.tag >> 16 != kDownloadTag >> 16) {
    return false;
  }
  if (mode_ != Mode::kPull || event.tag != (kDownloadTag | generation_)) {
    return true; // of a download that was called off
  }
  in_flight_ = false;
  if (event.kind == coap::EventKind::kResponse) {
    handle_response(event.message, now_ms);
  } else {
    connection_failed(now_ms);
  }
  return true;
}

template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::handle_response(const coap::MessageView &response,
                                                   coap::Millis now_ms) {
  using enum coap::BlockDownload::Status;
  const auto piece = download_.accept(response);
  due_ms_ = now_ms;
  switch (piece.status) {
  case kMore:
  case kLast:
    failures_ = 0;
    if (write(piece.offset_bytes, piece.bytes) && piece.status == kLast) {
      finish();
    }
    return;
  case kChanged:
    print_line("update: the package changed, starting again");
    return restart_pull(now_ms);
  case kRefused:
    if (coap::code_class(response.code()) == 4) {
      return fail(lwm2m::UpdateResult::kInvalidUri, "the server does not have the package");
    }
    return connection_failed(now_ms);
  case kBad:
    return connection_failed(now_ms);
  }
}

/// A server that is away for a while costs time, not the download: the same block is asked for
/// again, with growing pauses beside the retransmissions.
template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::connection_failed(coap::Millis now_ms) {
  if (++failures_ > kMaxFailures) {
    return fail(lwm2m::UpdateResult::kConnectionLost, "no answer from the server");
  }
  due_ms_ = now_ms + (kFirstRetryMs << failures_);
  events::note(events::Id::kConnectionLost, failures_);
  print_line("update: connection lost at byte ", download_.offset_bytes(), ", trying again");
}

template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::poll(coap::Millis now_ms) {
  now_ms_ = now_ms;
  switch (firmware_.take_command()) {
  case lwm2m::FirmwareCommand::kDownload:
    start_pull(now_ms);
    break;
  case lwm2m::FirmwareCommand::kDiscard:
    discard();
    break;
  case lwm2m::FirmwareCommand::kApply:
    apply(now_ms);
    break;
  case lwm2m::FirmwareCommand::kNone:
    break;
  }
  if (mode_ == Mode::kPull && !in_flight_ && now_ms >= due_ms_) {
    request_block(now_ms);
  } else if (mode_ == Mode::kPush && now_ms >= due_ms_) {
    fail(lwm2m::UpdateResult::kConnectionLost, "the rest of the package did not come");
  }
}

template <store::Flash Flash, typename Coap, typename Verify>
coap::Millis Updater<Flash, Coap, Verify>::next_deadline_ms() const {
  const bool waits = mode_ == Mode::kIdle || in_flight_;
  return std::min(waits ? coap::kNever : due_ms_, restart_ms_);
}

template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::start_pull(coap::Millis now_ms) {
  const auto uri = coap::Uri::parse(firmware_.package_uri());
  if (!uri) {
    const bool scheme = uri.error() == coap::UriError::kScheme;
    return fail(scheme ? lwm2m::UpdateResult::kUnsupportedProtocol
                       : lwm2m::UpdateResult::kInvalidUri,
                "the package URI is not coap://a.b.c.d:port/path");
  }
  uri_ = *uri;
  failures_ = 0;
  print_line("update: downloading ", firmware_.package_uri());
  events::note(events::Id::kUpdateStarted);
  restart_pull(now_ms);
}

template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::restart_pull(coap::Millis now_ms) {
  if (begin(0)) {
    mode_ = Mode::kPull;
    in_flight_ = false;
    ++generation_;
    due_ms_ = now_ms;
    download_.start();
  }
}

template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::request_block(coap::Millis now_ms) {
  coap::Draft draft = coap_.request(coap::peer_of(uri_.host), coap::Code::kGet);
  if (!draft) {
    return; // another request to this server is open; poll() comes again when it has ended
  }
  uri_.add_to(draft.message);
  download_.add_to(draft.message);
  in_flight_ = coap_.send(draft, now_ms, kDownloadTag | generation_);
  if (!in_flight_) {
    fail(lwm2m::UpdateResult::kInvalidUri, "the package URI is too long");
  }
}

template <store::Flash Flash, typename Coap, typename Verify>
bool Updater<Flash, Coap, Verify>::handle_push(const coap::Event &event, coap::Millis now_ms) {
  const coap::MessageView &request = event.message;
  const bool reset = request.payload().size() <= 1 && !request.has(coap::OptionNumber::kBlock1);
  if (request.code() != coap::Code::kPut || !request.path_is("5/0/0") || reset ||
      event.peer != config_.server) {
    return false; // the client answers these
  }
  const auto piece = sink_.accept(event.peer, request, layout_.slot(store::Slot::kB).size_bytes);
  coap::Code code = coap::BlockSink::code_for(piece.status);
  if (coap::is_success(code) && piece.status != coap::BlockSink::Status::kRepeated) {
    const coap::Code taken = take_push(piece, now_ms);
    code = coap::is_success(taken) ? code : taken;
  }
  if (restart_ms_ != coap::kNever) {
    return true; // left to whoever runs after the restart: the sender will ask again
  }
  coap::Draft draft = coap_.reply(event.request, code);
  sink_.add_to(draft.message);
  coap_.send(draft, now_ms);
  return true;
}

template <store::Flash Flash, typename Coap, typename Verify>
coap::Code Updater<Flash, Coap, Verify>::take_push(const coap::BlockSink::Piece &piece,
                                                   coap::Millis now_ms) {
  if (piece.first) {
    if (mode_ != Mode::kPush && firmware_.begin_push() != coap::Code::kChanged) {
      return coap::Code::kMethodNotAllowed;
    }
    print_line("update: taking a pushed package");
    if (!begin(piece.announced_bytes)) {
      return coap::Code::kRequestEntityTooLarge;
    }
    mode_ = Mode::kPush;
  }
  if (mode_ != Mode::kPush) {
    return coap::Code::kRequestEntityIncomplete;
  }
  due_ms_ = now_ms + kPushSilenceMs;
  if (!write(piece.offset_bytes, piece.bytes) ||
      (piece.status == coap::BlockSink::Status::kLast && !finish())) {
    return coap::Code::kBadRequest; // /5/0/5 says why
  }
  return coap::Code::kChanged;
}

template <store::Flash Flash, typename Coap, typename Verify>
bool Updater<Flash, Coap, Verify>::begin(std::uint32_t announced_bytes) {
  return check(writer_.begin(announced_bytes, config_.wanted));
}

template <store::Flash Flash, typename Coap, typename Verify>
bool Updater<Flash, Coap, Verify>::write(std::uint32_t offset, ByteView bytes) {
  const std::uint32_t before_bytes = writer_.written_bytes();
  if (!check(writer_.write(offset, bytes))) {
    return false;
  }
  print_progress(before_bytes);
  return true;
}

template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::print_progress(std::uint32_t before_bytes) const {
  constexpr std::uint32_t kEveryBytes = 32 * 1024;
  if (before_bytes / kEveryBytes != writer_.written_bytes() / kEveryBytes) {
    events::note(events::Id::kUpdateProgress, writer_.written_bytes() / 1024);
    print_line("update: ", writer_.written_bytes(), " of ", writer_.total_bytes(), " bytes");
  }
}

/// The package is complete: check hash and signature before saying "downloaded".
template <store::Flash Flash, typename Coap, typename Verify>
bool Updater<Flash, Coap, Verify>::finish() {
  if (!check(writer_.finish())) {
    return false;
  }
  const image::Error error = verify_(writer_.slot());
  if (error != image::Error::kNone) {
    fail(result_of(error), describe(error));
    return false;
  }
  mode_ = Mode::kIdle;
  firmware_.downloaded();
  events::note(events::Id::kUpdateVerified);
  print_line("update: downloaded and verified");
  return true;
}

template <store::Flash Flash, typename Coap, typename Verify>
bool Updater<Flash, Coap, Verify>::check(store::UpdateError error) {
  using enum store::UpdateError;
  switch (error) {
  case kNone:
    return true;
  case kRefused:
    fail(result_of(writer_.refusal()), describe(writer_.refusal()));
    return false;
  case kTooLarge:
    fail(lwm2m::UpdateResult::kNotEnoughFlash, "too large for the slot");
    return false;
  case kGap:
  case kIncomplete:
    fail(lwm2m::UpdateResult::kIntegrityFailure, "bytes are missing");
    return false;
  case kNotConfirmed:
    fail(lwm2m::UpdateResult::kDeferred, "the running image is not confirmed yet");
    return false;
  case kNeedsRecovery:
    restart_into_recovery();
    return false;
  case kNotStarted:
  case kStore:
    break;
  }
  events::note(events::Id::kStoreError);
  fail(lwm2m::UpdateResult::kUpdateFailed, "the store failed");
  return false;
}

template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::fail(lwm2m::UpdateResult result, std::string_view why) {
  discard();
  firmware_.failed(result);
  events::note(events::Id::kUpdateFailed, static_cast<std::uint32_t>(result));
  print_line("update: refused, ", why);
}

/// What runs lies where the update has to go. The server offers it again when the recovery image
/// has registered.
template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::restart_into_recovery() {
  if (store::want_recovery(flash_, layout_) != hal::Status::kOk) {
    return fail(lwm2m::UpdateResult::kUpdateFailed, "the store failed");
  }
  print_line("update: restarting into the recovery image");
  restart_ms_ = now_ms_ + kRestartDelayMs;
}

template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::discard() {
  in_flight_ = false;
  ++generation_;
  mode_ = Mode::kIdle;
  due_ms_ = coap::kNever;
  sink_.reset();
}

template <store::Flash Flash, typename Coap, typename Verify>
void Updater<Flash, Coap, Verify>::apply(coap::Millis now_ms) {
  if (store::activate(flash_, layout_, writer_.slot()) != hal::Status::kOk) {
    return fail(lwm2m::UpdateResult::kUpdateFailed, "the store failed");
  }
  events::note(events::Id::kUpdateApplied);
  restart_ms_ = now_ms + kRestartDelayMs;
}

} // namespace tinyml::device
