// SPDX-License-Identifier: Apache-2.0
// The member functions of Adaptation; included by adaptation.hpp alone.
#pragma once

#include "device/adaptive/adaptation.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Step> void Adaptation<Flash, Step>::advance() {
  const std::uint64_t start_ns = step_.now_ns();
  do {
    step_once();
  } while (is_busy() && step_.now_ns() - start_ns < kSliceNs);
}

template <store::Flash Flash, typename Step> void Adaptation<Flash, Step>::go(Work work) {
  work_ = work;
  passes_.begin();
  if (work == Work::kTestBefore || work == Work::kTestAfter) {
    training_.begin_test();
  } else if (work == Work::kSave) {
    slot_ = &store_.next();
  }
}

template <store::Flash Flash, typename Step> void Adaptation<Flash, Step>::end() {
  go(fault_ != training::WorkerFault::kNone ? Work::kFailed : fitted_ ? Work::kDone : Work::kIdle);
}

/// What the store keeps holds again.
template <store::Flash Flash, typename Step>
void Adaptation<Flash, Step>::fail(training::WorkerFault fault) {
  fault_ = fault;
  fitted_ = false;
  adopted_ = nullptr;
  print_line("adaptation: ", training::describe(fault));
  go(Work::kLook);
}

template <store::Flash Flash, typename Step>
training::WorkerFault Adaptation<Flash, Step>::find_fault() const {
  using enum training::WorkerFault;
  if (!store_.has_room()) {
    return kNoRoom;
  }
  const auto &shard = shard_.header();
  if (!shard || shard->training_samples == 0) {
    return kNoShard;
  }
  return training_.fits() ? kNone : kWrongShard;
}

template <store::Flash Flash, typename Step>
void Adaptation<Flash, Step>::fit(const training::FitOrder &order) {
  order_ = order;
  fault_ = training::WorkerFault::kNone;
  fitted_ = false;
  figures_ = {};
  go(Work::kTestBefore);
}

template <store::Flash Flash, typename Step> bool Adaptation<Flash, Step>::forget() {
  fault_ = training::WorkerFault::kNone;
  fitted_ = false;
  figures_ = {};
  adopted_ = nullptr;
  const bool forgotten = !store_.has_room() || store_.forget_adapted();
  go(Work::kLook);
  return forgotten;
}

template <store::Flash Flash, typename Step> void Adaptation<Flash, Step>::step_once() {
  switch (work_) {
  case Work::kLook:
    return look();
  case Work::kCheckAdapted:
  case Work::kCheckOrdered:
    return pass(passes_.check(*slot_));
  case Work::kKeepOrdered:
  case Work::kSave:
    return pass(passes_.save(*slot_));
  case Work::kLoad:
    return pass(passes_.load(*slot_));
  case Work::kAdopt:
    return pass(passes_.load(*adopted_));
  case Work::kTrain:
    return train(training_.train());
  default:
    return train(training_.test());
  }
}

/// First the ordered model, which nothing else could bring back; then the adapted one.
template <store::Flash Flash, typename Step> void Adaptation<Flash, Step>::look() {
  if (!store_.has_room()) {
    return end();
  }
  slot_ = &store_.ordered;
  if (!ordered_ok_) {
    const bool there = slot_->header(step_.module()).has_value();
    return go(there ? Work::kCheckOrdered : Work::kKeepOrdered);
  }
  slot_ = store_.latest();
  if (slot_ != nullptr) {
    return go(Work::kCheckAdapted);
  }
  slot_ = &store_.ordered;
  adapted_ = false;
  return as_built_ ? end() : go(Work::kLoad);
}

template <store::Flash Flash, typename Step> void Adaptation<Flash, Step>::pass(Progress progress) {
  if (progress == Progress::kMore) {
    return;
  }
  const bool done = progress == Progress::kDone;
  switch (work_) {
  case Work::kCheckOrdered:
    ordered_ok_ = done;
    return go(done ? Work::kLook : Work::kKeepOrdered);
  case Work::kKeepOrdered:
    ordered_ok_ = done;
    return done ? go(Work::kLook) : refuse_store();
  case Work::kCheckAdapted:
    return done || slot_->erase() ? go(done ? Work::kLoad : Work::kLook) : refuse_store();
  case Work::kLoad:
    adapted_ = slot_ != &store_.ordered;
    as_built_ = !adapted_;
    return done ? end() : refuse_store();
  case Work::kAdopt:
    as_built_ = false;
    return done ? go(Work::kSave) : fail(training::WorkerFault::kStore);
  default:
    break;
  }
  if (!done) {
    return fail(progress == Progress::kNotFinite ? training::WorkerFault::kDiverged
                                                 : training::WorkerFault::kStore);
  }
  adapted_ = true;
  fitted_ = adopted_ == nullptr;
  adopted_ = nullptr;
  print_line("adaptation: model ", store_.generation(), " kept");
  end();
}

/// Nothing can be kept, and nothing be brought back: the model stays as it is in memory.
template <store::Flash Flash, typename Step> void Adaptation<Flash, Step>::refuse_store() {
  fault_ = training::WorkerFault::kStore;
  print_line("adaptation: ", training::describe(fault_));
  go(Work::kFailed);
}

template <store::Flash Flash, typename Step>
void Adaptation<Flash, Step>::train(typename Training::Progress progress) {
  if (progress == Training::Progress::kStoreFailed) {
    return fail(training::WorkerFault::kStore);
  }
  if (progress == Training::Progress::kDone) {
    train_next();
  }
}

template <store::Flash Flash, typename Step> void Adaptation<Flash, Step>::train_next() {
  switch (work_) {
  case Work::kTestBefore:
    figures_.accuracy_before = training_.accuracy();
    figures_.loss_before = training_.test_loss();
    training_.begin_training({.steps = order_.epochs * training_.epoch_steps(),
                              .whole_epochs = true,
                              .rate = order_.rate,
                              .seed = order_.seed});
    as_built_ = false;
    return go(Work::kTrain);
  case Work::kTrain: {
    const float loss = training_.result().mean_loss();
    tell_steps(figures_);
    return loss - loss == 0 ? go(Work::kTestAfter) : fail(training::WorkerFault::kDiverged);
  }
  default:
    figures_.accuracy_after = training_.accuracy();
    figures_.loss_after = training_.test_loss();
    return go(Work::kSave);
  }
}

template <store::Flash Flash, typename Step>
void Adaptation<Flash, Step>::tell_steps(training::FitStatus &status) const {
  const LocalResult &result = training_.result();
  const float loss = result.mean_loss();
  status.step = result.steps;
  status.steps = training_.work().steps;
  status.mean_loss = loss - loss == 0 ? loss : -1;
  status.cycles = result.cycles;
}

template <store::Flash Flash, typename Step>
training::FitStatus Adaptation<Flash, Step>::status() const {
  using enum training::FitState;
  static constexpr training::FitState kStates[] = {
      kStarting,     kStarting,  kStarting, kStarting, kRestoring, kTestingBefore, kTraining,
      kTestingAfter, kRestoring, kSaving,   kIdle,     kDone,      kFailed};
  training::FitStatus status = figures_;
  status.state = kStates[static_cast<std::uint8_t>(work_)];
  if (status.state == kStarting && ordered_ok_) {
    status.state = kRestoring;
  }
  status.fault = fault_;
  status.adapted = adapted_ ? 1 : 0;
  if (const auto &shard = shard_.header()) {
    status.samples = shard->training_samples;
    status.test_samples = shard->test_samples;
  }
  if (work_ == Work::kTrain) {
    tell_steps(status);
  }
  status.generation = store_.generation();
  return status;
}

} // namespace tinyml::device
