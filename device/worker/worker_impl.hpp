// SPDX-License-Identifier: Apache-2.0
// The member functions of TrainingWorker; included by worker.hpp alone.
#pragma once

#include "device/worker/worker.hpp"

#include "base/divide.hpp"
#include "device/worker/worker_requests.hpp"
#include "device/worker/worker_resources.hpp"
#include "device/worker/worker_status.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
TrainingWorker<Flash, Coap, Step>::TrainingWorker(Coap &coap, Flash &flash,
                                                  const store::Layout &layout, Step &step,
                                                  std::uint64_t seed)
    : coap_(coap), step_(step),
      store_(flash, store::training_area(layout, flash.info()), step.training()),
      assignment_(flash, store::training_area(layout, flash.info())), passes_(store_, step),
      training_(store_.shard, step), link_(coap, seed),
      instance_(static_cast<std::uint32_t>(coap::SeededRandom(seed).next() >> 32)) {}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::poll(coap::Millis now_ms) {
  if (!started_) {
    started_ = true;
    if (assignment_.order()) {
      begin(*assignment_.order(), now_ms);
    }
  }
  if (computes()) {
    if (is_silent() && !link_.in_flight() && now_ms - heard_ms_ > settings_.lost_ms / 4) {
      say_alive(now_ms);
    }
    compute(now_ms);
  } else if (is_active() && !link_.in_flight() && now_ms >= due_ms_) {
    request(now_ms);
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
coap::Millis TrainingWorker<Flash, Coap, Step>::next_deadline_ms() const {
  if (!started_ || computes()) {
    return 0;
  }
  return is_active() && !link_.in_flight() ? due_ms_ : coap::kNever;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::begin(const training::JoinOrder &order,
                                              coap::Millis now_ms) {
  order_ = order;
  fault_ = find_fault();
  if (fault_ != training::WorkerFault::kNone) {
    return fail(fault_);
  }
  link_.connect(coap::peer_of(coap::Ipv4Endpoint{order.server.ipv4, order.server.port}));
  version_ = training::kNoVersion;
  id_ = training::kNoWorker;
  update_waits_ = false;
  store_.residual.set_zero();
  store_.own_control.set_zero();
  store_.server_control.set_zero();
  go(Work::kJoin, now_ms);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
training::WorkerFault TrainingWorker<Flash, Coap, Step>::find_fault() const {
  using enum training::WorkerFault;
  if (!store_.has_room()) {
    return kNoRoom;
  }
  const auto &shard = store_.shard.header();
  if (!shard || shard->training_samples == 0) {
    return kNoShard;
  }
  return training_.fits() ? kNone : kWrongShard;
}

/// What a piece of work needs at its beginning.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::go(Work work, coap::Millis now_ms) {
  work_ = work;
  due_ms_ = now_ms;
  passes_.begin();
  switch (work) {
  case Work::kFetchModel:
    download_.start();
    store_.writer.begin(store_.model.next());
    break;
  case Work::kFetchControl:
    download_.start();
    store_.writer.begin(store_.server_control.next());
    break;
  case Work::kFetchDelta:
    update_waits_ = false; // its place is needed
    download_.start();
    body_crc_.begin();
    store_.writer.begin(store_.codes);
    break;
  case Work::kLook:
    training_.begin_look(round_seed(), passes_.balance());
    break;
  case Work::kTestBefore:
  case Work::kTestAfter:
    training_.begin_test();
    break;
  case Work::kSend:
    upload_.start(passes_.update_bytes());
    break;
  default:
    break;
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::fail(training::WorkerFault fault) {
  fault_ = fault;
  work_ = Work::kFailed;
  link_.forget();
  print_line("worker: ", training::describe(fault));
}

/// The latest task, as far as it can be followed with the model there is.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::follow_task(coap::Millis now_ms) {
  if (version_ != task_.version) {
    const bool by_deltas =
        task_.whole_model == 0 && version_ < task_.version && version_ >= task_.oldest_delta;
    return go(by_deltas ? Work::kFetchDelta : Work::kFetchModel, now_ms);
  }
  switch (task_.action) {
  case training::Action::kTrain:
    return begin_training(now_ms);
  case training::Action::kDone:
    print_line("worker: the run is over");
    return go(Work::kDone, now_ms);
  case training::Action::kWait:
    break;
  }
  go(Work::kAsk, now_ms + task_.wait_ms);
}

/// An update for the same version may still be there: the server was restarted and asks for what it
/// had been given.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::begin_training(coap::Millis now_ms) {
  if (update_waits_ && update_.base_version == version_ && update_.worker == id_) {
    return go(Work::kSend, now_ms);
  }
  update_waits_ = false;
  accuracy_before_ = accuracy_after_ = -1;
  looks_ = settings_.score_balance > 0;
  passes_.set_balance(settings_.score_balance);
  const float calibration = looks_ ? 0 : settings_.label_calibration;
  passes_.calibrate(training_.class_counts(), calibration);
  go(Work::kPrepare, now_ms);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::compute(coap::Millis now_ms) {
  const std::uint64_t start_ns = step_.now_ns();
  do {
    advance(now_ms);
  } while (computes() && step_.now_ns() - start_ns < kSliceNs);
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::advance(coap::Millis now_ms) {
  switch (work_) {
  case Work::kApply:
    return advance_pass(passes_.apply(delta_), now_ms);
  case Work::kPrepare:
    return advance_pass(passes_.prepare(), now_ms);
  case Work::kEncode:
    return advance_pass(diverged_ ? passes_.encode_diverged(update_) : passes_.encode(update_),
                        now_ms);
  case Work::kMoveControl:
    return advance_pass(
        passes_.move_own_control(static_cast<training::Coding>(update_.coding), update_.step_sum),
        now_ms);
  case Work::kLook:
    return advance_training(training_.look(passes_.balance()), now_ms);
  case Work::kTrain:
    return advance_training(training_.train(), now_ms);
  default:
    return advance_training(training_.test(), now_ms);
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::advance_pass(Progress progress, coap::Millis now_ms) {
  if (progress == Progress::kMore) {
    return;
  }
  if (progress == Progress::kNotFinite) {
    diverged(); // as it turns out only now
    return go(Work::kEncode, now_ms);
  }
  if (progress != Progress::kDone) {
    return fail(training::WorkerFault::kStore);
  }
  switch (work_) {
  case Work::kApply:
    ++version_;
    return follow_task(now_ms);
  case Work::kPrepare:
    return go(looks_ ? Work::kLook : Work::kTestBefore, now_ms);
  case Work::kEncode:
    update_waits_ = true;
    sent_twice_ = false;
    return go(Work::kSend, now_ms);
  default:
    return go(Work::kAsk, now_ms);
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::advance_training(typename Training::Progress progress,
                                                         coap::Millis now_ms) {
  if (progress == Training::Progress::kMore) {
    return;
  }
  if (progress == Training::Progress::kStoreFailed) {
    return fail(training::WorkerFault::kStore);
  }
  if (work_ == Work::kLook) { // at the model as it is; what is trained and tested is calibrated
    looks_ = false;
    passes_.calibrate(training_.class_counts(), settings_.label_calibration);
    return go(Work::kPrepare, now_ms);
  }
  if (work_ == Work::kTestBefore) {
    accuracy_before_ = training_.accuracy();
    const float share = settings_.rate_batch == 0
                            ? 1
                            : static_cast<float>(step_.training().batch) / settings_.rate_batch;
    const bool by_epochs = task_.local_steps == 0;
    training_.begin_training(
        {.steps = by_epochs ? task_.local_epochs * training_.epoch_steps() : task_.local_steps,
         .whole_epochs = by_epochs,
         .rate = task_.rate * share,
         .momentum = settings_.momentum,
         .keep_moments = settings_.keep_moments != 0,
         .seed = round_seed()});
    return go(Work::kTrain, now_ms);
  }
  if (work_ == Work::kTrain) {
    return go(Work::kTestAfter, now_ms);
  }
  accuracy_after_ = training_.accuracy();
  training_done(now_ms);
}

/// Of the order of samples.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
std::uint64_t TrainingWorker<Flash, Coap, Step>::round_seed() const {
  return (std::uint64_t{settings_.seed} << 32) + (std::uint64_t{order_.index} << 20) + task_.round;
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::training_done(coap::Millis now_ms) {
  constexpr float kMilli = 1000;
  update_ = update_header();
  cycles_ += training_.result().cycles;
  trained_samples_ += training_.result().samples;
  const float loss = update_.mean_loss * kMilli;
  fault_ = training::WorkerFault::kNone;
  diverged_ = false;
  if (loss >= 0 && loss < 1e9F) {
    print_line("worker: round ", task_.round, ", ", update_.steps, " steps, loss ",
               static_cast<std::uint32_t>(loss), " / 1000");
  } else {
    diverged();
  }
  go(Work::kEncode, now_ms);
}

/// The server is told so by an update that is not a number, and goes on without this worker; the
/// next round's model may suit it better.
template <store::Flash Flash, typename Coap, TrainingStepModule Step>
void TrainingWorker<Flash, Coap, Step>::diverged() {
  diverged_ = true;
  fault_ = training::WorkerFault::kDiverged;
  update_.mean_loss = 0; // messages hold finite numbers alone
  print_line("worker: round ", task_.round, ": ", training::describe(fault_));
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
training::UpdateHeader TrainingWorker<Flash, Coap, Step>::update_header() const {
  const LocalResult &result = training_.result();
  training::UpdateHeader header;
  header.run_id = order_.run_id;
  header.worker = id_;
  header.coding = settings_.update_coding;
  header.base_version = version_;
  header.samples = store_.shard.header()->training_samples;
  header.steps = result.steps;
  header.mean_loss = result.mean_loss();
  header.accuracy_before = accuracy_before_;
  header.accuracy_after = accuracy_after_;
  header.step_sum = result.step_sum;
  header.parameter_count = step_.training().parameter_count;
  header.cycles = result.cycles;
  header.train_ms = static_cast<std::uint32_t>(millis_of(result.ns));
  return header;
}

} // namespace tinyml::device
