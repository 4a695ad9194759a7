// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.hpp"
#include "protocol/training/settings.hpp"

/// The messages of a training run, docs/training-protocol.md. Each begins with a version byte and
/// the byte that says which one it is, has a fixed length (kBytes) and little-endian fields.
/// encode() writes exactly kBytes; decode() accepts nothing else, and no value that is not allowed.
namespace tinyml::training {

inline constexpr std::uint8_t kMessageVersion = 1;
/// In place of a model version: has none.
inline constexpr std::uint32_t kNoVersion = 0xFFFFFFFF;
/// In place of a worker's id: any.
inline constexpr std::uint16_t kNoWorker = 0xFFFF;

enum class MessageKind : std::uint8_t {
  kRunSettings = 1,
  kJoinOrder = 2,
  kJoinRequest = 3,
  kJoinAnswer = 4,
  kTask = 5,
  kUpdateHeader = 6,
  kDeltaHeader = 7,
  kRunStatus = 8,
  kWorkerRecord = 9,
  kWorkerStatus = 10,
  kFitOrder = 11,
  kFitStatus = 12,
};

enum class MessageError : std::uint8_t {
  kLength,   ///< not as long as this message is
  kVersion,  ///< of another protocol version
  kKind,     ///< another message
  kValue,    ///< a value that is not allowed
  kSettings, ///< ditto, within settings: check() says which
};
[[nodiscard]] std::string_view describe(MessageError error);

/// PUT /train/join at a worker: where its server is and which worker of the run it is.
struct JoinOrder {
  static constexpr std::size_t kBytes = 16;
  std::uint32_t run_id = 0;
  PeerAddress server;
  std::uint16_t index = 0; ///< 0, 1, …: names its shard, and seeds its order of samples

  bool operator==(const JoinOrder &) const = default;
};

/// What a module does with the vector that a strategy gives its steps (kernels/training_abi.hpp).
enum class CorrectionKind : std::uint8_t {
  kNone = 0,
  kAnchor = 1,  ///< the round's model, FedProx
  kControl = 2, ///< c - c_i, SCAFFOLD
};

/// POST /train/join.
struct JoinRequest {
  static constexpr std::size_t kBytes = 48;
  std::uint32_t run_id = 0;
  std::uint16_t index = 0;
  CorrectionKind correction = CorrectionKind::kNone;
  std::uint32_t instance = 0; ///< drawn anew at each start of the worker
  Fingerprint model{};
  std::uint32_t parameter_count = 0;
  std::uint32_t learned_count = 0;
  std::uint32_t samples = 0; ///< to train on; 0 for an edge aggregator that does not know yet
  std::uint32_t test_samples = 0;
  std::uint32_t version = kNoVersion; ///< of the run's model that it holds
  std::uint32_t batch = 1;            ///< samples of a step

  bool operator==(const JoinRequest &) const = default;
};

/// The answer to it, 2.01.
struct JoinAnswer {
  static constexpr std::size_t kBytes = 136;
  std::uint16_t worker = 0; ///< the id in the requests that follow
  RunSettings settings;

  bool operator==(const JoinAnswer &) const = default;
};

enum class Action : std::uint8_t {
  kWait = 0,  ///< ask again in wait_ms; meanwhile the model of `version` may be fetched
  kTrain = 1, ///< train on the model of `version` and send the update
  kDone = 2,  ///< the run is over; `version` is its last model
};

/// GET /train/task?w=ID.
struct Task {
  static constexpr std::size_t kBytes = 40;
  Action action = Action::kWait;
  std::uint8_t whole_model = 0; ///< 1: fetch /train/model rather than deltas
  std::uint32_t run_id = 0;
  std::uint32_t version = 0;      ///< the newest model
  std::uint32_t oldest_delta = 0; ///< deltas from version oldest_delta on are kept
  std::uint32_t round = 0;        ///< of this worker: seeds its order of samples
  std::uint32_t wait_ms = 0;
  float rate = 0;                ///< of the schedule; RunSettings::rate_batch still applies
  std::uint32_t local_steps = 0; ///< one of the two is 0
  std::uint16_t local_epochs = 0;

  bool operator==(const Task &) const = default;
};

/// PUT /train/update?w=ID begins with it; then the coded values, then the CRC-32 of all before it.
struct UpdateHeader {
  static constexpr std::size_t kBytes = 56;
  std::uint32_t run_id = 0;
  std::uint16_t worker = 0;
  std::uint8_t coding = 0; ///< RunSettings::update_coding
  std::uint32_t base_version = 0;
  std::uint32_t samples = 0; ///< the update's weight: training samples of the worker
  std::uint32_t steps = 0;
  float mean_loss = 0; ///< over the steps
  float accuracy_before =
      0; ///< of the round's model on the worker's held-out samples, 0…1; -1: none
  float accuracy_after = 0; ///< after the local training
  float step_sum = 0;       ///< sum of the steps' rates, divided by 1 - momentum (SCAFFOLD's K·η)
  std::uint32_t parameter_count = 0;
  std::uint64_t cycles = 0; ///< of the local training, hal::cycle_count()
  std::uint32_t train_ms = 0;

  bool operator==(const UpdateHeader &) const = default;
};

/// GET /train/delta?v=V begins with it; then the coded values, then the CRC-32 of all before it.
struct DeltaHeader {
  static constexpr std::size_t kBytes = 32;
  std::uint32_t run_id = 0;
  std::uint32_t version = 0; ///< V: leads from V to V + 1
  std::uint8_t coding = 0;
  std::uint32_t parameter_count = 0;
  /// SCAFFOLD: control := control_keep · control - control_gain · delta, as decoded.
  float control_keep = 1;
  float control_gain = 0;
  std::uint16_t updates = 0; ///< that went into it

  bool operator==(const DeltaHeader &) const = default;
};

/// Length of the CRC-32 behind the coded values of updates and deltas.
inline constexpr std::size_t kTrailerBytes = 4;

enum class RunState : std::uint8_t {
  kIdle = 0,    ///< no settings
  kNoModel = 1, ///< settings, but no model yet
  kJoining = 2, ///< waits for its workers
  kRunning = 3,
  kClosing = 4, ///< aggregates
  kDone = 5,
  kFailed = 6, ///< the store does not take what has to be kept
};

/// Why an update was not taken.
enum class Refusal : std::uint8_t {
  kNone = 0,
  kMalformed = 1, ///< header, length or CRC
  kWrongRun = 2,
  kStale = 3,     ///< not of the model that is being trained on
  kNotFinite = 4, ///< a NaN, an infinity, or a code that is none
  kNormTooLarge = 5,
  kExcluded = 6, ///< refused before in this round
  kNoRoom = 7,   ///< the store is full: try again
};
[[nodiscard]] std::string_view describe(Refusal refusal);
inline constexpr std::size_t kRefusals = 8;

/// GET /train/status at a server begins with it; one WorkerRecord per worker follows.
struct RunStatus {
  static constexpr std::size_t kBytes = 96;
  RunState state = RunState::kIdle;
  std::uint32_t run_id = 0;
  std::uint32_t version = 0; ///< of the newest model
  std::uint32_t round = 0;   ///< versions that count as finished rounds
  std::uint16_t rounds = 0;
  std::uint16_t workers = 0; ///< expected
  std::uint16_t joined = 0;  ///< records that follow
  std::uint16_t live = 0;
  std::uint16_t delivered = 0; ///< in this round
  std::uint16_t restarts = 0;  ///< of the server during the run
  std::uint32_t joins = 0;
  std::uint32_t refused[kRefusals] = {}; ///< updates, by Refusal
  std::uint32_t store_errors = 0;
  float update_norm = 0;   ///< L2, mean over the last round's updates
  float step_norm = 0;     ///< L2 of the last delta
  std::uint8_t folded = 0; ///< 1: updates do not fit the store and are summed at arrival

  bool operator==(const RunStatus &) const = default;
};

enum class WorkerState : std::uint8_t {
  kJoined = 0,
  kTraining = 1,
  kDelivered = 2,
  kExcluded = 3,
  kLost = 4, ///< silent for longer than RunSettings::lost_ms
};

struct WorkerRecord {
  static constexpr std::size_t kBytes = 64;
  std::uint16_t worker = 0;
  WorkerState state = WorkerState::kJoined;
  Refusal last_refusal = Refusal::kNone;
  std::uint32_t version = kNoVersion; ///< last asked for or trained on
  std::uint16_t delivered = 0;        ///< updates taken in this run
  std::uint16_t refused = 0;
  std::uint32_t samples = 0;
  float mean_loss = 0; ///< this and the following: of its latest update
  float accuracy_before = 0;
  float accuracy_after = 0;
  float norm = 0;
  std::uint32_t steps = 0;
  std::uint32_t train_ms = 0;
  std::uint64_t cycles = 0;
  std::uint32_t bytes_up = 0;   ///< payload bytes of the run
  std::uint32_t bytes_down = 0; ///< ditto
  std::uint32_t silent_ms = 0;

  bool operator==(const WorkerRecord &) const = default;
};

enum class WorkerPhase : std::uint8_t {
  kIdle = 0, ///< no join order
  kJoining = 1,
  kWaiting = 2,
  kFetching = 3,
  kTraining = 4,
  kSending = 5,
  kDone = 6,
  kFailed = 7, ///< `fault` says why
};

enum class WorkerFault : std::uint8_t {
  kNone = 0,
  kNoShard = 1,    ///< the store holds no (whole) shard
  kWrongShard = 2, ///< its samples do not fit the model
  kWrongModel = 3, ///< the run is of another model
  kNoRoom = 4,     ///< the store is too small for model and residual
  kStore = 5,
  kRefused = 6, ///< the server refused the join
  kUnreachable = 7,
  kDiverged = 8, ///< the training left the finite numbers
};
[[nodiscard]] std::string_view describe(WorkerFault fault);

/// GET /train/status at a worker.
struct WorkerStatus {
  static constexpr std::size_t kBytes = 80;
  WorkerPhase phase = WorkerPhase::kIdle;
  WorkerFault fault = WorkerFault::kNone;
  std::uint32_t run_id = 0;
  std::uint16_t worker = kNoWorker;
  std::uint16_t index = 0;
  std::uint32_t version = kNoVersion; ///< of the model it holds
  std::uint32_t samples = 0;
  std::uint32_t test_samples = 0;
  std::uint32_t updates = 0; ///< taken by the server
  std::uint32_t refused = 0;
  std::uint32_t step = 0;  ///< of the local training under way
  std::uint32_t steps = 0; ///< it has
  float mean_loss = 0;
  float accuracy_before = 0;
  float accuracy_after = 0;
  std::uint64_t cycles = 0; ///< in training steps, since the start
  std::uint32_t trained_samples = 0;
  std::uint32_t bytes_up = 0;
  std::uint32_t bytes_down = 0;

  bool operator==(const WorkerStatus &) const = default;
};

/// POST /train/fit at a device that adapts its model.
struct FitOrder {
  static constexpr std::size_t kBytes = 16;
  std::uint16_t epochs = 1;
  float rate = 0;         ///< of one step
  std::uint32_t seed = 0; ///< of the order of samples

  bool operator==(const FitOrder &) const = default;
};

enum class FitState : std::uint8_t {
  kStarting = 0, ///< looks for what the store keeps
  kIdle = 1,
  kTestingBefore = 2,
  kTraining = 3,
  kTestingAfter = 4,
  kSaving = 5,
  kRestoring = 6, ///< takes back what the store keeps
  kDone = 7,
  kFailed = 8, ///< `fault` says why; the model is what it was before
};

/// GET /train/fit: what became of the latest FitOrder since the start.
struct FitStatus {
  static constexpr std::size_t kBytes = 64;
  FitState state = FitState::kStarting;
  WorkerFault fault = WorkerFault::kNone;
  std::uint8_t adapted = 0;  ///< 1: the model is another one than was ordered
  std::uint32_t samples = 0; ///< to train on
  std::uint32_t test_samples = 0;
  std::uint32_t step = 0;
  std::uint32_t steps = 0;
  float loss_before = -1; ///< this and the following: on held-out samples; -1: none, or not yet
  float loss_after = -1;
  float accuracy_before = -1; ///< 0…1
  float accuracy_after = -1;
  float mean_loss = 0;          ///< of the steps
  std::uint32_t generation = 0; ///< adapted models kept so far
  std::uint64_t cycles = 0;     ///< of the steps

  bool operator==(const FitStatus &) const = default;
};

/// Of the settings as a message by themselves (PUT /train/run).
inline constexpr std::size_t kRunSettingsBytes = 128;

// Writes the message to the start of `to`, which is at least as long; returns its length.
std::size_t encode(const RunSettings &message, ByteSpan to);
std::size_t encode(const JoinOrder &message, ByteSpan to);
std::size_t encode(const JoinRequest &message, ByteSpan to);
std::size_t encode(const JoinAnswer &message, ByteSpan to);
std::size_t encode(const Task &message, ByteSpan to);
std::size_t encode(const UpdateHeader &message, ByteSpan to);
std::size_t encode(const DeltaHeader &message, ByteSpan to);
std::size_t encode(const RunStatus &message, ByteSpan to);
std::size_t encode(const WorkerRecord &message, ByteSpan to);
std::size_t encode(const WorkerStatus &message, ByteSpan to);
std::size_t encode(const FitOrder &message, ByteSpan to);
std::size_t encode(const FitStatus &message, ByteSpan to);

/// What is wrong with the settings in a message for which decode() says kSettings.
[[nodiscard]] SettingsFault fault_of(ByteView settings);

/// Reads a message that is `bytes`, all of them: decode<Task>(payload). Instances for all above.
template <typename Message> Result<Message, MessageError> decode(ByteView bytes);

} // namespace tinyml::training
