// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/worker/batch_loader.hpp"
#include "device/worker/rate.hpp"
#include "device/worker/sample_order.hpp"
#include "device/worker/score_balance.hpp"

namespace tinyml::device {

/// What a local training is to do.
struct LocalWork {
  std::uint32_t steps = 0;
  bool whole_epochs = false; ///< the last batch of an epoch is not filled up from the next one
  float rate = 0;            ///< of one step
  float momentum = 0;
  bool keep_moments = false;
  std::uint64_t seed = 0; ///< of the order of samples
};

/// What came of it, for the update's header.
struct LocalResult {
  std::uint32_t steps = 0;
  std::uint32_t samples = 0;
  float loss_sum = 0; ///< of all samples
  float step_sum = 0; ///< of the steps' rates, by 1 - momentum
  std::uint64_t cycles = 0;
  std::uint64_t ns = 0;

  [[nodiscard]] float mean_loss() const {
    return samples == 0 ? 0 : loss_sum / static_cast<float>(samples);
  }
};

/// Steps over the shard's training samples, and tests on its held-out ones, one batch at a call.
template <store::Flash Flash, typename Step> class LocalTraining {
public:
  enum class Progress : std::uint8_t { kMore, kDone, kStoreFailed };

  LocalTraining(ShardStore<Flash> &shard, Step &step)
      : shard_(shard), step_(step), loader_(shard, step) {}

  [[nodiscard]] bool fits() const { return loader_.fits(); }
  /// Steps of an epoch.
  [[nodiscard]] std::uint32_t epoch_steps() const {
    const std::uint32_t batch = step_.training().batch;
    return (shard_.header()->training_samples + batch - 1) / batch;
  }

  void begin_training(const LocalWork &work) {
    work_ = work;
    result_ = {};
    class_counts_ = {};
    order_ = SampleOrder(shard_.header()->training_samples, run_samples(), work.seed);
    if (!work.keep_moments) {
      step_.reset_moments();
      rate_.reset();
    }
  }
  Progress train() {
    const std::uint64_t cycles = step_.cycles();
    const std::uint64_t ns = step_.now_ns();
    std::uint32_t filled = 0;
    if (!fill(step_.training().batch, filled)) {
      return Progress::kStoreFailed;
    }
    if (filled != 0) {
      step_once(filled);
    }
    result_.cycles += step_.cycles() - cycles;
    result_.ns += step_.now_ns() - ns;
    return result_.steps == work_.steps ? Progress::kDone : Progress::kMore;
  }

  /// Looks at up to kMostLooked training samples, drawn by `seed`, before any training: call look()
  /// until it does not say kMore. They are what class_counts() counts until the training begins.
  void begin_look(std::uint64_t seed, ScoreBalance &balance) {
    balance.begin(is_classifier() ? step_.training().output_values : 0);
    order_ = SampleOrder(shard_.header()->training_samples, run_samples(), seed);
    class_counts_ = {};
    looked_ = 0;
  }
  Progress look(ScoreBalance &balance) {
    const std::uint32_t wanted = std::min(kMostLooked, shard_.header()->training_samples);
    if (looked_ >= wanted || !is_classifier()) {
      return Progress::kDone;
    }
    std::uint32_t filled = 0;
    if (!fill(std::min(step_.training().batch, kMostTested), filled)) {
      return Progress::kStoreFailed;
    }
    count_classes(filled);
    balance_scores(filled, balance);
    looked_ += filled;
    return looked_ >= wanted ? Progress::kDone : Progress::kMore;
  }

  void begin_test() {
    tested_ = 0;
    right_ = 0;
    tested_loss_ = 0;
  }
  Progress test() {
    const training::ShardHeader &header = *shard_.header();
    const std::uint32_t count =
        std::min({step_.training().batch, kMostTested, header.test_samples - tested_});
    if (count == 0 || !is_classifier()) {
      return Progress::kDone;
    }
    if (!loader_.load(header.training_samples + tested_, count, 0)) {
      return Progress::kStoreFailed;
    }
    loader_.clear(count);
    right_ += count_right(count);
    tested_ += count;
    return tested_ == header.test_samples ? Progress::kDone : Progress::kMore;
  }
  /// 0…1; -1 without held-out samples or classes.
  [[nodiscard]] float accuracy() const {
    return tested_ == 0 ? -1 : static_cast<float>(right_) / static_cast<float>(tested_);
  }

  /// Mean over the held-out samples; -1 without any, or when it is no finite number.
  [[nodiscard]] float test_loss() const {
    const float loss = tested_ == 0 ? -1 : tested_loss_ / static_cast<float>(tested_);
    return loss - loss == 0 ? loss : -1;
  }

  /// Samples of each class in the look or training that is under way, or was the last; empty when
  /// there are no classes, or too many.
  [[nodiscard]] std::span<const std::uint32_t> class_counts() const {
    const std::uint32_t classes = is_classifier() ? step_.training().output_values : 0;
    return std::span(class_counts_).first(classes <= class_counts_.size() ? classes : 0);
  }

  [[nodiscard]] const LocalWork &work() const { return work_; }
  [[nodiscard]] const LocalResult &result() const { return result_; }

private:
  static constexpr std::uint32_t kMostTested = 256; ///< in one batch
  static constexpr std::uint32_t kMostLooked = 1024;

  [[nodiscard]] bool is_classifier() const {
    return step_.training().loss == module::TrainingLoss::kCrossEntropy;
  }
  /// A quarter of the batch: few requests to the store, and still batches that differ each epoch.
  [[nodiscard]] std::uint32_t run_samples() const {
    constexpr std::uint32_t kFewest = 8;
    return std::max(kFewest, step_.training().batch / 4);
  }

  /// Fills `batch` samples of the step's. At an epoch's end it stays short, or is filled up; only
  /// classes can be switched off.
  bool fill(std::uint32_t batch, std::uint32_t &filled) {
    const bool may_be_short = work_.whole_epochs && is_classifier();
    loader_.begin(0);
    while (filled < batch) {
      const SampleOrder::Run run = order_.take(batch - filled);
      if (run.count == 0) {
        if (may_be_short && filled != 0) {
          break;
        }
        continue;
      }
      if (!loader_.add(run.first, run.count)) {
        return false;
      }
      filled += run.count;
    }
    if (!loader_.finish()) {
      return false;
    }
    loader_.clear(filled);
    return true;
  }

  /// Labels are read first: the run may overwrite its inputs.
  void count_classes(std::uint32_t filled) {
    for (std::uint32_t n = 0; is_classifier() && n < filled; ++n) {
      const auto label = static_cast<std::uint32_t>(loader_.class_of(n));
      if (label < class_counts_.size()) {
        ++class_counts_[label];
      }
    }
  }

  void step_once(std::uint32_t filled) {
    count_classes(filled);
    *reinterpret_cast<float *>(step_input(step_, kRateInput)) =
        rate_.next(step_.training().optimizer, work_.rate);
    step_.run();
    const float *losses = step_output(step_, kLossOutput);
    for (std::uint32_t n = 0; n < filled; ++n) {
      result_.loss_sum += losses[n];
    }
    result_.samples += filled;
    result_.step_sum += work_.rate / (1 - work_.momentum);
    ++result_.steps;
  }

  /// Labels are read first: the run may overwrite its inputs.
  void balance_scores(std::uint32_t count, ScoreBalance &balance) {
    std::uint8_t labels[kMostTested];
    for (std::uint32_t n = 0; n < count; ++n) {
      labels[n] = static_cast<std::uint8_t>(loader_.class_of(n));
    }
    step_.forward();
    const float *scores = step_output(step_, kPredictionOutput);
    for (std::uint32_t n = 0; n < count; ++n) {
      balance.add(scores + n, step_.training().batch, labels[n]);
    }
  }

  /// Labels are read first: the run may overwrite its inputs.
  std::uint32_t count_right(std::uint32_t count) {
    std::uint8_t labels[kMostTested];
    const std::uint32_t batch = step_.training().batch;
    for (std::uint32_t n = 0; n < count; ++n) {
      labels[n] = static_cast<std::uint8_t>(loader_.class_of(n));
    }
    step_.forward();
    const float *scores = step_output(step_, kPredictionOutput);
    const float *losses = step_output(step_, kLossOutput);
    std::uint32_t right = 0;
    for (std::uint32_t n = 0; n < count; ++n) {
      tested_loss_ += losses[n];
      std::uint32_t best = 0;
      for (std::uint32_t k = 1; k < step_.training().output_values; ++k) {
        best = scores[k * batch + n] > scores[best * batch + n] ? k : best;
      }
      right += best == labels[n] ? 1 : 0;
    }
    return right;
  }

  ShardStore<Flash> &shard_;
  Step &step_;
  BatchLoader<Flash, Step> loader_;
  LocalWork work_;
  LocalResult result_;
  std::array<std::uint32_t, LabelPrior::kMostClasses> class_counts_{};
  SampleOrder order_;
  AdamRate rate_;
  std::uint32_t looked_ = 0;
  std::uint32_t tested_ = 0;
  std::uint32_t right_ = 0;
  float tested_loss_ = 0;
};

} // namespace tinyml::device
