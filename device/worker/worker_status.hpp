// SPDX-License-Identifier: Apache-2.0
// What TrainingWorker tells of itself; included by worker_impl.hpp alone.
#pragma once

#include "device/worker/worker.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
training::WorkerPhase TrainingWorker<Flash, Coap, Step>::phase() const {
  using enum training::WorkerPhase;
  switch (work_) {
  case Work::kIdle:
    return kIdle;
  case Work::kJoin:
    return kJoining;
  case Work::kAsk:
    return kWaiting;
  case Work::kFetchModel:
  case Work::kFetchControl:
  case Work::kFetchDelta:
  case Work::kApply:
    return kFetching;
  case Work::kEncode:
  case Work::kSend:
  case Work::kMoveControl:
    return kSending;
  case Work::kDone:
    return kDone;
  case Work::kFailed:
    return kFailed;
  default:
    return kTraining;
  }
}

template <store::Flash Flash, typename Coap, TrainingStepModule Step>
training::WorkerStatus TrainingWorker<Flash, Coap, Step>::status() const {
  constexpr unsigned kUnreachableAfter = 3;
  training::WorkerStatus status;
  status.phase = phase();
  status.fault = fault_;
  if (is_active() && link_.failures() >= kUnreachableAfter) {
    status.fault = training::WorkerFault::kUnreachable;
  }
  status.run_id = order_.run_id;
  status.worker = id_;
  status.index = order_.index;
  status.version = version_;
  if (const auto &shard = store_.shard.header()) {
    status.samples = shard->training_samples;
    status.test_samples = shard->test_samples;
  }
  status.updates = taken_;
  status.refused = refused_;
  status.step = training_.result().steps;
  status.steps = training_.work().steps;
  status.mean_loss = training_.result().mean_loss();
  status.accuracy_before = accuracy_before_;
  status.accuracy_after = accuracy_after_;
  status.cycles = cycles_;
  status.trained_samples = trained_samples_;
  status.bytes_up = bytes_up_;
  status.bytes_down = bytes_down_;
  return status;
}

} // namespace tinyml::device
