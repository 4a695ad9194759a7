// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/console.hpp"
#include "device/update_result.hpp"
#include "os/boot/services.hpp"
#include "os/events.hpp"
#include "os/store/trial.hpp"
#include "os/store/update_writer.hpp"
#include "protocol/coap/block.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/coap/uri.hpp"
#include "protocol/lwm2m/firmware_object.hpp"

namespace tinyml::device {

/// What an updater needs beside flash and endpoint.
struct UpdaterConfig {
  image::Requirements wanted;
  coap::PeerId server; ///< the only one who may push
};

/// Moves the bytes of object 5's updates into the free slot: pulls them by Block2 from the package
/// URI, resuming after a lost connection, or takes them by Block1 at /5/0/0; checks the whole
/// image; starts it on request.
///
/// `Verify` is called as `image::Error verify(store::Slot)`.
template <store::Flash Flash, typename Coap, typename Verify> class Updater {
public:
  Updater(const UpdaterConfig &config, Flash &flash, const store::Layout &layout,
          lwm2m::FirmwareObject &firmware, Coap &coap, Verify verify)
      : config_(config), flash_(flash), layout_(layout), firmware_(firmware), coap_(coap),
        writer_(flash, layout), verify_(verify) {}

  /// Takes package pushes, and what became of our own requests; false: not for us.
  bool handle(const coap::Event &event, coap::Millis now_ms);
  void poll(coap::Millis now_ms);
  [[nodiscard]] coap::Millis next_deadline_ms() const;

  /// The new image has been chosen and the answer has had time to leave.
  [[nodiscard]] bool wants_restart(coap::Millis now_ms) const { return now_ms >= restart_ms_; }
  [[nodiscard]] bool busy() const { return mode_ != Mode::kIdle; }

private:
  static constexpr coap::Tag kDownloadTag = 0x66770000; ///< "fw", then the download's number
  static constexpr unsigned kMaxFailures = 10;
  static constexpr coap::Millis kFirstRetryMs = 500;
  static constexpr coap::Millis kPushSilenceMs = 120'000;
  static constexpr coap::Millis kRestartDelayMs = 300;

  enum class Mode : std::uint8_t { kIdle, kPull, kPush };

  bool handle_push(const coap::Event &event, coap::Millis now_ms);
  coap::Code take_push(const coap::BlockSink::Piece &piece, coap::Millis now_ms);
  void handle_response(const coap::MessageView &response, coap::Millis now_ms);
  void start_pull(coap::Millis now_ms);
  void restart_pull(coap::Millis now_ms);
  void request_block(coap::Millis now_ms);
  void connection_failed(coap::Millis now_ms);
  void apply(coap::Millis now_ms);
  void discard();
  bool begin(std::uint32_t announced_bytes);
  bool write(std::uint32_t offset, ByteView bytes);
  bool finish();
  void fail(lwm2m::UpdateResult result, std::string_view why);
  bool check(store::UpdateError error);
  void restart_into_recovery();
  void print_progress(std::uint32_t before_bytes) const;

  UpdaterConfig config_;
  Flash &flash_;
  const store::Layout &layout_;
  lwm2m::FirmwareObject &firmware_;
  Coap &coap_;
  store::UpdateWriter<Flash> writer_;
  coap::BlockDownload download_;
  coap::BlockSink sink_;
  coap::Uri uri_;
  coap::Millis due_ms_ = coap::kNever; ///< pull: next request; push: when silence becomes failure
  coap::Millis restart_ms_ = coap::kNever;
  coap::Millis now_ms_ = 0; ///< of the latest poll()
  Mode mode_ = Mode::kIdle;
  bool in_flight_ = false;
  std::uint8_t failures_ = 0;
  std::uint16_t generation_ = 0; ///< numbers downloads, so that late answers are told apart
  Verify verify_;
};

} // namespace tinyml::device

#include "device/updater_impl.hpp"
