// SPDX-License-Identifier: Apache-2.0
#include "device/parameter_server/worker_table.hpp"

#include <algorithm>

namespace tinyml::device {

void WorkerTable::clear() { std::fill(std::begin(workers_), std::end(workers_), Worker{}); }

Worker *WorkerTable::find(std::uint16_t id) {
  return id < size_ && workers_[id].known ? &workers_[id] : nullptr;
}

Worker *WorkerTable::find(coap::PeerId peer) {
  for (std::uint16_t id = 0; id < size_; ++id) {
    if (workers_[id].known && workers_[id].peer == peer) {
      return &workers_[id];
    }
  }
  return nullptr;
}

std::uint16_t WorkerTable::joined() const {
  return static_cast<std::uint16_t>(std::count_if(
      workers_, workers_ + size_, [](const Worker &worker) { return worker.expected; }));
}

std::uint16_t WorkerTable::delivered() const {
  return static_cast<std::uint16_t>(std::count_if(
      workers_, workers_ + size_, [](const Worker &worker) { return worker.has_delivered(); }));
}

std::uint16_t WorkerTable::live(std::uint32_t now_ms, std::uint32_t lost_ms) const {
  return static_cast<std::uint16_t>(
      std::count_if(workers_, workers_ + size_,
                    [&](const Worker &worker) { return is_live(worker, now_ms, lost_ms); }));
}

std::uint32_t WorkerTable::slowest(std::uint32_t now_ms, std::uint32_t lost_ms) const {
  std::uint32_t least = 0;
  bool any = false;
  for (std::uint16_t id = 0; id < size_; ++id) {
    if (is_live(workers_[id], now_ms, lost_ms)) {
      least = any ? std::min(least, workers_[id].clock) : workers_[id].clock;
      any = true;
    }
  }
  return least;
}

void WorkerTable::begin_version() {
  for (Worker &worker : workers_) {
    worker.strikes = 0;
  }
}

training::WorkerRecord record_of(const WorkerTable &table, std::uint16_t id, std::uint32_t version,
                                 std::uint32_t now_ms, std::uint32_t lost_ms) {
  using training::WorkerState;
  const Worker &worker = table[id];
  training::WorkerRecord record;
  record.worker = id;
  record.state = !table.is_live(worker, now_ms, lost_ms) ? WorkerState::kLost
                 : worker.excluded_until > version       ? WorkerState::kExcluded
                 : worker.has_delivered()                ? WorkerState::kDelivered
                 : worker.is_training                    ? WorkerState::kTraining
                                                         : WorkerState::kJoined;
  record.last_refusal = worker.last_refusal;
  record.version = worker.version;
  record.delivered = worker.delivered;
  record.refused = worker.refused;
  record.samples = worker.samples;
  record.mean_loss = worker.mean_loss;
  record.accuracy_before = worker.accuracy_before;
  record.accuracy_after = worker.accuracy_after;
  record.norm = worker.norm;
  record.steps = worker.steps;
  record.train_ms = worker.train_ms;
  record.cycles = worker.cycles;
  record.bytes_up = worker.bytes_up;
  record.bytes_down = worker.bytes_down;
  record.silent_ms = now_ms - worker.seen_ms;
  return record;
}

} // namespace tinyml::device
