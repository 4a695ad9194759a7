// SPDX-License-Identifier: Apache-2.0
#include "service/delivery/delivery.hpp"

#include "service/delivery/update_result.hpp"

#include <algorithm>

namespace tinyml::service {

using lwm2m::UpdateResult;
using lwm2m::UpdateState;

Delivery::Delivery(std::string build, bool push, OrderState reached, DeliveryLimits limits)
    : build_(std::move(build)), push_(push), limits_(limits), reached_(reached) {}

std::vector<DeliveryAction> Delivery::start(TimeMs now) {
  now_ = progress_at_ = now;
  inspect();
  return std::exchange(actions_, {});
}

std::vector<DeliveryAction> Delivery::handle(const DeliveryEvent &event, TimeMs now) {
  now_ = now;
  if (!finished()) {
    std::visit([this](const auto &one) { on(one); }, event);
  }
  if (!finished()) {
    check_deadlines();
  }
  return std::exchange(actions_, {});
}

TimeMs Delivery::next_tick_ms() const {
  const TimeMs deadline =
      step_ == Step::kReboot ? step_since_ + limits_.reboot_ms : progress_at_ + limits_.silence_ms;
  return polls() ? std::min(poll_at_, deadline) : deadline;
}

void Delivery::on(const event::Registered &) {
  // Whatever was asked before the restart is void; the driver reports no answer for it any more.
  asking_ = away_ = false;
  progress_at_ = now_;
  if (step_ == Step::kExecute) {
    await_reboot(); // faster than its own acknowledgement, or that got lost
  }
  if (step_ == Step::kReboot || step_ == Step::kProve || step_ == Step::kSettle) {
    move(Step::kProve);
    ask(Ask::kReadRunning);
    return;
  }
  inspect(); // it restarted by itself in the middle
}

void Delivery::on(const event::Seen &) {
  if (away_) {
    away_ = false;
    if (step_ == Step::kReboot) {
      return; // only a registration says that it restarted
    }
    inspect();
  }
}

void Delivery::on(const event::Running &running) {
  asking_ = false;
  const bool ours = running.build == build_;
  if (step_ == Step::kInspect && ours && reached_ != OrderState::kRebooting) {
    confirm("the device runs this build already");
  } else if (step_ == Step::kInspect && ours) {
    move(Step::kSettle);
    ask(Ask::kReadFirmware);
  } else if (step_ == Step::kInspect) {
    move(Step::kPrepare);
    ask(Ask::kReadFirmware);
  } else if (step_ == Step::kProve) {
    if (ours) {
      move(Step::kSettle);
    }
    ask(Ask::kReadFirmware);
  }
}

void Delivery::on(const event::Firmware &firmware) {
  asking_ = false;
  switch (step_) {
  case Step::kPrepare:
    return prepare(firmware);
  case Step::kTransfer:
    return transferring(firmware);
  case Step::kReboot:
  case Step::kProve:
  case Step::kSettle:
    return returned(firmware);
  default:
    return;
  }
}

/// What the device holds decides: nothing, our own unfinished download, or somebody else's.
void Delivery::prepare(const event::Firmware &firmware) {
  const bool resumed = reached_ == OrderState::kDelivering || reached_ == OrderState::kVerifying ||
                       reached_ == OrderState::kRebooting || offers_ > 0;
  if (firmware.state == UpdateState::kIdle) {
    return offer();
  }
  if (firmware.state == UpdateState::kUpdating) {
    return await_reboot();
  }
  if (resumed && firmware.state == UpdateState::kDownloaded) {
    return execute();
  }
  if (resumed && !push_) {
    move(Step::kTransfer); // it goes on by itself from the block it has
    return look_again();
  }
  move(Step::kReset);
  ask(Ask::kReset);
}

void Delivery::offer() {
  if (offers_ >= limits_.attempts) {
    return fail("update_failed",
                "the device started to download " + std::to_string(offers_) +
                    " times and never finished: look at its trace and its console");
  }
  ++offers_;
  move(Step::kOffer);
  enter(OrderState::kDelivering, std::string(push_ ? "pushing" : "the device pulls") +
                                     (offers_ > 1 ? ", attempt " + std::to_string(offers_) : ""));
  ask(push_ ? Ask::kPush : Ask::kWriteUri);
}

void Delivery::transferring(const event::Firmware &firmware) {
  switch (firmware.state) {
  case UpdateState::kDownloaded:
    return execute();
  case UpdateState::kUpdating:
    return await_reboot();
  case UpdateState::kDownloading:
    return look_again();
  case UpdateState::kIdle:
    break;
  }
  // Idle: it gave up. A lost connection, or a restart that forgot the download, is worth another
  // try.
  if (firmware.result == UpdateResult::kConnectionLost ||
      firmware.result == UpdateResult::kInitial) {
    return offer();
  }
  const UpdateFailure failure = explain(firmware.result);
  fail(failure.code, failure.message);
}

void Delivery::execute() {
  told_ = false;
  move(Step::kExecute);
  enter(OrderState::kVerifying, "the device has the whole image");
  ask(Ask::kExecuteUpdate);
}

void Delivery::await_reboot() {
  move(Step::kReboot);
  enter(OrderState::kRebooting, "the device checks the image and starts it");
  look_again();
}

/// After the restart (or instead of it, when the device refused to start the image).
void Delivery::returned(const event::Firmware &firmware) {
  const bool ended = firmware.state != UpdateState::kUpdating;
  if (step_ == Step::kSettle && firmware.result == UpdateResult::kSuccess) {
    return confirm("the device runs it and has confirmed it");
  }
  const bool refused = static_cast<int>(firmware.result) > static_cast<int>(UpdateResult::kSuccess);
  if (step_ == Step::kReboot && ended && refused) {
    const UpdateFailure failure = explain(firmware.result);
    return fail(failure.code, failure.message);
  }
  if (step_ == Step::kProve && ended && !told_ && !refused) {
    return prepare(firmware); // it restarted by itself before it was told to update
  }
  if ((step_ == Step::kProve && ended) || (step_ == Step::kSettle && refused)) {
    return fail("rolled_back",
                "the device came back with the image it had before: " +
                    (refused ? explain(firmware.result).message
                             : "the new one did not start or did not confirm itself; "
                               "its console tells why"));
  }
  look_again();
}

void Delivery::on(const event::Changed &) {
  changed_ = asking_;
  if (polls()) {
    ask(Ask::kReadFirmware);
  }
}

void Delivery::on(const event::Done &) {
  asking_ = false;
  progress_at_ = now_;
  switch (step_) {
  case Step::kReset:
    return offer();
  case Step::kOffer:
    move(Step::kTransfer);
    return ask(Ask::kReadFirmware);
  case Step::kExecute:
    told_ = true;
    return await_reboot();
  default:
    return;
  }
}

void Delivery::on(const event::Refused &refused) {
  asking_ = false;
  if (step_ == Step::kReset) {
    return offer(); // a device may know no cancelling; it will refuse the package if it must
  }
  const bool no_model_object = refused.code == "4.04" || refused.code == "4.05";
  if ((step_ == Step::kInspect || step_ == Step::kProve) && no_model_object) {
    return on(event::Running{}); // an image without a model may lack the object
  }
  static constexpr std::string_view kDoing[] = {
      "told what it runs",     "told its update state", "cancelled its old download",
      "accepted the package",  "told its update state", "started the update",
      "told its update state", "told what it runs",     "told its update state"};
  fail("update_failed", "the device should have " + std::string(kDoing[static_cast<int>(step_)]) +
                            " but answered " + refused.code +
                            (refused.diagnostic.empty() ? "" : " (" + refused.diagnostic + ")") +
                            ": does it have the firmware update object /5?");
}

void Delivery::on(const event::Unanswered &) {
  asking_ = false;
  if (step_ == Step::kExecute) {
    return await_reboot(); // it may have restarted before it could answer
  }
  away_ = step_ != Step::kReboot; // a restarting device is silent; its registration will tell
  look_again();
}

void Delivery::on(const event::Progress &progress) {
  if (progress.sent_bytes != sent_bytes_) {
    sent_bytes_ = progress.sent_bytes;
    progress_at_ = now_;
  }
}

void Delivery::on(const event::Tick &) {
  check_deadlines();
  if (!finished() && polls() && now_ >= poll_at_) {
    ask(Ask::kReadFirmware);
  }
}

void Delivery::check_deadlines() {
  if (step_ == Step::kReboot && now_ - step_since_ >= limits_.reboot_ms) {
    return fail("device_timeout", "the device did not come back within " +
                                      std::to_string(limits_.reboot_ms / 1000) +
                                      " s after it was told to update: switch it off and on, its "
                                      "bootloader starts the old image or the new one, whole");
  }
  if (step_ == Step::kSettle && now_ - step_since_ >= limits_.confirm_ms) {
    return confirm("the device runs it but does not say in /5/0/5 that the update succeeded");
  }
  if (now_ - progress_at_ >= limits_.silence_ms) {
    fail("device_timeout",
         "nothing has moved for " + std::to_string(limits_.silence_ms / 1000) + " s (" +
             std::to_string(sent_bytes_) +
             " image bytes sent): is the device on and its network up? Order again "
             "when it is, it resumes");
  }
}

void Delivery::confirm(std::string note) {
  enter(OrderState::kConfirmed, std::move(note));
  move(Step::kFinished);
}

void Delivery::inspect() {
  move(Step::kInspect);
  ask(Ask::kReadRunning);
}

void Delivery::look_again() {
  const TimeMs pause = step_ == Step::kReboot ? limits_.reboot_poll_ms : limits_.poll_ms;
  poll_at_ = now_ + (std::exchange(changed_, false) ? 0 : pause);
}

bool Delivery::polls() const {
  return !asking_ && !away_ &&
         (step_ == Step::kTransfer || step_ == Step::kReboot || step_ == Step::kProve ||
          step_ == Step::kSettle);
}

void Delivery::ask(Ask what) {
  asking_ = true;
  actions_.emplace_back(action::Request{what});
}

void Delivery::enter(OrderState state, std::string note) {
  reached_ = state;
  actions_.emplace_back(action::Enter{state, std::move(note)});
}

void Delivery::fail(std::string code, std::string message) {
  move(Step::kFinished);
  actions_.emplace_back(action::Fail{std::move(code), std::move(message)});
}

void Delivery::move(Step step) {
  if (step != step_) {
    step_ = step;
    step_since_ = now_;
  }
}

} // namespace tinyml::service
