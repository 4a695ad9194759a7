// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "training/run/live_table.hpp"
#include "training/run/model_follower.hpp"
#include "training/run/preparation.hpp"
#include "training/run/round_bytes.hpp"

#include <deque>

namespace tinyml::coordinator {

/// What somebody who watches a run is told, on the thread that runs it.
struct Observer {
  Progress progress;                              ///< what happens now
  Progress note;                                  ///< something that a person should know
  std::function<void(const LiveState &)> live;    ///< a few times a second
  std::function<void(const RoundRecord &)> round; ///< each round that is done
};

struct RunOptions {
  std::filesystem::path capture; ///< of all frames on the switch; empty: none
  /// Nothing new for so long is an error; a round of emulated boards may take minutes.
  std::chrono::seconds patience = std::chrono::minutes(15);
};

/// A run under way: starts the machines, tells server and workers about each other, follows the
/// rounds. All machines end with the object.
class TrainingRun {
public:
  TrainingRun(PreparedRun prepared, Observer observer, RunOptions options)
      : run_(std::move(prepared)), observer_(std::move(observer)), options_(std::move(options)),
        follower_(std::nullopt) {}
  TrainingRun(const TrainingRun &) = delete;
  TrainingRun &operator=(const TrainingRun &) = delete;
  ~TrainingRun();

  /// To the end of the last round, or until `stop`: then the error is kUnavailable and
  /// state folder holds what is needed to go on.
  [[nodiscard]] Expected<RunRecord> run(std::stop_token stop);

  /// Once its results are where they were asked for: ends the machines; their stores and consoles
  /// go too unless `keep`.
  [[nodiscard]] Expected<void> finish(bool keep);

  [[nodiscard]] const PreparedRun &prepared() const { return run_; }
  /// The newest global model.
  [[nodiscard]] const std::optional<VersionedModel> &model() const { return follower_.model(); }

private:
  using Clock = std::chrono::steady_clock;

  /// What a server told of one of its workers (of the upper one, that may be an edge aggregator).
  struct Reported {
    training::WorkerRecord last;
    RoundBytes up;
    RoundBytes down;
    std::uint32_t held = 0; ///< the version it was last known to hold
    unsigned sent = 0;      ///< the round of its latest update
    bool counted = false;   ///< what it sends and gets is counted from here on
    bool known = false;     ///< the server has a record of it
  };
  /// A worker with its machine and what was counted of it.
  struct Worker {
    std::unique_ptr<RunMachine> machine;
    std::size_t server = 0;  ///< index of its server in servers_
    std::uint16_t index = 0; ///< at that server
    Reported seen;
    std::uint64_t trained_samples = 0;
    Clock::time_point told{}; ///< when it was last told to join
  };
  /// A round that was evaluated and whose bytes are not all counted yet.
  struct Evaluated {
    RoundRecord record;
    Clock::time_point since{};
  };

  [[nodiscard]] Expected<void> start_machines();
  [[nodiscard]] Expected<void> wait_for_addresses();
  [[nodiscard]] Expected<void> set_up_servers();
  [[nodiscard]] Expected<void> set_up_edge(std::size_t index);
  [[nodiscard]] Expected<void> send_shards();
  [[nodiscard]] Expected<void> follow();
  [[nodiscard]] Expected<bool> look();
  [[nodiscard]] Expected<void> take_versions(const training::RunStatus &status);
  [[nodiscard]] unsigned round_of(const VersionedModel &model,
                                  const training::RunStatus &status) const;
  [[nodiscard]] Expected<void> check_fault(Worker &worker);

  // training_run_care.cpp: machines that died or hang
  void look_after_machines(Clock::time_point now);
  void order_workers(Clock::time_point now);
  void order(Worker &worker, const training::PeerAddress &server, net::Endpoint where);
  void end_hung(RunMachine &machine);
  void write_processes() const;

  // training_run_figures.cpp: what it is told in
  [[nodiscard]] Expected<void> evaluate_round(unsigned round);
  [[nodiscard]] Expected<void> settle_rounds();
  [[nodiscard]] bool all_hold(std::uint32_t version) const;
  [[nodiscard]] bool holds(const Reported &seen, const RunMachine &machine,
                           std::uint32_t version) const;
  void begin_counting(Reported &seen, const training::WorkerRecord &record) const;
  void take_report(const ServerReport &report, std::size_t server);
  void take_record(const training::WorkerRecord &record, Reported &seen);
  void assign_bytes(const training::WorkerRecord &record, Reported &seen) const;
  void show(const std::string &phase);
  [[nodiscard]] std::vector<WorkerRow> rows() const;
  [[nodiscard]] WorkerRow row_of(std::size_t index) const;
  [[nodiscard]] std::vector<EdgeRow> edge_rows() const;
  [[nodiscard]] MachineFigures figures_of(std::size_t server) const;
  [[nodiscard]] RunRecord record() const;
  [[nodiscard]] TrainPeer peer_of(const RunMachine &machine, net::Endpoint where) const;
  [[nodiscard]] Expected<TrainPeer> server_peer(std::size_t index) const;
  [[nodiscard]] bool is_bulk() const { return run_.settings.barrier == training::Barrier::kBulk; }
  [[nodiscard]] std::size_t workers_of(std::size_t server) const;
  [[nodiscard]] Failure<HostError> stopped() const;

  PreparedRun run_;
  Observer observer_;
  RunOptions options_;
  ModelFollower follower_;
  std::stop_token stop_;
  std::unique_ptr<RunNetwork> network_;
  std::vector<std::unique_ptr<RunMachine>> servers_; ///< the upper one, then the edges
  std::vector<Reported> edges_;
  std::vector<Worker> workers_;
  std::deque<Evaluated> evaluated_;
  unsigned last_round_ = 0; ///< that was evaluated
  training::RunStatus status_;
  Clock::time_point begun_{};
  Clock::time_point round_begun_{};
  Clock::time_point changed_{}; ///< when there was something new
};

} // namespace tinyml::coordinator
