// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/console.hpp"
#include "device/worker/assignment.hpp"
#include "device/worker/local_training.hpp"
#include "device/worker/server_link.hpp"
#include "device/worker/trailing_crc.hpp"
#include "device/worker/vector_passes.hpp"

namespace tinyml::device {

/// A worker of a training run, docs/training-protocol.md: takes its order (or finds the one it
/// had), joins, and then trains whenever the server says so. The member functions are those of an
/// activity (device/activity.hpp).
template <store::Flash Flash, typename Coap, TrainingStepModule Step> class TrainingWorker {
public:
  /// `seed` differs from start to start. All references outlive the worker.
  TrainingWorker(Coap &coap, Flash &flash, const store::Layout &layout, Step &step,
                 std::uint64_t seed);
  TrainingWorker(const TrainingWorker &) = delete;
  TrainingWorker &operator=(const TrainingWorker &) = delete;

  bool handle(const coap::Event &event, coap::Millis now_ms);
  void poll(coap::Millis now_ms);
  [[nodiscard]] coap::Millis next_deadline_ms() const;
  /// Between two slices of work nothing lies in the arena.
  void forget() {}

  [[nodiscard]] training::WorkerStatus status() const;

  // For a device that does more with its model than runs.
  /// In a run: the shard and the module's parameters are its.
  [[nodiscard]] bool is_active() const {
    return work_ != Work::kIdle && work_ != Work::kDone && work_ != Work::kFailed;
  }
  /// The next poll() uses the arena.
  [[nodiscard]] bool computes() const {
    return work_ >= Work::kApply && work_ <= Work::kMoveControl;
  }
  /// The run is over, and model() is what came of it.
  [[nodiscard]] bool is_done() const { return work_ == Work::kDone; }
  [[nodiscard]] StoredVector<Flash> &model() { return store_.model; }
  [[nodiscard]] ShardStore<Flash> &shard() { return store_.shard; }

private:
  static constexpr std::uint64_t kSliceNs = 4'000'000;
  static constexpr coap::Millis kNoRoomMs = 5; ///< pause when the endpoint is full

  using Progress = typename VectorPasses<Flash, Step>::Progress;
  using Training = LocalTraining<Flash, Step>;

  /// What comes next: a request to the server, a slice of computing, or nothing.
  enum class Work : std::uint8_t {
    kIdle,
    kJoin,
    kFetchModel,
    kFetchControl,
    kAsk,
    kFetchDelta,
    kSend,
    // From here on it computes.
    kApply,
    kPrepare,
    kLook,
    kTestBefore,
    kTrain,
    kTestAfter,
    kEncode,
    kMoveControl,
    // And here it has stopped.
    kDone,
    kFailed,
  };
  /// From the task until the update is coded: the server may take it for dead.
  [[nodiscard]] bool is_silent() const { return work_ >= Work::kPrepare && work_ <= Work::kEncode; }

  // The resources.
  bool handle_request(const coap::Event &event, coap::Millis now_ms);
  coap::Code take_order(ByteView payload, coap::Millis now_ms);
  coap::Code take_order_back();
  coap::Code take_data(const coap::BlockSink::Piece &piece);
  void answer_status(const coap::Event &event, coap::Millis now_ms);

  // The run.
  void begin(const training::JoinOrder &order, coap::Millis now_ms);
  void go(Work work, coap::Millis now_ms);
  void fail(training::WorkerFault fault);
  void try_again(coap::Millis now_ms) { due_ms_ = now_ms + link_.failed(); }
  [[nodiscard]] training::WorkerFault find_fault() const;
  void follow_task(coap::Millis now_ms);
  void begin_training(coap::Millis now_ms);

  // Requests, and what becomes of them.
  void say_alive(coap::Millis now_ms);
  void still_wanted(const coap::MessageView &answer, coap::Millis now_ms);
  void request(coap::Millis now_ms);
  void fill_request(coap::Draft &draft);
  [[nodiscard]] coap::Draft open_request();
  void handle_answer(const coap::MessageView &answer, coap::Millis now_ms);
  void joined(const coap::MessageView &answer, coap::Millis now_ms);
  void model_came(const coap::MessageView &answer, coap::Millis now_ms);
  void control_came(const coap::MessageView &answer, coap::Millis now_ms);
  void task_came(const coap::MessageView &answer, coap::Millis now_ms);
  void delta_came(const coap::MessageView &answer, coap::Millis now_ms);
  void sent(const coap::MessageView &answer, coap::Millis now_ms);
  void update_taken(coap::Millis now_ms);
  void drop_update(coap::Code why, coap::Millis now_ms);
  bool take_piece(const coap::BlockDownload::Piece &piece, coap::Millis now_ms);
  [[nodiscard]] bool check_delta();

  // Computing.
  void compute(coap::Millis now_ms);
  void advance(coap::Millis now_ms);
  void advance_pass(Progress progress, coap::Millis now_ms);
  void advance_training(typename Training::Progress progress, coap::Millis now_ms);
  void training_done(coap::Millis now_ms);
  [[nodiscard]] std::uint64_t round_seed() const;
  void diverged();
  [[nodiscard]] training::UpdateHeader update_header() const;
  [[nodiscard]] training::WorkerPhase phase() const;

  Coap &coap_;
  Step &step_;
  WorkerStore<Flash> store_;
  Assignment<Flash> assignment_;
  VectorPasses<Flash, Step> passes_;
  Training training_;
  ServerLink<Coap> link_;
  coap::BlockSink sink_;
  coap::BlockDownload download_;
  coap::BlockUpload upload_;
  TrailingCrc body_crc_;
  std::uint32_t instance_;

  Work work_ = Work::kIdle;
  training::WorkerFault fault_ = training::WorkerFault::kNone;
  bool started_ = false;
  bool said_alive_ = false;   ///< what is under way only tells that we live
  bool update_waits_ = false; ///< coded, and not yet taken or dropped
  bool looks_ = false;        ///< the scores are to be looked at before the training
  bool diverged_ = false;     ///< the training left the finite numbers
  bool sent_twice_ = false;   ///< the update was refused as damaged once
  coap::Millis due_ms_ = 0;
  coap::Millis heard_ms_ = 0; ///< when the server was last asked
  training::JoinOrder order_;
  training::RunSettings settings_;
  training::Task task_;
  training::DeltaHeader delta_;
  training::UpdateHeader update_;
  std::uint16_t id_ = training::kNoWorker;
  std::uint32_t version_ = training::kNoVersion;
  float accuracy_before_ = -1;
  float accuracy_after_ = -1;
  std::uint32_t taken_ = 0;
  std::uint32_t refused_ = 0;
  std::uint32_t bytes_up_ = 0;
  std::uint32_t bytes_down_ = 0;
  std::uint32_t trained_samples_ = 0;
  std::uint64_t cycles_ = 0;
};

} // namespace tinyml::device

#include "device/worker/worker_impl.hpp"
