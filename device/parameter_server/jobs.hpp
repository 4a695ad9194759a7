// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/parameter_server/block_io.hpp"
#include "device/parameter_server/commit_record.hpp"
#include "device/parameter_server/stream_writer.hpp"
#include "training/strategies/aggregate.hpp"
#include "training/strategies/control.hpp"
#include "training/strategies/server_step.hpp"
#include "training/strategies/square_root.hpp"

namespace tinyml::device {

/// One update of an aggregate.
struct Contribution {
  float weight = 0;
  std::uint16_t worker = 0;
  std::uint8_t slot = 0;
};

/// What goes into a version, in the order in which it is summed up.
struct Contributions {
  std::uint16_t count = 0;
  float total_weight = 0;     ///< of what has been folded: the sum is divided by it
  std::uint32_t sum_area = 0; ///< where that sum is
  Contribution list[training::kMaxWorkers];
};

enum class JobState : std::uint8_t { kIdle, kBusy, kDone, kFailed };

/// The server's computations on vectors in the store, a block at each step, so that it answers
/// meanwhile. One at a time. Reads what the commit says, writes beside it; whoever started the job
/// makes the new commit.
template <store::Flash Flash> class Jobs {
public:
  explicit Jobs(Flash &flash) : flash_(flash), writer_(flash) {}

  /// Both outlive the jobs.
  void configure(const Commit &commit, const StorePlan &plan) {
    commit_ = &commit;
    plan_ = &plan;
    kind_ = Kind::kNone;
  }

  /// Checks a whole received update at once: header, CRC, values. `norm` is that of the update.
  [[nodiscard]] training::Refusal inspect(std::uint8_t slot, training::UpdateHeader &header,
                                          float &norm);

  /// new sum := old sum + weight · update; the first has no old sum.
  [[nodiscard]] bool begin_fold(const Contribution &update, bool first, std::uint32_t to);
  /// Makes the step of a round of `contributions` and writes it, coded, as a delta with this header
  /// (or, of an edge aggregator, as its update) to `out`; and the next generation of the vectors.
  [[nodiscard]] bool begin_aggregate(const Contributions &contributions, ByteView header,
                                     const store::Region &out);
  /// new model := model + delta, and the control follows.
  [[nodiscard]] bool begin_apply(const store::Region &delta, const training::DeltaHeader &header,
                                 std::uint32_t model_area);

  /// Goes on. kDone and kFailed are told once.
  JobState step();
  [[nodiscard]] bool busy() const { return kind_ != Kind::kNone; }
  void abandon() { kind_ = Kind::kNone; }
  /// L2 norm of the delta that was applied last.
  [[nodiscard]] float step_norm() const { return training::square_root(squares_); }
  /// For whoever needs a block between two steps.
  [[nodiscard]] Block &scratch() { return values_; }
  [[nodiscard]] CodedBlock &coded_scratch() { return coded_; }

private:
  enum class Kind : std::uint8_t { kNone, kFold, kAggregate, kApply };

  [[nodiscard]] const training::RunSettings &settings() const { return commit_->settings; }
  [[nodiscard]] bool is_edge() const { return settings().upstream.present(); }
  [[nodiscard]] training::Coding update_coding() const {
    return static_cast<training::Coding>(settings().update_coding);
  }
  /// That of what begin_aggregate() writes.
  [[nodiscard]] training::Coding out_coding() const {
    return is_edge() ? update_coding() : static_cast<training::Coding>(settings().delta_coding);
  }
  [[nodiscard]] store::Region current(const RegionRow &row) const {
    return row[commit_->generation];
  }
  [[nodiscard]] store::Region next(const RegionRow &row) const {
    return row[1U - commit_->generation];
  }

  void begin(Kind kind) {
    kind_ = kind;
    index_ = 0;
  }
  bool step_block(const BlockRange &range);
  bool fold(const BlockRange &range);
  bool aggregate(const BlockRange &range);
  bool apply(const BlockRange &range);
  bool collect(const BlockRange &range);
  bool collect_mean(const BlockRange &range);
  bool collect_median(const BlockRange &range);
  bool collect_sum(const BlockRange &range);
  bool gather(const BlockRange &part, std::uint32_t within, std::uint32_t count);
  bool strategy_step(const BlockRange &range);
  bool load_vector(const RegionRow &row, const BlockRange &range, float initial, Block &to);
  bool put_out(const BlockRange &range);
  bool follow_control(const BlockRange &range);
  bool finish();
  [[nodiscard]] std::uint32_t codes_of_slot(std::uint8_t slot) const {
    return plan_->slots[slot].offset + static_cast<std::uint32_t>(training::UpdateHeader::kBytes);
  }

  Flash &flash_;
  const Commit *commit_ = nullptr;
  const StorePlan *plan_ = nullptr;
  Kind kind_ = Kind::kNone;
  std::uint32_t index_ = 0;
  // Of the job under way.
  const Contributions *contributions_ = nullptr;
  Contribution folded_;
  bool first_fold_ = false;
  std::uint32_t target_ = 0; ///< which of the sums, or of the models, is written
  store::Region delta_{};
  training::DeltaHeader delta_header_;
  float squares_ = 0;
  StreamWriter<Flash> writer_;
  Block values_;
  Block second_;
  Block third_;
  CodedBlock coded_;
};

} // namespace tinyml::device

#include "device/parameter_server/jobs_impl.hpp"
