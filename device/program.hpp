// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/activity.hpp"
#include "device/board_profile.hpp"
#include "device/diagnostics_object.hpp"
#include "device/identity.hpp"
#include "device/infer.hpp"
#include "device/model_object.hpp"
#include "device/updater.hpp"
#include "os/net/network.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/lwm2m/client.hpp"

#include <type_traits>

namespace tinyml::device {

/// What a program keeps of its CoAP conversations. Boards on a serial line are the smallest.
struct SerialLineLimits : coap::DeviceLimits {
  static constexpr std::size_t kExchanges = 2;
  static constexpr std::size_t kExchangeBytes = 384;
  static constexpr std::size_t kReplies = 4;
};
template <hal::LinkKind Link>
using LimitsOf =
    std::conditional_t<Link == hal::LinkKind::kSlip, SerialLineLimits, coap::DeviceLimits>;
using Objects = lwm2m::ObjectSet<lwm2m::ServerObject, lwm2m::DeviceObject, lwm2m::FirmwareObject,
                                 lwm2m::TextDisplayObject, lwm2m::CapabilityObject, ModelObject,
                                 lwm2m::InferenceResultObject, DiagnosticsObject>;

/// What the program finds at its start, read from the store.
struct Start {
  Identity identity;
  store::Layout layout;
  store::BootState boot;
  RunningImage image;
};

/// Everything a device does between its start and the next. `Module` says what is linked in:
///
///   static constexpr bool kPresent;                 // is there a model?
///   static const module::ModuleInfo *info();        // null without
///   static std::uint8_t *arena();
///   static void run();
///   static ByteSpan workspace();                    // boot::kWorkspaceBytes or more, to verify
///   images in
///   static ByteSpan frame();                        // the network's, may be part of workspace()
///
/// `ActivityPolicy` is what it does besides: see NoActivity.
template <typename Network, typename Module, typename ActivityPolicy = NoActivity> class Program {
public:
  using Limits = typename ActivityPolicy::template Limits<LimitsOf<Network::kLink>>;
  using Coap = coap::Endpoint<coap::FixedStorage<Limits>>;
  using Activity = typename ActivityPolicy::template In<ActivityContext<store::HalFlash, Coap>>;

  /// `start` outlives the program.
  explicit Program(const Start &start);
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  /// Waits for something to do and does it. False when the device must restart.
  bool step();

private:
  static constexpr std::uint16_t kLocalPort = coap::kDefaultPort;
  static constexpr std::uint64_t kNsPerMs = 1'000'000;
  /// A trial image that cannot reach its server for so long gives up, so that the old one returns.
  static constexpr coap::Millis kTrialMs = 120'000;
  static constexpr coap::Millis kRebootDelayMs = 300;
  /// A recovery image that was called and is given nothing lets the other one run again.
  static constexpr coap::Millis kRecoveryMs = 600'000;
  /// Pause before trying again what is due but found no room in the endpoint.
  static constexpr std::uint64_t kRetryNs = 5 * kNsPerMs;

  struct Run {
    void operator()() const { Module::run(); }
  };
  struct Verify {
    Program *program;
    image::Error operator()(store::Slot slot) const;
  };
  struct NoInference {
    static bool handle(const coap::Event &, std::uint32_t, coap::Millis) { return false; }
    static void forget() {}
  };
  using Inference = std::conditional_t<Module::kPresent, InferResource<Coap, Run>, NoInference>;

  static net::StackConfig stack_config(const Identity &identity);
  static image::Requirements requirements();
  static std::string_view more_links();
  Inference make_inference();

  void sleep();
  void read_clock();
  void receive();
  void dispatch(const coap::Event &event);
  void flush();
  void poll();
  void follow_address();
  void follow_registration();
  void follow_objects();
  void follow_frames();
  void confirm();
  [[nodiscard]] bool must_restart();
  [[nodiscard]] bool was_called_for_nothing() const;
  [[nodiscard]] std::uint64_t next_deadline_ns();
  [[nodiscard]] coap::Millis now_ms() const { return now_ms_; }

  const Start &start_;
  std::uint64_t now_ns_ = 0;
  std::uint64_t stepped_back_ns_ = 0; ///< how far now_ns_ is ahead of the board's clock
  std::uint64_t earliest_ns_ = 0;     ///< of the next step; the first one waits for nothing
  coap::Millis now_ms_ = 0;
  coap::Millis restart_ms_ = coap::kNever;
  std::uint32_t frame_errors_ = 0; ///< more than these are told
  bool has_address_ = false;
  bool was_registered_ = false;
  bool on_trial_;

  Network network_;
  Coap coap_;
  store::HalFlash flash_;
  lwm2m::ServerObject account_;
  lwm2m::DeviceObject device_;
  lwm2m::FirmwareObject firmware_;
  lwm2m::TextDisplayObject display_;
  lwm2m::CapabilityObject capability_;
  ModelObject model_;
  lwm2m::InferenceResultObject result_;
  [[no_unique_address]] DiagnosticsObject diagnostics_;
  Objects objects_;
  lwm2m::Client<Objects, Coap> client_;
  Updater<store::HalFlash, Coap, Verify> updater_;
  [[no_unique_address]] Inference inference_;
  [[no_unique_address]] Activity activity_;
};

} // namespace tinyml::device

#include "device/program_impl.hpp"
