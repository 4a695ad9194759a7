// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/classify.hpp"
#include "device/console.hpp"
#include "device/tensors.hpp"
#include "os/events.hpp"
#include "os/outputs.hpp"
#include "protocol/coap/block.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/lwm2m/private_objects.hpp"
#include "protocol/lwm2m/standard_objects.hpp"

namespace tinyml::device {

/// The module as the resource serves it; `run` computes the outputs from the inputs in the arena.
struct LinkedModule {
  const module::ModuleInfo &info;
  std::uint8_t *arena;

  [[nodiscard]] Tensors inputs() const { return {info.inputs, info.input_count}; }
  [[nodiscard]] Tensors outputs() const { return {info.outputs, info.output_count}; }
};

/// POST /infer: the payload is the raw input tensors, the 2.04 answer the raw output tensors; both
/// by blocks when large (Block1 in, Block2 out). Bytes go straight into and out of the module's
/// arena: nothing is buffered.
///
/// `Run` is called without arguments; it is a type, so that the call is direct.
template <typename Coap, typename Run> class InferResource {
public:
  InferResource(const LinkedModule &module, Coap &coap, lwm2m::InferenceResultObject &result,
                lwm2m::TextDisplayObject &display, Run run)
      : module_(module), input_bytes_(bytes_of(module.inputs())),
        output_bytes_(bytes_of(module.outputs())), coap_(coap), result_(result), display_(display),
        run_(run) {}

  /// Takes requests to /infer; false: not for us. `time_s` is what the device takes for the time, 0
  /// unknown.
  bool handle(const coap::Event &event, std::uint32_t time_s, coap::Millis now_ms);

  /// Someone else used the arena: input that came so far and the latest output are gone.
  void forget() {
    sink_.reset();
    has_output_ = false;
  }

private:
  coap::Code take(const coap::BlockSink::Piece &piece, std::uint32_t time_s);
  coap::Code accept(const coap::Event &event, std::uint32_t time_s);
  void infer(std::uint32_t time_s);
  void answer(const coap::Event &event, coap::Code code, coap::Millis now_ms);
  bool put_output(const coap::MessageView &request, coap::MessageBuilder &message);
  [[nodiscard]] bool asks_for_more_output(const coap::Event &event) const;

  LinkedModule module_;
  std::uint32_t input_bytes_;
  std::uint32_t output_bytes_;
  Coap &coap_;
  lwm2m::InferenceResultObject &result_;
  lwm2m::TextDisplayObject &display_;
  coap::BlockSink sink_;
  coap::PeerId asker_; ///< whose the output in the arena is
  bool has_output_ = false;
  Run run_;
};

template <typename Coap, typename Run>
bool InferResource<Coap, Run>::handle(const coap::Event &event, std::uint32_t time_s,
                                      coap::Millis now_ms) {
  if (event.kind != coap::EventKind::kRequest || !event.message.path_is("infer")) {
    return false;
  }
  if (event.message.code() != coap::Code::kPost) {
    answer(event, coap::Code::kMethodNotAllowed, now_ms);
  } else if (asks_for_more_output(event)) {
    answer(event, coap::Code::kChanged, now_ms);
  } else {
    answer(event, accept(event, time_s), now_ms);
  }
  return true;
}

/// A later block of the output, or a repeated request whose answer was too large to be remembered.
template <typename Coap, typename Run>
bool InferResource<Coap, Run>::asks_for_more_output(const coap::Event &event) const {
  const auto block = event.message.block(coap::OptionNumber::kBlock2);
  const bool later = block && block->number != 0;
  return has_output_ && event.peer == asker_ && (later || event.repeated);
}

template <typename Coap, typename Run>
coap::Code InferResource<Coap, Run>::accept(const coap::Event &event, std::uint32_t time_s) {
  const auto piece = sink_.accept(event.peer, event.message, input_bytes_);
  const coap::Code code = coap::BlockSink::code_for(piece.status);
  if (!coap::is_success(code) || piece.status == coap::BlockSink::Status::kRepeated) {
    return code;
  }
  asker_ = event.peer;
  const coap::Code taken = take(piece, time_s);
  return coap::is_success(taken) ? code : taken;
}

template <typename Coap, typename Run>
coap::Code InferResource<Coap, Run>::take(const coap::BlockSink::Piece &piece,
                                          std::uint32_t time_s) {
  has_output_ = false;
  copy_in(module_.inputs(), module_.arena, piece.offset_bytes, piece.bytes);
  if (piece.status != coap::BlockSink::Status::kLast) {
    return coap::Code::kContinue;
  }
  if (piece.offset_bytes + piece.bytes.size() != input_bytes_) {
    return coap::Code::kBadRequest; // not the size of the input tensors
  }
  infer(time_s);
  return coap::Code::kChanged;
}

template <typename Coap, typename Run> void InferResource<Coap, Run>::infer(std::uint32_t time_s) {
  const std::uint64_t before = hal::cycle_count();
  run_();
  lwm2m::InferenceResult result;
  result.cycles = hal::cycle_count() - before;
  has_output_ = true;
  const module::TensorInfo &first = module_.outputs().front();
  result.raw_output = ByteView(module_.arena + first.arena_offset, first.size_bytes);
  const Winner winner = classify(first, result.raw_output);
  result.class_index = winner.class_index;
  result.score = winner.score;
  result.time_s = time_s;
  result_.record(result);
  outputs::show(0, result.raw_output);
  events::note(events::Id::kInference, static_cast<std::uint32_t>(winner.class_index));
  if (winner.class_index >= 0) {
    std::uint8_t digits[10];
    ByteWriter text{ByteSpan(digits)};
    lwm2m::put_decimal(text, static_cast<std::uint32_t>(winner.class_index));
    display_.show(as_text(text.written()));
  }
}

template <typename Coap, typename Run>
void InferResource<Coap, Run>::answer(const coap::Event &event, coap::Code code,
                                      coap::Millis now_ms) {
  coap::Draft draft = coap_.reply(event.request, code);
  sink_.add_to(draft.message);
  if (code == coap::Code::kChanged && !put_output(event.message, draft.message)) {
    draft = coap_.reply(event.request, coap::Code::kBadRequest);
  }
  coap_.send(draft, now_ms);
}

template <typename Coap, typename Run>
bool InferResource<Coap, Run>::put_output(const coap::MessageView &request,
                                          coap::MessageBuilder &message) {
  const auto window = coap::BlockWindow::of(request, output_bytes_);
  if (!window.valid) {
    return false;
  }
  message.content_format(coap::ContentFormat::kOctetStream);
  window.add_to(message);
  const ByteSpan room = message.begin_payload();
  if (room.size() < window.size_bytes) {
    return false;
  }
  copy_out(module_.outputs(), module_.arena, window.offset_bytes, room.first(window.size_bytes));
  message.end_payload(window.size_bytes);
  return true;
}

} // namespace tinyml::device
