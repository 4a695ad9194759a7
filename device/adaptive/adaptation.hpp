// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/adaptive/parameter_passes.hpp"
#include "device/console.hpp"
#include "device/worker/local_training.hpp"
#include "device/worker/stored_vector.hpp"
#include "protocol/training/messages.hpp"

namespace tinyml::device {

/// Fine-tuning on the device: tests the model on the shard's held-out samples, trains it on the
/// others, tests it again and keeps it. Everything in slices. Adapted models of the running build
/// are taken up again after a restart; the ordered one can always be returned to.
template <store::Flash Flash, typename Step> class Adaptation {
public:
  Adaptation(ParameterStore<Flash> &store, ShardStore<Flash> &shard, Step &step)
      : store_(store), shard_(shard), step_(step), passes_(store, step), training_(shard, step) {}
  Adaptation(const Adaptation &) = delete;
  Adaptation &operator=(const Adaptation &) = delete;

  /// Computes or will: nobody else may touch the arena, the shard or the parameters.
  [[nodiscard]] bool is_busy() const {
    return work_ != Work::kIdle && work_ != Work::kDone && work_ != Work::kFailed;
  }
  /// One slice, while is_busy().
  void advance();

  /// Whether fit() could begin, and if not why.
  [[nodiscard]] training::WorkerFault find_fault() const;
  /// There is no fault, and it is not busy.
  void fit(const training::FitOrder &order);
  /// Back to the model as ordered, whatever is under way. False when the store fails.
  bool forget();
  /// The model becomes what a run made of it.
  void adopt(StoredVector<Flash> &model) {
    adopted_ = &model;
    go(Work::kAdopt);
  }
  /// The model becomes what the store keeps: others have trained it.
  void restore() {
    as_built_ = false;
    go(Work::kLook);
  }

  /// The parameters are not those of the build.
  [[nodiscard]] bool adapted() const { return adapted_; }
  [[nodiscard]] training::FitStatus status() const;

private:
  static constexpr std::uint64_t kSliceNs = 4'000'000;

  enum class Work : std::uint8_t {
    kLook, ///< for what the store keeps
    kCheckAdapted,
    kCheckOrdered,
    kKeepOrdered,
    kLoad,
    kTestBefore,
    kTrain,
    kTestAfter,
    kAdopt,
    kSave,
    // And here it has come to an end.
    kIdle,
    kDone,
    kFailed,
  };
  using Passes = ParameterPasses<Flash, Step>;
  using Progress = typename Passes::Progress;
  using Training = LocalTraining<Flash, Step>;

  void go(Work work);
  void end();
  void fail(training::WorkerFault fault);
  void refuse_store();
  void look();
  void step_once();
  void pass(Progress progress);
  void train(typename Training::Progress progress);
  void train_next();
  void tell_steps(training::FitStatus &status) const;

  ParameterStore<Flash> &store_;
  ShardStore<Flash> &shard_;
  Step &step_;
  Passes passes_;
  Training training_;
  Work work_ = Work::kLook;
  training::WorkerFault fault_ = training::WorkerFault::kNone;
  bool as_built_ = true;    ///< the parameters in memory are those of the build
  bool ordered_ok_ = false; ///< the store's copy of them was checked
  bool fitted_ = false;     ///< an order was fulfilled
  bool adapted_ = false;
  ParameterSlot<Flash> *slot_ = nullptr; ///< that is checked, loaded or written
  StoredVector<Flash> *adopted_ = nullptr;
  training::FitOrder order_;
  training::FitStatus figures_; ///< those that come of an order
};

} // namespace tinyml::device

#include "device/adaptive/adaptation_impl.hpp"
