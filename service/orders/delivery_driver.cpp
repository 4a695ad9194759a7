// SPDX-License-Identifier: Apache-2.0
#include "service/orders/delivery_driver.hpp"

#include "protocol/lwm2m/server_values.hpp"
#include "service/builds/build_key.hpp"
#include "service/registry/introduction.hpp"
#include "service/store/digest.hpp"

#include <algorithm>

namespace tinyml::service {

using lwm2m::ObjectId;
using lwm2m::Path;

namespace {

constexpr std::uint16_t kFirmware = static_cast<std::uint16_t>(ObjectId::kFirmwareUpdate);
constexpr std::uint16_t kModel = static_cast<std::uint16_t>(ObjectId::kModel);
constexpr Path kBuildIdPath = Path::of(kModel, 0, lwm2m::model::kBuildId);

/// The event for a request that was not answered with success.
DeliveryEvent failure_event(const CoapAnswer &answer) {
  if (answer.end != CoapAnswer::End::kAnswered) {
    return event::Unanswered{};
  }
  const auto text = as_text(answer.payload);
  const bool printable = std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 127; });
  return event::Refused{code_text(answer.code), printable ? std::string(text) : std::string()};
}

DeliveryEvent done_event(const CoapAnswer &answer) {
  return answer.ok() ? DeliveryEvent(event::Done{}) : failure_event(answer);
}

DeliveryEvent running_event(const CoapAnswer &answer) {
  if (!answer.ok()) {
    return failure_event(answer);
  }
  const auto tree = lwm2m::decode_values(kBuildIdPath, answer.content_format, answer.payload);
  const auto *value = tree ? find_value(*tree, kBuildIdPath) : nullptr;
  const auto *bytes = value ? std::get_if<std::vector<std::uint8_t>>(value) : nullptr;
  return event::Running{bytes ? to_hex(*bytes) : std::string()};
}

DeliveryEvent firmware_event(const CoapAnswer &answer) {
  if (!answer.ok()) {
    return failure_event(answer);
  }
  const Path instance = Path::of(kFirmware, 0);
  const auto tree = lwm2m::decode_values(instance, answer.content_format, answer.payload);
  if (!tree) {
    return event::Refused{"an unreadable object", tree.error().message};
  }
  const auto number = [&](std::uint16_t id) {
    return static_cast<std::uint8_t>(integer_at(*tree, instance.child(id)).value_or(0));
  };
  return event::Firmware{static_cast<lwm2m::UpdateState>(number(lwm2m::firmware::kState)),
                         static_cast<lwm2m::UpdateResult>(number(lwm2m::firmware::kUpdateResult))};
}

} // namespace

DeliveryDriver::DeliveryDriver(Loop &loop, Lwm2mServer &server, DeliveryTask task,
                               OrderState reached, DeliveryLimits limits, Hooks hooks)
    : loop_(loop), server_(server), task_(std::move(task)), hooks_(std::move(hooks)),
      delivery_(device_build_id(task_.build), task_.push, reached, limits),
      timer_(std::make_unique<Timer>(loop, [this] { feed(event::Tick{}); })) {}

void DeliveryDriver::start() { apply(delivery_.start(static_cast<TimeMs>(Loop::now_ms()))); }

void DeliveryDriver::feed(const DeliveryEvent &event) {
  apply(delivery_.handle(event, static_cast<TimeMs>(Loop::now_ms())));
}

void DeliveryDriver::device_registered() {
  ++era_;
  feed(event::Registered{});
}

void DeliveryDriver::pulled(std::int64_t sent_bytes) {
  hooks_.progress(sent_bytes);
  feed(event::Progress{sent_bytes});
}

void DeliveryDriver::apply(const std::vector<DeliveryAction> &actions) {
  // A hook may end this driver (the order is done): then nothing of it is touched any more.
  const std::shared_ptr<bool> alive = alive_;
  for (const DeliveryAction &one : actions) {
    if (const auto *request = std::get_if<action::Request>(&one)) {
      ask(request->what);
    } else if (const auto *state = std::get_if<action::Enter>(&one)) {
      hooks_.entered(state->state, state->note);
    } else if (const auto *failure = std::get_if<action::Fail>(&one)) {
      hooks_.failed(failure->code, failure->message);
    }
    if (alive.use_count() == 1) {
      return;
    }
  }
  if (!delivery_.finished()) {
    timer_->set_at(static_cast<std::uint64_t>(delivery_.next_tick_ms()));
  }
}

void DeliveryDriver::ask(Ask what) {
  const lwm2m::Registration *registration = server_.find(task_.endpoint);
  const auto format = registration ? read_format(*registration) : lwm2m::Format::kTlv;
  const std::string root = registration != nullptr ? registration->root_path : "";
  const Path uri = Path::of(kFirmware, 0, lwm2m::firmware::kPackageUri);
  switch (what) {
  case Ask::kReadRunning:
    if (registration != nullptr && !registration->has(kModel)) {
      return answer(era_, event::Running{}); // an image without a model
    }
    return send(lwm2m::read_request(kBuildIdPath, format, root), running_event);
  case Ask::kReadFirmware:
    return send(lwm2m::read_request(Path::of(kFirmware, 0), format, root), firmware_event);
  case Ask::kReset:
    return send(lwm2m::write_text_request(uri, "", root), done_event);
  case Ask::kWriteUri:
    return send(lwm2m::write_text_request(uri, task_.package_uri, root), done_event);
  case Ask::kPush:
    return send(lwm2m::write_opaque_request(Path::of(kFirmware, 0, lwm2m::firmware::kPackage),
                                            *task_.image, root),
                done_event);
  case Ask::kExecuteUpdate:
    return send(lwm2m::execute_request(Path::of(kFirmware, 0, lwm2m::firmware::kUpdate), "", root),
                done_event);
  }
}

void DeliveryDriver::send(lwm2m::ClientRequest request,
                          std::function<DeliveryEvent(const CoapAnswer &)> to_event) {
  std::weak_ptr<bool> weak = alive_;
  server_.ask(task_.endpoint,
              {.request = std::move(request),
               .callbacks = {.done =
                                 [this, weak, era = era_,
                                  to_event = std::move(to_event)](const CoapAnswer &answered) {
                                   if (!weak.expired()) {
                                     answer(era, to_event(answered));
                                   }
                                 },
                             .progress =
                                 [this, weak](std::int64_t sent_bytes) {
                                   if (!weak.expired() && task_.push) {
                                     pulled(sent_bytes);
                                   }
                                 }}});
}

/// Always later, from the loop: the state machine is never entered twice.
void DeliveryDriver::answer(std::uint64_t era, DeliveryEvent event) {
  loop_.post([this, weak = std::weak_ptr<bool>(alive_), era, event = std::move(event)] {
    if (!weak.expired() && era == era_) {
      feed(event);
    }
  });
}

} // namespace tinyml::service
