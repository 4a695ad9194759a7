// SPDX-License-Identifier: Apache-2.0
#include "protocol/training/messages.hpp"

#include "protocol/training/field_codec.hpp"

namespace tinyml::training {

namespace {

constexpr std::uint8_t kLastCoding = kCodings - 1;
constexpr std::uint8_t kYes = 1;

/// The message without const: a FieldWriter leaves it as it is.
template <typename Codec, typename Message>
using Of = std::conditional_t<std::is_same_v<Codec, FieldWriter>, const Message, Message>;

template <typename Codec> void fields(Codec &codec, Of<Codec, RunSettings> &m) {
  codec.field_up_to(m.strategy, Strategy::kScaffold);
  codec.field_up_to(m.aggregation, Aggregation::kMedian);
  codec.field_up_to(m.barrier, Barrier::kProbabilistic);
  codec.field_up_to(m.schedule, RateSchedule::kGeometric);
  codec.field_up_to(m.update_coding, kLastCoding);
  codec.field_up_to(m.delta_coding, kLastCoding);
  codec.field(m.run_id);
  codec.field(m.model);
  codec.field(m.parameter_count);
  codec.field(m.learned_count);
  codec.field(m.rounds);
  codec.field(m.workers);
  codec.field(m.min_updates);
  codec.field(m.local_epochs);
  codec.field(m.local_steps);
  codec.field(m.rate);
  codec.field(m.rate_end);
  codec.field(m.rate_batch);
  codec.field_up_to(m.keep_moments, kYes);
  codec.zeros(1);
  codec.field(m.momentum);
  codec.field(m.proximal);
  codec.field(m.server_rate);
  codec.field(m.server_momentum);
  codec.field(m.second_moment);
  codec.field(m.adaptivity);
  codec.field(m.clip_norm);
  codec.field(m.refuse_norm);
  codec.field(m.round_deadline_ms);
  codec.field(m.lost_ms);
  codec.field(m.poll_ms);
  codec.field(m.staleness);
  codec.field(m.sampled_peers);
  codec.field(m.upstream_index);
  codec.field(m.seed);
  codec.field(m.upstream.ipv4);
  codec.field(m.upstream.port);
  codec.zeros(2);
  codec.field(m.label_calibration);
  codec.field(m.score_balance);
  codec.zeros(8);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, JoinOrder> &m) {
  codec.field(m.index);
  codec.field(m.run_id);
  codec.field(m.server.ipv4);
  codec.field(m.server.port);
  codec.zeros(2);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, JoinRequest> &m) {
  codec.field(m.index);
  codec.field(m.run_id);
  codec.field(m.instance);
  codec.field(m.model);
  codec.field(m.parameter_count);
  codec.field(m.learned_count);
  codec.field(m.samples);
  codec.field(m.test_samples);
  codec.field(m.version);
  codec.field(m.batch);
  codec.field_up_to(m.correction, CorrectionKind::kControl);
  codec.zeros(3);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, JoinAnswer> &m) {
  codec.field(m.worker);
  codec.zeros(4);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, Task> &m) {
  codec.field_up_to(m.action, Action::kDone);
  codec.field_up_to(m.whole_model, kYes);
  codec.field(m.run_id);
  codec.field(m.version);
  codec.field(m.oldest_delta);
  codec.field(m.round);
  codec.field(m.wait_ms);
  codec.field(m.rate);
  codec.field(m.local_steps);
  codec.field(m.local_epochs);
  codec.zeros(6);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, UpdateHeader> &m) {
  codec.field(m.worker);
  codec.field(m.run_id);
  codec.field(m.base_version);
  codec.field(m.samples);
  codec.field(m.steps);
  codec.field(m.mean_loss);
  codec.field(m.accuracy_before);
  codec.field(m.accuracy_after);
  codec.field(m.step_sum);
  codec.field(m.parameter_count);
  codec.field(m.train_ms);
  codec.field(m.cycles);
  codec.field_up_to(m.coding, kLastCoding);
  codec.zeros(3);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, DeltaHeader> &m) {
  codec.field_up_to(m.coding, kLastCoding);
  codec.zeros(1);
  codec.field(m.run_id);
  codec.field(m.version);
  codec.field(m.parameter_count);
  codec.field(m.control_keep);
  codec.field(m.control_gain);
  codec.field(m.updates);
  codec.zeros(6);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, RunStatus> &m) {
  codec.field_up_to(m.state, RunState::kFailed);
  codec.field_up_to(m.folded, kYes);
  codec.field(m.run_id);
  codec.field(m.version);
  codec.field(m.round);
  codec.field(m.rounds);
  codec.field(m.workers);
  codec.field(m.joined);
  codec.field(m.live);
  codec.field(m.delivered);
  codec.field(m.restarts);
  codec.field(m.joins);
  for (auto &count : m.refused) {
    codec.field(count);
  }
  codec.field(m.store_errors);
  codec.field(m.update_norm);
  codec.field(m.step_norm);
  codec.zeros(20);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, WorkerRecord> &m) {
  codec.field(m.worker);
  codec.field_up_to(m.state, WorkerState::kLost);
  codec.field_up_to(m.last_refusal, Refusal::kNoRoom);
  codec.zeros(2);
  codec.field(m.version);
  codec.field(m.delivered);
  codec.field(m.refused);
  codec.field(m.samples);
  codec.field(m.mean_loss);
  codec.field(m.accuracy_before);
  codec.field(m.accuracy_after);
  codec.field(m.norm);
  codec.field(m.steps);
  codec.field(m.train_ms);
  codec.field(m.cycles);
  codec.field(m.bytes_up);
  codec.field(m.bytes_down);
  codec.field(m.silent_ms);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, WorkerStatus> &m) {
  codec.field_up_to(m.phase, WorkerPhase::kFailed);
  codec.field_up_to(m.fault, WorkerFault::kDiverged);
  codec.field(m.run_id);
  codec.field(m.worker);
  codec.field(m.index);
  codec.field(m.version);
  codec.field(m.samples);
  codec.field(m.test_samples);
  codec.field(m.updates);
  codec.field(m.refused);
  codec.field(m.step);
  codec.field(m.steps);
  codec.field(m.mean_loss);
  codec.field(m.accuracy_before);
  codec.field(m.accuracy_after);
  codec.field(m.trained_samples);
  codec.field(m.cycles);
  codec.field(m.bytes_up);
  codec.field(m.bytes_down);
  codec.zeros(8);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, FitOrder> &m) {
  codec.field(m.epochs);
  codec.field(m.rate);
  codec.field(m.seed);
  codec.zeros(4);
}

template <typename Codec> void fields(Codec &codec, Of<Codec, FitStatus> &m) {
  codec.field_up_to(m.state, FitState::kFailed);
  codec.field_up_to(m.fault, WorkerFault::kDiverged);
  codec.field_up_to(m.adapted, kYes);
  codec.zeros(3);
  codec.field(m.samples);
  codec.field(m.test_samples);
  codec.field(m.step);
  codec.field(m.steps);
  codec.field(m.loss_before);
  codec.field(m.loss_after);
  codec.field(m.accuracy_before);
  codec.field(m.accuracy_after);
  codec.field(m.mean_loss);
  codec.field(m.generation);
  codec.field(m.cycles);
  codec.zeros(8);
}

template <typename Message> struct Form;
template <> struct Form<RunSettings> {
  static constexpr MessageKind kKind = MessageKind::kRunSettings;
  static constexpr std::size_t kBytes = kRunSettingsBytes;
};
template <typename Message, MessageKind Kind> struct FormOf {
  static constexpr MessageKind kKind = Kind;
  static constexpr std::size_t kBytes = Message::kBytes;
};
template <> struct Form<JoinOrder> : FormOf<JoinOrder, MessageKind::kJoinOrder> {};
template <> struct Form<JoinRequest> : FormOf<JoinRequest, MessageKind::kJoinRequest> {};
template <> struct Form<JoinAnswer> : FormOf<JoinAnswer, MessageKind::kJoinAnswer> {};
template <> struct Form<Task> : FormOf<Task, MessageKind::kTask> {};
template <> struct Form<UpdateHeader> : FormOf<UpdateHeader, MessageKind::kUpdateHeader> {};
template <> struct Form<DeltaHeader> : FormOf<DeltaHeader, MessageKind::kDeltaHeader> {};
template <> struct Form<RunStatus> : FormOf<RunStatus, MessageKind::kRunStatus> {};
template <> struct Form<WorkerRecord> : FormOf<WorkerRecord, MessageKind::kWorkerRecord> {};
template <> struct Form<WorkerStatus> : FormOf<WorkerStatus, MessageKind::kWorkerStatus> {};
template <> struct Form<FitOrder> : FormOf<FitOrder, MessageKind::kFitOrder> {};
template <> struct Form<FitStatus> : FormOf<FitStatus, MessageKind::kFitStatus> {};

template <typename Message> std::size_t write(const Message &message, ByteSpan to) {
  FieldWriter writer(to);
  writer.field(kMessageVersion);
  writer.field(Form<Message>::kKind);
  fields(writer, message);
  return writer.size();
}

// What a single field cannot tell.
template <typename Message> bool is_allowed(const Message &) { return true; }
bool is_allowed(const JoinOrder &m) { return m.run_id != 0 && m.server.present(); }
bool is_allowed(const JoinRequest &m) {
  return m.run_id != 0 && m.learned_count <= m.parameter_count &&
         m.parameter_count <= kMaxParameters && m.batch != 0;
}
bool is_allowed(const UpdateHeader &m) { return m.samples != 0 && m.step_sum >= 0; }
bool is_allowed(const DeltaHeader &m) { return m.version != kNoVersion; }
bool is_allowed(const FitOrder &m) {
  constexpr std::uint16_t kMostEpochs = 10'000;
  return m.epochs != 0 && m.epochs <= kMostEpochs && m.rate > 0;
}
bool is_allowed(const Task &m) {
  return m.action != Action::kTrain ||
         (m.rate > 0 && (m.local_epochs == 0) != (m.local_steps == 0));
}

/// The message's bytes without its first two; empty when they are not as they must be.
template <typename Message> Result<ByteView, MessageError> body_of(ByteView bytes) {
  if (bytes.size() >= 1 && bytes[0] != kMessageVersion) {
    return Failure{MessageError::kVersion};
  }
  if (bytes.size() >= 2 && bytes[1] != static_cast<std::uint8_t>(Form<Message>::kKind)) {
    return Failure{MessageError::kKind};
  }
  if (bytes.size() != Form<Message>::kBytes) {
    return Failure{MessageError::kLength};
  }
  return bytes.subspan(2);
}

template <typename Message> Result<Message, MessageError> read(ByteView bytes) {
  const auto body = body_of<Message>(bytes);
  if (!body) {
    return Failure{body.error()};
  }
  Message message;
  FieldReader reader(*body);
  fields(reader, message);
  if (!reader.good() || !is_allowed(message)) {
    return Failure{MessageError::kValue};
  }
  return message;
}

} // namespace

std::size_t encode(const RunSettings &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const JoinOrder &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const JoinRequest &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const Task &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const UpdateHeader &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const DeltaHeader &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const RunStatus &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const WorkerRecord &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const WorkerStatus &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const FitOrder &message, ByteSpan to) { return write(message, to); }
std::size_t encode(const FitStatus &message, ByteSpan to) { return write(message, to); }

/// Head, then the settings as a message of their own.
std::size_t encode(const JoinAnswer &message, ByteSpan to) {
  const std::size_t head = write(message, to);
  return head + encode(message.settings, to.subspan(head));
}

template <typename Message> Result<Message, MessageError> decode(ByteView bytes) {
  return read<Message>(bytes);
}
template Result<JoinOrder, MessageError> decode(ByteView);
template Result<JoinRequest, MessageError> decode(ByteView);
template Result<Task, MessageError> decode(ByteView);
template Result<UpdateHeader, MessageError> decode(ByteView);
template Result<DeltaHeader, MessageError> decode(ByteView);
template Result<RunStatus, MessageError> decode(ByteView);
template Result<WorkerRecord, MessageError> decode(ByteView);
template Result<WorkerStatus, MessageError> decode(ByteView);
template Result<FitOrder, MessageError> decode(ByteView);
template Result<FitStatus, MessageError> decode(ByteView);

template <> Result<RunSettings, MessageError> decode(ByteView bytes) {
  auto settings = read<RunSettings>(bytes);
  if (settings && check(*settings) != SettingsFault::kNone) {
    return Failure{MessageError::kSettings};
  }
  return settings;
}

SettingsFault fault_of(ByteView settings) {
  const auto read_settings = read<RunSettings>(settings);
  return read_settings ? check(*read_settings) : SettingsFault::kNone;
}

template <> Result<JoinAnswer, MessageError> decode(ByteView bytes) {
  const auto body = body_of<JoinAnswer>(bytes);
  if (!body) {
    return Failure{body.error()};
  }
  constexpr std::size_t kHeadBytes = JoinAnswer::kBytes - kRunSettingsBytes - 2;
  JoinAnswer answer;
  FieldReader head(body->first(kHeadBytes));
  fields(head, answer);
  const auto settings = decode<RunSettings>(body->subspan(kHeadBytes));
  if (!head.good() || !settings) {
    return Failure{settings ? MessageError::kValue : settings.error()};
  }
  answer.settings = *settings;
  return answer;
}

} // namespace tinyml::training
