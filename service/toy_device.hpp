// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/packer.hpp"
#include "protocol/coap/fixed_storage.hpp"
#include "protocol/coap/uri.hpp"
#include "protocol/lwm2m/client.hpp"
#include "protocol/lwm2m/firmware_object.hpp"
#include "protocol/lwm2m/private_objects.hpp"
#include "protocol/lwm2m/standard_objects.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

/// For tests: a device in a thread, on a real UDP socket. Its LwM2M client is the one devices have;
/// its image slots are a vector, and its "restart" makes the client anew with what was downloaded.
namespace tinyml::service {

/// 42770 of the image that runs.
class ToyModelObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(lwm2m::ObjectId::kModel);
  static constexpr lwm2m::Resource kResources[] = {{lwm2m::model::kName, lwm2m::kReadable},
                                                   {lwm2m::model::kBuildId, lwm2m::kReadable}};
  explicit ToyModelObject(const image::ImageInfo &info) : info_(info) {}
  void read(std::uint16_t resource, lwm2m::ValueWriter &out) const {
    if (resource == lwm2m::model::kName) {
      out.text(resource, info_.model);
    } else {
      out.opaque(resource, info_.build_id);
    }
  }
  static coap::Code write(std::uint16_t, const lwm2m::WrittenValue &) {
    return coap::Code::kMethodNotAllowed;
  }
  static coap::Code execute(std::uint16_t, ByteView) { return coap::Code::kMethodNotAllowed; }

private:
  const image::ImageInfo &info_;
};

/// 42772 of a device that crashed in an earlier life, and has a short history.
class ToyDiagnosticsObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(lwm2m::ObjectId::kDiagnostics);
  static constexpr lwm2m::Resource kResources[] = {{lwm2m::diagnostics::kCrash, lwm2m::kReadable},
                                                   {lwm2m::diagnostics::kEvents, lwm2m::kReadable}};
  explicit ToyDiagnosticsObject(const std::vector<std::uint8_t> &crash) : crash_(crash) {}
  void read(std::uint16_t resource, lwm2m::ValueWriter &out) const {
    static constexpr std::uint8_t kOneBoot[16] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3};
    if (resource == lwm2m::diagnostics::kEvents) {
      out.opaque(resource, kOneBoot);
    } else if (!crash_.empty()) {
      out.opaque(resource, crash_);
    }
  }
  static coap::Code write(std::uint16_t, const lwm2m::WrittenValue &) {
    return coap::Code::kMethodNotAllowed;
  }
  static coap::Code execute(std::uint16_t, ByteView) { return coap::Code::kMethodNotAllowed; }

private:
  const std::vector<std::uint8_t> &crash_;
};

/// What a test makes the device do wrong.
struct ToyFaults {
  bool refuses_image = false;           ///< signature check fails at Update
  bool rolls_back = false;              ///< the new image does not start
  std::size_t restarts_at = 0;          ///< power is lost when so many bytes have come, once
  std::vector<std::uint8_t> crash = {}; ///< the record that it begins with
};

class ToyDevice {
public:
  ToyDevice(std::string endpoint, std::uint16_t server_port, ToyFaults faults = {})
      : endpoint_(std::move(endpoint)), server_(coap::peer_of({{127, 0, 0, 1}, server_port})),
        faults_(faults), socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    const sockaddr_in any = address_of(coap::peer_of({{127, 0, 0, 1}, 0}));
    ::bind(socket_, reinterpret_cast<const sockaddr *>(&any), sizeof(any));
    thread_ = std::jthread([this](const std::stop_token &stop) { run(stop); });
  }
  ToyDevice(const ToyDevice &) = delete;
  ToyDevice &operator=(const ToyDevice &) = delete;
  ~ToyDevice() {
    thread_.request_stop();
    thread_.join();
    ::close(socket_);
  }

  [[nodiscard]] int boots() const { return boots_; }

private:
  using Coap = coap::Endpoint<coap::FixedStorage<>>;
  using Objects = lwm2m::ObjectSet<lwm2m::ServerObject, lwm2m::DeviceObject, lwm2m::FirmwareObject,
                                   lwm2m::CapabilityObject, ToyModelObject,
                                   lwm2m::InferenceResultObject, ToyDiagnosticsObject>;
  static constexpr coap::Tag kDownloadTag = 77;
  static constexpr lwm2m::ProfileSlot kSlots[] = {{0, 100'000}, {100'000, 100'000}};
  static constexpr std::string_view kTypes[] = {"int8", "float32"};
  static constexpr lwm2m::Profile kProfile = {.board = "toy",
                                              .isa = "toy-1",
                                              .ram_bytes = 1000,
                                              .ram_free_bytes = 500,
                                              .rom_bytes = 90'000,
                                              .rom_free_bytes = 80'000,
                                              .image_address = 4096,
                                              .slots = kSlots,
                                              .os_name = "toy",
                                              .os_version = "1",
                                              .abi_version = 1,
                                              .module_abi_version = 1,
                                              .element_types = kTypes};

  /// All that a restart loses.
  struct Run {
    Run(ToyDevice &device, std::uint64_t seed, lwm2m::UpdateResult result)
        : firmware("0.1.0", result), model(device.running_), diagnostics(device.faults_.crash),
          objects(account, self, firmware, capability, model, inference, diagnostics),
          coap(coap::Parameters{.nstart = 2}, seed),
          client({device.endpoint_, device.server_, "</infer>"}, objects, account, coap, seed + 1) {
      self.set_error(device.faults_.crash.empty() ? 0 : lwm2m::device::kErrorCrashed);
    }
    lwm2m::ServerObject account;
    lwm2m::DeviceObject self{{.board = "toy", .serial = "", .firmware_version = "0.1.0"}};
    lwm2m::FirmwareObject firmware;
    lwm2m::CapabilityObject capability{kProfile};
    ToyModelObject model;
    lwm2m::InferenceResultObject inference;
    ToyDiagnosticsObject diagnostics;
    Objects objects;
    Coap coap;
    lwm2m::Client<Objects, Coap> client;
    coap::BlockDownload download;
    coap::BlockSink push;
    bool fetching = false;
    bool block_due = false; ///< the next block is to be asked for
  };

  static sockaddr_in address_of(coap::PeerId peer) {
    const auto [address, port] = coap::ipv4_of(peer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    std::memcpy(&to.sin_addr, address.data(), 4);
    return to;
  }
  static coap::Millis now() {
    return static_cast<coap::Millis>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                         std::chrono::steady_clock::now().time_since_epoch())
                                         .count());
  }

  void run(const std::stop_token &stop) {
    lwm2m::UpdateResult result = lwm2m::UpdateResult::kInitial;
    while (!stop.stop_requested()) {
      Run life(*this, static_cast<std::uint64_t>(++boots_) * 1000 + now(), result);
      while (!stop.stop_requested() && !restart_) {
        step(life);
      }
      result = restart_result_;
      restart_ = false;
    }
  }

  void step(Run &life) {
    pollfd readable{socket_, POLLIN, 0};
    if (::poll(&readable, 1, 2) > 0) {
      std::array<std::uint8_t, 2048> datagram{};
      const ssize_t size = ::recv(socket_, datagram.data(), datagram.size(), MSG_DONTWAIT);
      if (size > 0) {
        dispatch(life, life.coap.receive(server_,
                                         ByteView(datagram).first(static_cast<std::size_t>(size)),
                                         now()));
      }
    }
    life.client.poll(now());
    if (life.self.error() == 0) {
      faults_.crash.clear();
    }
    commands(life);
    if (life.fetching && life.block_due) {
      fetch(life);
    }
    flush(life);
  }

  void flush(Run &life) {
    while (const auto event = life.coap.poll(now())) {
      if (event.kind != coap::EventKind::kSend) {
        dispatch(life, event);
        continue;
      }
      const sockaddr_in to = address_of(event.peer);
      ::sendto(socket_, event.datagram.data(), event.datagram.size(), 0,
               reinterpret_cast<const sockaddr *>(&to), sizeof(to));
    }
  }

  void dispatch(Run &life, const coap::Event &event) {
    if (event.tag == kDownloadTag && event.exchange != coap::ExchangeKind::kFree) {
      return downloaded(life, event);
    }
    const bool request = event.kind == coap::EventKind::kRequest;
    if (request && event.message.path_is("infer")) {
      return infer(life, event);
    }
    if (request && event.message.path_is("5/0/0") && event.message.payload().size() > 1) {
      return pushed(life, event);
    }
    if (event) {
      life.client.handle(event, now());
    }
  }

  void commands(Run &life) {
    switch (life.firmware.take_command()) {
    case lwm2m::FirmwareCommand::kDownload:
      slot_.clear();
      life.download.start();
      life.fetching = life.block_due = true;
      return;
    case lwm2m::FirmwareCommand::kDiscard:
      life.fetching = false;
      return;
    case lwm2m::FirmwareCommand::kApply:
      return apply(life);
    case lwm2m::FirmwareCommand::kNone:
      return;
    }
  }

  void fetch(Run &life) {
    const auto uri = coap::Uri::parse(life.firmware.package_uri());
    if (!uri) {
      return life.firmware.failed(lwm2m::UpdateResult::kInvalidUri);
    }
    coap::Draft draft = life.coap.request(coap::peer_of(uri->host), coap::Code::kGet);
    if (draft) { // else another request is open: the next step tries again
      uri->add_to(draft.message);
      life.download.add_to(draft.message);
      life.block_due = !life.coap.send(draft, now(), kDownloadTag);
    }
  }

  void downloaded(Run &life, const coap::Event &event) {
    if (!life.fetching) {
      return;
    }
    const auto piece = life.download.accept(event.message);
    const bool more = piece.status == coap::BlockDownload::Status::kMore;
    if (event.kind != coap::EventKind::kResponse ||
        (!more && piece.status != coap::BlockDownload::Status::kLast)) {
      life.fetching = false;
      return life.firmware.failed(lwm2m::UpdateResult::kConnectionLost);
    }
    slot_.insert(slot_.end(), piece.bytes.begin(), piece.bytes.end());
    if (faults_.restarts_at != 0 && slot_.size() >= faults_.restarts_at) {
      faults_.restarts_at = 0;
      return restart(lwm2m::UpdateResult::kInitial);
    }
    if (more) {
      life.block_due = true;
      return;
    }
    life.fetching = false;
    life.firmware.downloaded();
  }

  void pushed(Run &life, const coap::Event &event) {
    const auto piece = life.push.accept(event.peer, event.message, 100'000);
    if (piece.first) {
      slot_.clear();
      static_cast<void>(life.firmware.begin_push());
    }
    slot_.resize(piece.offset_bytes);
    slot_.insert(slot_.end(), piece.bytes.begin(), piece.bytes.end());
    coap::Draft draft = life.coap.reply(event.request, coap::BlockSink::code_for(piece.status));
    life.push.add_to(draft.message);
    life.coap.send(draft, now());
    if (piece.status == coap::BlockSink::Status::kLast) {
      life.firmware.downloaded();
    }
  }

  void apply(Run &life) {
    const auto info = image::read_info(slot_);
    if (faults_.refuses_image || !info) {
      return life.firmware.failed(lwm2m::UpdateResult::kIntegrityFailure);
    }
    flush(life); // the answer to Update leaves first
    if (faults_.rolls_back) {
      return restart(lwm2m::UpdateResult::kUpdateFailed);
    }
    running_ = *info;
    restart(lwm2m::UpdateResult::kSuccess);
  }

  void restart(lwm2m::UpdateResult result) {
    restart_ = true;
    restart_result_ = result;
  }

  /// Adds up each pair of input bytes.
  void infer(Run &life, const coap::Event &event) {
    const ByteView in = event.message.payload();
    const std::uint8_t out[2] = {static_cast<std::uint8_t>(in[0] + in[1]),
                                 static_cast<std::uint8_t>(in[2] + in[3])};
    coap::Draft draft = life.coap.reply(event.request, coap::Code::kChanged);
    draft.message.payload(ByteView(out));
    life.coap.send(draft, now());
    life.inference.record({.class_index = out[0], .raw_output = ByteView(out)});
  }

  std::string endpoint_;
  coap::PeerId server_;
  ToyFaults faults_;
  image::ImageInfo running_;
  std::vector<std::uint8_t> slot_;
  std::atomic<int> boots_ = 0;
  bool restart_ = false;
  lwm2m::UpdateResult restart_result_{};
  int socket_;
  std::jthread thread_;
};

} // namespace tinyml::service
