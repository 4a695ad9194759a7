// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/lwm2m/object_ids.hpp"
#include "service/store/records.hpp"

#include <string>
#include <variant>
#include <vector>

/// One build on its way to one device (LwM2M object /5, OMA LwM2M 1.1 core E.6), pure.
namespace tinyml::service {

/// What is asked of the device; at most one is under way.
enum class Ask {
  kReadRunning,   ///< GET the build id in /42770/0/1
  kReadFirmware,  ///< GET /5/0: state and result
  kReset,         ///< cancel what the device holds: an empty Package URI
  kWriteUri,      ///< PUT /5/0/1: pull
  kPush,          ///< PUT /5/0/0 by Block1
  kExecuteUpdate, ///< POST /5/0/2
};

namespace event {
/// The device registered (not merely updated): it has probably restarted.
struct Registered {};
/// Anything was heard from it.
struct Seen {};
/// Answer to kReadRunning: 32 hex digits, empty when the image has no model.
struct Running {
  std::string build;
};
/// Answer to kReadFirmware.
struct Firmware {
  lwm2m::UpdateState state{};
  lwm2m::UpdateResult result{};
};
/// A notification of /5: worth a look now. Its content is not used, since it may be overtaken.
struct Changed {};
/// Success of the other requests.
struct Done {};
/// The device refused a request.
struct Refused {
  std::string code;       ///< "4.04"
  std::string diagnostic; ///< its payload, when it is text
};
/// A request was not answered, or the device was not there to ask.
struct Unanswered {};
/// Image bytes went to the device (pull or push), counted from the image's start.
struct Progress {
  std::int64_t sent_bytes = 0;
};
/// Time has passed.
struct Tick {};
} // namespace event

using DeliveryEvent =
    std::variant<event::Registered, event::Seen, event::Running, event::Firmware, event::Changed,
                 event::Done, event::Refused, event::Unanswered, event::Progress, event::Tick>;

namespace action {
/// Ask the device; exactly one answer event must follow.
struct Request {
  Ask what{};
};
/// The order is in this state now.
struct Enter {
  OrderState state{};
  std::string note;
};
/// The order failed; the delivery is over.
struct Fail {
  std::string code;
  std::string message;
};
} // namespace action

using DeliveryAction = std::variant<action::Request, action::Enter, action::Fail>;

struct DeliveryLimits {
  TimeMs poll_ms = 500;          ///< between two looks at /5; notifications may be lost
  TimeMs silence_ms = 120'000;   ///< without progress before the delivery is given up
  TimeMs reboot_ms = 90'000;     ///< from Update to the next registration
  TimeMs reboot_poll_ms = 3'000; ///< between two looks while it restarts (or refused to)
  TimeMs confirm_ms = 15'000;    ///< from that to result "success"
  int attempts = 5;              ///< offers of the image
};

/// Feed events, do what it says. Time is any clock that does not go back.
class Delivery {
public:
  /// `build` are the first 32 hex digits of the build's id, as the device will report it. `reached`
  /// is how far the order had come when the service was stopped; kBuilt for a fresh delivery.
  Delivery(std::string build, bool push, OrderState reached, DeliveryLimits limits = {});

  [[nodiscard]] std::vector<DeliveryAction> start(TimeMs now);
  [[nodiscard]] std::vector<DeliveryAction> handle(const DeliveryEvent &event, TimeMs now);
  /// When a Tick is wanted at the latest.
  [[nodiscard]] TimeMs next_tick_ms() const;
  [[nodiscard]] bool finished() const { return step_ == Step::kFinished; }

private:
  enum class Step {
    kInspect,  ///< asking what it runs
    kPrepare,  ///< asking what /5 is doing
    kReset,    ///< cancelling what it held
    kOffer,    ///< writing the URI or the package
    kTransfer, ///< it downloads
    kExecute,  ///< telling it to update
    kReboot,   ///< waiting for it to come back
    kProve,    ///< it came back: asking what it runs
    kSettle,   ///< it runs ours: waiting for result "success"
    kFinished,
  };

  void on(const event::Registered &);
  void on(const event::Seen &);
  void on(const event::Running &running);
  void on(const event::Firmware &firmware);
  void on(const event::Changed &);
  void on(const event::Done &);
  void on(const event::Refused &refused);
  void on(const event::Unanswered &);
  void on(const event::Progress &progress);
  void on(const event::Tick &);

  void inspect();
  void prepare(const event::Firmware &firmware);
  void transferring(const event::Firmware &firmware);
  void returned(const event::Firmware &firmware);
  void offer();
  void execute();
  void await_reboot();
  void confirm(std::string note);
  void look_again();
  void check_deadlines();

  [[nodiscard]] bool polls() const;
  void ask(Ask what);
  void enter(OrderState state, std::string note = {});
  void fail(std::string code, std::string message);
  void move(Step step);

  std::string build_;
  bool push_;
  DeliveryLimits limits_;
  OrderState reached_;
  Step step_ = Step::kInspect;
  TimeMs now_ = 0;
  TimeMs step_since_ = 0;
  TimeMs progress_at_ = 0; ///< last sign of progress
  TimeMs poll_at_ = 0;
  std::int64_t sent_bytes_ = 0;
  int offers_ = 0;
  bool asking_ = false;  ///< an answer is due
  bool away_ = false;    ///< it did not answer: wait until it is heard
  bool told_ = false;    ///< the device acknowledged that it was told to update
  bool changed_ = false; ///< a notification came while an answer was due
  std::vector<DeliveryAction> actions_;
};

} // namespace tinyml::service
