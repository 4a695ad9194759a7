// SPDX-License-Identifier: Apache-2.0
// What goes into a version of ParameterServer; included by server.hpp alone.
#pragma once

#include "device/parameter_server/server.hpp"

namespace tinyml::device {

template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::start_round() {
  contributions_ = {};
  if (!plan_.folded) {
    totals_ = {};
    is_bulk() ? collect_round() : collect_waiting();
  }
  contributions_.total_weight = totals_.samples;
  contributions_.sum_area = sum_area_;
  start_aggregate();
}

/// All updates of the round in the order of their workers: weighted by samples, or not for medians.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::collect_round() {
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    if (workers_[id].slot != kNoSlot) {
      totals_.add(workers_[id]);
    }
  }
  const bool median = settings().aggregation == training::Aggregation::kMedian;
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    const Worker &worker = workers_[id];
    if (worker.slot != kNoSlot) {
      const float share = median ? 1 : static_cast<float>(worker.samples) / totals_.samples;
      const float clip = training::clip_factor(worker.norm, settings().clip_norm);
      contributions_.list[contributions_.count++] = {share * clip, id, worker.slot};
    }
  }
}

/// Whatever has arrived, each with its share of all workers.
template <store::Flash Flash, typename Coap> void ParameterServer<Flash, Coap>::collect_waiting() {
  for (std::uint16_t id = 0; id < workers_.size(); ++id) {
    const Worker &worker = workers_[id];
    if (worker.slot != kNoSlot) {
      totals_.add(worker);
      const float clip = training::clip_factor(worker.norm, settings().clip_norm);
      const float share = 1 / static_cast<float>(settings().workers);
      contributions_.list[contributions_.count++] = {share * clip, id, worker.slot};
    }
  }
}

template <store::Flash Flash, typename Coap>
training::DeltaHeader ParameterServer<Flash, Coap>::make_delta_header() const {
  training::DeltaHeader header;
  header.run_id = settings().run_id;
  header.version = commit_.version;
  header.coding = settings().delta_coding;
  header.parameter_count = settings().parameter_count;
  header.updates = totals_.count;
  if (settings().strategy == training::Strategy::kScaffold) {
    const auto numbers =
        training::control_numbers(totals_.count, settings().workers,
                                  totals_.step_sums / totals_.samples, settings().server_rate);
    header.control_keep = numbers.keep;
    header.control_gain = numbers.gain;
  }
  return header;
}

} // namespace tinyml::device
