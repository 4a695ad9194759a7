// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/console.hpp"
#include "device/parameter_server/commit_log.hpp"
#include "device/parameter_server/jobs.hpp"
#include "device/parameter_server/upload_sessions.hpp"
#include "device/parameter_server/upstream.hpp"
#include "protocol/coap/endpoint.hpp"
#include "training/strategies/barrier.hpp"

namespace tinyml::device {

/// The resources under /train of a parameter server and what they keep in the store:
/// docs/training-protocol.md. Bytes and time in, bytes out; poll() computes a block at a time.
template <store::Flash Flash, typename Coap> class ParameterServer {
public:
  /// `user` is the server's alone. Goes on where the last commit in it says.
  ParameterServer(Flash &flash, Coap &coap, const store::Region &user);
  ParameterServer(const ParameterServer &) = delete;
  ParameterServer &operator=(const ParameterServer &) = delete;

  /// Takes requests to /train; false: not for us.
  bool handle(const coap::Event &event, coap::Millis now_ms);
  void poll(coap::Millis now_ms);
  [[nodiscard]] coap::Millis next_deadline_ms() const;

  [[nodiscard]] const Commit &commit() const { return commit_; }
  [[nodiscard]] const StorePlan &plan() const { return plan_; }

private:
  using Code = coap::Code;
  using RunState = training::RunState;
  using Refusal = training::Refusal;

  static constexpr std::uint32_t kPinMs = 5000;   ///< a version being fetched is kept so long
  static constexpr std::uint32_t kSharedMs = 500; ///< and others get the same so long
  static constexpr std::uint32_t kTickMs = 500;   ///< to notice who has fallen silent
  static constexpr unsigned kAttempts = 3;        ///< of a job that the store spoils
  static constexpr std::size_t kMostSlots = training::kMaxWorkers + 2;
  static constexpr std::uint8_t kStrikesOut = 2;

  enum class SlotState : std::uint8_t { kFree, kInUse, kBad };
  enum class Work : std::uint8_t { kNone, kFold, kAggregate, kSend, kApply };
  enum class Fetching : std::uint8_t { kModel, kControl, kDelta };

  /// A version that someone is fetching and that therefore is not written over.
  struct Pin {
    bool active = false;
    std::uint8_t area = 0;
    std::uint32_t version = 0;
    std::uint32_t seen_ms = 0;
  };

  /// Of the updates of a version: their weights, and means to be divided by them.
  struct Totals {
    float samples = 0;
    float step_sums = 0;
    float norms = 0;
    std::uint16_t count = 0;

    void add(const Worker &worker) {
      const auto weight = static_cast<float>(worker.samples);
      samples += weight;
      step_sums += weight * worker.step_sum;
      norms += worker.norm;
      ++count;
    }
  };

  // resources.hpp, worker_resources.hpp: requests
  [[nodiscard]] static bool is_resource(std::string_view name);
  bool answer(const coap::Event &event, std::string_view name);
  bool answer_get(const coap::Event &event, std::string_view name);
  bool answer_put(const coap::Event &event, std::string_view name);
  void put_run(const coap::Event &event);
  void delete_run(const coap::Event &event);
  void put_model(const coap::Event &event);
  [[nodiscard]] Code take_model(const coap::BlockSink::Piece &piece);
  void get_model(const coap::Event &event);
  void get_control(const coap::Event &event);
  void get_delta(const coap::Event &event);
  void get_status(const coap::Event &event);
  void post_join(const coap::Event &event);
  void get_task(const coap::Event &event);
  void reply(const coap::Event &event, Code code, std::string_view text = {});
  void reply_later(const coap::Event &event, std::string_view text);
  void read_clock(coap::Millis now_ms);
  void serve(const coap::Event &event, std::uint32_t offset, std::uint32_t size_bytes,
             std::uint32_t version, std::uint32_t holds);
  template <typename Message>
  void reply_message(const coap::Event &event, Code code, const Message &message);
  [[nodiscard]] static std::uint32_t number_of(const coap::Event &event, std::string_view key);
  [[nodiscard]] training::RunStatus status() const;
  [[nodiscard]] training::Task task_for(Worker &worker, std::uint32_t has);
  void add_local_work(training::Task &task) const;
  [[nodiscard]] bool may_train_now(const Worker &worker);
  [[nodiscard]] bool write_first_control();
  void seat(const training::JoinRequest &request, coap::PeerId peer);

  // uploads.hpp: updates
  void put_update(const coap::Event &event);
  [[nodiscard]] UploadSession *session_for(const coap::Event &event, std::uint16_t id);
  void go_on(const coap::Event &event, UploadSession &session);
  [[nodiscard]] bool store_piece(const coap::BlockSink::Piece &piece, UploadSession &session);
  void finish_upload(const coap::Event &event, UploadSession &session, std::uint32_t size_bytes);
  [[nodiscard]] Refusal judge(std::uint16_t id, const training::UpdateHeader &header) const;
  [[nodiscard]] Refusal early(const coap::Event &event, std::uint16_t id) const;
  void accept_update(const training::UpdateHeader &header, float norm, std::uint8_t slot);
  void refuse(const coap::Event &event, std::uint16_t id, Refusal refusal);
  [[nodiscard]] std::uint8_t free_slot();
  void release(std::uint8_t &slot);
  void close(UploadSession &session);
  void recover_slots();

  // rounds.hpp: the run
  void restore();
  void configure();
  void forget_run();
  [[nodiscard]] bool commit(const Commit &next);
  void store_failed();
  void fail(std::string_view why);
  void start_run();
  void start_work();
  void finish_work();
  [[nodiscard]] training::RoundProgress progress() const;
  [[nodiscard]] Worker *next_to_fold();
  void start_fold(Worker &worker);
  void finish_fold();
  void start_aggregate();
  void start_apply();
  void finish_round();
  void release_round();
  void work_failed();
  [[nodiscard]] bool may_try_again();
  [[nodiscard]] std::uint8_t free_model_area() const;

  // collect.hpp: what goes into a version
  void start_round();
  void collect_round();
  void collect_waiting();
  [[nodiscard]] training::DeltaHeader make_delta_header() const;

  // edge.hpp: the upstream
  void connect_upstream();
  void follow_upstream();
  void ask_upstream(std::uint32_t in_ms);
  void follow_upstream_task(const training::Task &task);
  void fetch(Fetching what);
  void take_body();
  void take_delta();
  void end_with_upstream();
  [[nodiscard]] training::UpdateHeader make_update_header() const;
  void send_upstream();
  void finish_sending();
  void drop_round();
  void finish_delta();

  [[nodiscard]] const training::RunSettings &settings() const { return commit_.settings; }
  [[nodiscard]] bool is_bulk() const { return settings().barrier == training::Barrier::kBulk; }
  [[nodiscard]] bool has_run() const { return commit_.state != RunState::kIdle; }
  [[nodiscard]] bool has_model() const { return has_run() && commit_.state != RunState::kNoModel; }
  [[nodiscard]] bool is_closing() const {
    return work_ == Work::kAggregate || work_ == Work::kSend || work_ == Work::kApply;
  }
  [[nodiscard]] std::uint32_t round() const {
    return is_bulk() ? commit_.version : commit_.applied / settings().workers;
  }
  [[nodiscard]] std::uint32_t oldest_delta() const;
  [[nodiscard]] bool is_pinned() const;
  [[nodiscard]] bool is_shared() const;
  [[nodiscard]] bool is_edge() const { return settings().upstream.present(); }
  /// An edge aggregator's rounds open when its upstream says so.
  [[nodiscard]] bool round_is_open() const { return !is_edge() || round_open_; }
  [[nodiscard]] std::uint32_t held_version() const {
    return has_model() ? commit_.version : training::kNoVersion;
  }

  Flash &flash_;
  Coap &coap_;
  store::Region user_;
  CommitLog<Flash> log_;
  Commit commit_;
  StorePlan plan_;
  Jobs<Flash> jobs_;
  WorkerTable workers_;
  UploadSessions uploads_;
  coap::BlockSink model_sink_;
  StreamWriter<Flash> model_writer_;
  Contributions contributions_;
  Upstream<Flash, Coap> upstream_;
  training::Task edge_task_; ///< whose rate and local work the workers get
  std::uint32_t sent_version_ = training::kNoVersion;
  std::uint32_t fetched_version_ = 0;
  Fetching fetching_ = Fetching::kModel;
  bool round_open_ = false;
  training::DeltaHeader delta_header_;
  Pin pin_;
  SlotState slots_[kMostSlots] = {};
  std::uint32_t refused_[training::kRefusals] = {};
  std::uint32_t store_errors_ = 0;
  coap::Millis clock_ms_ = 0;
  std::uint32_t now_ms_ = 0;    ///< the low half of the time suffices for all that is measured
  std::uint32_t round_ms_ = 0;  ///< when the round began, or the first worker joined
  std::uint32_t questions_ = 0; ///< seeds the draws of PSP
  std::uint32_t sum_area_ = 0;  ///< where updates are folded: which of the two sums counts
  Totals totals_;
  Worker *folding_ = nullptr;
  Work work_ = Work::kNone;
  std::uint8_t model_area_ = 0; ///< where the next model is being written
  unsigned attempts_ = 0;
  coap::Millis next_tick_ms_ = 0;
  bool restarted_ = false; ///< the time of the restart is not known yet
};

} // namespace tinyml::device

#include "device/parameter_server/collect.hpp"
#include "device/parameter_server/edge.hpp"
#include "device/parameter_server/resources.hpp"
#include "device/parameter_server/rounds.hpp"
#include "device/parameter_server/uploads.hpp"
#include "device/parameter_server/worker_resources.hpp"
