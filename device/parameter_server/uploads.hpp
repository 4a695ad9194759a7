// SPDX-License-Identifier: Apache-2.0
// ParameterServer's PUT /train/update; included by server.hpp alone.
#pragma once

#include "device/parameter_server/server.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::put_update(const coap::Event &event) {
  const std::uint32_t id = number_of(event, "w");
  Worker *worker = id < workers_.size() ? workers_.find(static_cast<std::uint16_t>(id)) : nullptr;
  if (worker == nullptr || !has_model()) {
    return reply(event, Code::kNotFound, "unknown worker: POST /train/join");
  }
  worker->seen_ms = now_ms_;
  worker->peer = event.peer;
  if (UploadSession *session = session_for(event, static_cast<std::uint16_t>(id));
      session != nullptr) {
    go_on(event, *session);
  }
}

/// The session of this upload, a new one for its first block. Null: answered already.
template <store::Flash Flash, typename Coap>
UploadSession *ParameterServer<Flash, Coap>::session_for(const coap::Event &event,
                                                         std::uint16_t id) {
  const auto block = event.message.block(coap::OptionNumber::kBlock1);
  const bool begins = !block || block->number == 0;
  UploadSession *session = uploads_.find(id);
  if (!begins) {
    if (session == nullptr) { // its last block again, whose answer was lost, or one too late
      const bool taken = workers_[id].answered && !block->more;
      reply(event, taken ? Code::kChanged : Code::kRequestEntityIncomplete);
    }
    return session;
  }
  if (const Refusal refusal = early(event, id); refusal != Refusal::kNone) {
    refuse(event, id, refusal);
    return nullptr;
  }
  session = session != nullptr ? session : uploads_.spare(now_ms_);
  if (session != nullptr) {
    close(*session);
    session->slot = free_slot();
    session->worker = session->slot == kNoSlot ? training::kNoWorker : id;
  }
  if (session == nullptr || !session->open()) {
    refuse(event, id, Refusal::kNoRoom);
    return nullptr;
  }
  workers_[id].answered = false;
  return session;
}

/// What the first block tells already; it saves sending the rest.
template <store::Flash Flash, typename Coap>
training::Refusal ParameterServer<Flash, Coap>::early(const coap::Event &event,
                                                      std::uint16_t id) const {
  const ByteView payload = event.message.payload();
  if (payload.size() < training::UpdateHeader::kBytes) {
    return Refusal::kNone;
  }
  const auto header =
      training::decode<training::UpdateHeader>(payload.first(training::UpdateHeader::kBytes));
  return header ? judge(id, *header) : Refusal::kMalformed;
}

template <store::Flash Flash, typename Coap>
training::Refusal ParameterServer<Flash, Coap>::judge(std::uint16_t id,
                                                      const training::UpdateHeader &header) const {
  if (header.run_id != settings().run_id || header.worker != id) {
    return Refusal::kWrongRun;
  }
  const bool current =
      is_bulk() ? header.base_version == commit_.version && !is_closing() && round_is_open()
                : header.base_version <= commit_.version;
  if (commit_.state != RunState::kRunning || !current) {
    return Refusal::kStale;
  }
  const Worker &worker = workers_[id];
  if (worker.excluded_until > commit_.version) {
    return Refusal::kExcluded;
  }
  const bool scaffold = settings().strategy == training::Strategy::kScaffold;
  if (header.coding != settings().update_coding || (scaffold && !(header.step_sum > 0))) {
    return Refusal::kMalformed;
  }
  // One that waits is not replaced while it may be in use.
  return worker.folded || (worker.has_delivered() && !is_bulk()) ? Refusal::kNoRoom
                                                                 : Refusal::kNone;
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::go_on(const coap::Event &event, UploadSession &session) {
  session.seen_ms = now_ms_;
  const std::uint32_t size_bytes = update_bytes(settings());
  auto piece = session.sink.accept(event.peer, event.message, size_bytes);
  if (piece.status == coap::BlockSink::Status::kMore &&
      piece.bytes.size() % flash_.info().program_bytes != 0) {
    piece.status = coap::BlockSink::Status::kBad; // too small for the store
  }
  Code code = coap::BlockSink::code_for(piece.status);
  if (coap::is_success(code) && piece.status != coap::BlockSink::Status::kRepeated) {
    if (!store_piece(piece, session)) {
      close(session);
      return reply(event, Code::kInternalServerError, "the store does not take the update");
    }
    if (piece.status == coap::BlockSink::Status::kLast) {
      return finish_upload(event, session,
                           piece.offset_bytes + static_cast<std::uint32_t>(piece.bytes.size()));
    }
  }
  coap::Draft draft = coap_.reply(event.request, code);
  session.sink.add_to(draft.message);
  coap_.send(draft, now_ms_);
  if (code == Code::kBadRequest || code == Code::kRequestEntityTooLarge) {
    ++refused_[static_cast<std::size_t>(Refusal::kMalformed)];
    close(session);
  }
}

/// Blocks are whole program units but for the last one, which is filled up.
template <store::Flash Flash, typename Coap>
bool ParameterServer<Flash, Coap>::store_piece(const coap::BlockSink::Piece &piece,
                                               UploadSession &session) {
  const store::Region place = plan_.slots[session.slot];
  const std::size_t unit = flash_.info().program_bytes;
  std::uint8_t tail[64];
  const std::size_t whole = piece.bytes.size() / unit * unit;
  const std::size_t rest = piece.bytes.size() - whole;
  std::fill(std::begin(tail), std::end(tail), std::uint8_t{0xFF});
  std::copy_n(piece.bytes.data() + whole, rest, tail);
  workers_[session.worker].bytes_up += static_cast<std::uint32_t>(piece.bytes.size());
  const std::uint32_t at = place.offset + piece.offset_bytes;
  const bool good =
      (!piece.first || erase(flash_, place)) &&
      (whole == 0 || flash_.write(at, piece.bytes.first(whole)) == hal::Status::kOk) &&
      (rest == 0 || flash_.write(at + static_cast<std::uint32_t>(whole), ByteView(tail, unit)) ==
                        hal::Status::kOk);
  if (!good) {
    slots_[session.slot] = SlotState::kBad; // never used again; close() leaves it so
    ++store_errors_;
  }
  return good;
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::finish_upload(const coap::Event &event, UploadSession &session,
                                                 std::uint32_t size_bytes) {
  const std::uint16_t id = session.worker;
  training::UpdateHeader header;
  float norm = 0;
  Refusal refusal = size_bytes == update_bytes(settings())
                        ? jobs_.inspect(session.slot, header, norm)
                        : Refusal::kMalformed;
  refusal = refusal == Refusal::kNone ? judge(id, header) : refusal;
  if (refusal == Refusal::kNone) {
    accept_update(header, norm, session.slot);
    coap::Draft draft = coap_.reply(event.request, Code::kChanged);
    session.sink.add_to(draft.message);
    coap_.send(draft, now_ms_);
    session.close(); // the slot is the worker's now
    return;
  }
  close(session);
  refuse(event, id, refusal);
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::accept_update(const training::UpdateHeader &header, float norm,
                                                 std::uint8_t slot) {
  Worker &worker = workers_[header.worker];
  release(worker.slot);
  slots_[slot] = SlotState::kInUse;
  worker.slot = slot;
  worker.answered = true;
  worker.is_training = false;
  worker.version = header.base_version;
  worker.samples = header.samples;
  worker.steps = header.steps;
  worker.train_ms = header.train_ms;
  worker.cycles = header.cycles;
  worker.mean_loss = header.mean_loss;
  worker.accuracy_before = header.accuracy_before;
  worker.accuracy_after = header.accuracy_after;
  worker.step_sum = header.step_sum;
  worker.norm = norm;
  ++worker.delivered;
  ++worker.clock;
  ++refused_[static_cast<std::size_t>(Refusal::kNone)];
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::refuse(const coap::Event &event, std::uint16_t id,
                                          Refusal refusal) {
  ++refused_[static_cast<std::size_t>(refusal)];
  if (refusal == Refusal::kNoRoom) {
    return reply_later(event, describe(refusal));
  }
  Worker &worker = workers_[id];
  ++worker.refused;
  worker.last_refusal = refusal;
  const bool bad_values = refusal == Refusal::kNotFinite || refusal == Refusal::kNormTooLarge;
  if (bad_values || refusal == Refusal::kMalformed) {
    if (++worker.strikes >= kStrikesOut) {
      worker.excluded_until = commit_.version + (is_bulk() ? 1U : settings().workers);
    }
    print_line("train: update of worker ", id, " refused: ", describe(refusal));
  }
  const bool late = refusal == Refusal::kWrongRun || refusal == Refusal::kStale;
  reply(event,
        bad_values                      ? Code::kUnprocessableEntity
        : late                          ? Code::kConflict
        : refusal == Refusal::kExcluded ? Code::kForbidden
                                        : Code::kBadRequest,
        describe(refusal));
}

template <store::Flash Flash, typename Coap>
std::uint8_t ParameterServer<Flash, Coap>::free_slot() {
  // NOLINTNEXTLINE(bugprone-too-small-loop-variable): at most kMostSlots
  for (std::uint8_t slot = 0; slot < plan_.slots.count; ++slot) {
    if (slots_[slot] == SlotState::kFree) {
      slots_[slot] = SlotState::kInUse;
      return slot;
    }
  }
  return kNoSlot;
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::release(std::uint8_t &slot) {
  if (slot != kNoSlot && slots_[slot] == SlotState::kInUse) {
    slots_[slot] = SlotState::kFree;
  }
  slot = kNoSlot;
}

template <store::Flash Flash, typename Coap>
void ParameterServer<Flash, Coap>::close(UploadSession &session) {
  release(session.slot);
  session.close();
}

/// After a restart: updates of the version that is trained on still lie in their slots.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::recover_slots() {
  if (!is_bulk() || plan_.folded) {
    return; // whether one is in the model already cannot be told
  }
  // NOLINTNEXTLINE(bugprone-too-small-loop-variable): at most kMostSlots
  for (std::uint8_t slot = 0; slot < plan_.slots.count; ++slot) {
    training::UpdateHeader header;
    float norm = 0;
    if (jobs_.inspect(slot, header, norm) == Refusal::kNone && header.worker < workers_.size() &&
        !workers_[header.worker].has_delivered() &&
        judge(header.worker, header) == Refusal::kNone) {
      accept_update(header, norm, slot);
    }
  }
}

} // namespace tinyml::device
