// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/adaptive/adaptation.hpp"
#include "device/adaptive/arena_turns.hpp"
#include "device/worker/worker.hpp"

namespace tinyml::device {

/// A model that is asked (POST /infer, which is the program's), fine-tuned here, or trained in a
/// run: one after the other, for they share the arena, the shard and the parameters. What a run
/// ends with is an adapted model too. docs/training-protocol.md, "Devices that adapt".
template <store::Flash Flash, typename Coap, TrainingStepModule Step> class AdaptiveDevice {
public:
  AdaptiveDevice(Coap &coap, Flash &flash, const store::Layout &layout, Step &step,
                 std::uint64_t seed)
      : coap_(coap), store_(flash, layout, step.module(), step.training().parameter_count),
        worker_(coap, flash, store_.left(), step, seed),
        adaptation_(store_, worker_.shard(), step) {}
  AdaptiveDevice(const AdaptiveDevice &) = delete;
  AdaptiveDevice &operator=(const AdaptiveDevice &) = delete;

  bool handle(const coap::Event &event, coap::Millis now_ms);
  void poll(coap::Millis now_ms);
  [[nodiscard]] coap::Millis next_deadline_ms() const;
  void forget() { turns_.taken(); }
  [[nodiscard]] bool adapted() const { return adaptation_.adapted(); }

  [[nodiscard]] training::FitStatus fit_status() const { return adaptation_.status(); }
  [[nodiscard]] training::WorkerStatus status() const;

private:
  [[nodiscard]] bool wants_arena() const { return adaptation_.is_busy() || worker_.computes(); }
  [[nodiscard]] bool handle_infer(const coap::Event &event, coap::Millis now_ms);
  bool handle_fit(const coap::Event &event, coap::Millis now_ms);
  void order_fit(const coap::Event &event, coap::Millis now_ms);
  void take_fit_back(const coap::Event &event, coap::Millis now_ms);
  void follow_worker();
  void reply(const coap::Event &event, coap::Code code, std::string_view text, coap::Millis now_ms);
  template <typename Message>
  void reply_message(const coap::Event &event, const Message &message, coap::Millis now_ms);

  Coap &coap_;
  ParameterStore<Flash> store_;
  TrainingWorker<Flash, Coap, Step> worker_;
  Adaptation<Flash, Step> adaptation_;
  ArenaTurns turns_;
  bool in_run_ = false; ///< the worker was active, and its model has not been seen to yet
};

} // namespace tinyml::device

#include "device/adaptive/adaptive_device_impl.hpp"
