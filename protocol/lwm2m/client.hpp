// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocol/coap/block.hpp"
#include "protocol/coap/echo.hpp"
#include "protocol/coap/endpoint.hpp"
#include "protocol/lwm2m/attributes.hpp"
#include "protocol/lwm2m/object_set.hpp"
#include "protocol/lwm2m/registrar.hpp"
#include "protocol/lwm2m/standard_objects.hpp"

namespace tinyml::lwm2m {

struct ClientConfig {
  std::string_view endpoint; ///< name to register with; outlives the client
  coap::PeerId server;
  std::string_view
      more_links; ///< resources beside the objects, for /.well-known/core: "</infer>;ct=42"
};

/// The request's path when it names an object or something below; nothing when it is not made of
/// ids.
[[nodiscard]] std::optional<Path> path_of(const coap::MessageView &request);
/// True for GET /.well-known/core.
[[nodiscard]] bool asks_for_core(const coap::MessageView &request);
/// The format a read is answered with; nothing when none of ours is acceptable.
[[nodiscard]] std::optional<Format> answer_format(const coap::MessageView &request);
[[nodiscard]] coap::Code code_of(ValueWriter::Status status);
/// Adds the query "ep=name"; the value is cut at 64 bytes.
void put_query(coap::MessageBuilder &message, std::string_view key, std::string_view value);
void put_lifetime(coap::MessageBuilder &message, std::uint32_t seconds);
/// Uri-Host and Uri-Port: the address by which this device knows its server (RFC 7252 section
/// 5.10.1). Behind a gateway the server cannot tell it otherwise, and needs it for Package URIs.
void put_host(coap::MessageBuilder &message, coap::PeerId server);
/// Appends ",</3/0>" (without the comma at the start of a list).
void put_link(ByteWriter &out, const Path &path);

/// An LwM2M client, sans-I/O, on a CoAP endpoint that its owner drives and may use for other things
/// as well: events that are not the client's come back as not handled.
///
///     while (event of the endpoint) { if (!client.handle(event, now)) { ...; } }
///     client.poll(now); // then poll the endpoint again
///
/// `Objects` is an ObjectSet. Anyone may read; only the configured server may write, execute and
/// set attributes.
template <typename Objects, typename Coap> class Client {
public:
  static constexpr std::size_t kMaxObservations = 6;

  Client(const ClientConfig &config, Objects &objects, ServerObject &account, Coap &coap,
         std::uint64_t seed)
      : config_(config), objects_(objects), account_(account), coap_(coap), registrar_(seed),
        random_(seed ^ 0xEC40) {}

  /// Takes what concerns LwM2M; false: the event is for someone else.
  bool handle(const coap::Event &event, coap::Millis now_ms);
  /// Registers, updates and notifies as due.
  void poll(coap::Millis now_ms);
  /// When poll() has something to do.
  [[nodiscard]] coap::Millis next_deadline_ms();

  [[nodiscard]] Registrar &registrar() { return registrar_; }
  [[nodiscard]] const Registrar &registrar() const { return registrar_; }
  [[nodiscard]] bool is_server(coap::PeerId peer) const { return peer == config_.server; }

private:
  static constexpr coap::Tag kRegistrationTag = 0x6C776D32; // "lwm2"
  /// Answers up to this size go to anyone: three times a small request.
  static constexpr std::size_t kUnprovenBytes = coap::kAmplificationFactor * 32;
  /// A notification is kept for retransmission, in a smaller buffer than an answer.
  static constexpr std::size_t kMaxNotificationBytes = 400;

  struct Watch {
    Path path;
    Format format{};
    bool changed = false;
  };

  bool handle_request(const coap::Event &event, coap::Millis now_ms);
  bool handle_failure(const coap::Event &event, coap::Millis now_ms);
  void answer(const coap::Event &event, coap::Code code, coap::Millis now_ms);
  void get(const coap::Event &event, const Path &path, coap::Millis now_ms);
  bool admit(const coap::Event &event, std::size_t size, coap::Millis now_ms);
  coap::Code change(const coap::MessageView &request, const Path &path);
  coap::Code write(const coap::MessageView &request, const Path &path);
  coap::Code execute(const coap::MessageView &request, const Path &path);
  coap::Code allows(const Path &path, Operation operation) const;

  /// Writes the answer's whole body; the size it has, or an error code.
  coap::Code render(const Path &path, Format format, ByteSpan buffer, std::size_t &size) const;
  ValueWriter::Status read(const Path &path, ValueWriter &out) const;
  coap::Code discover(const Path &path, ByteWriter &out) const;
  void put_core(ByteWriter &out) const;
  void put_object_links(ByteWriter &out) const;

  std::optional<std::uint32_t> observe(const coap::Event &event, const Path &path, Format format,
                                       std::size_t size, coap::Millis now_ms);
  [[nodiscard]] coap::Millis due_ms(const coap::Observation &observation);
  void notify(coap::Observation &observation, coap::Millis now_ms);
  void mark_changes();

  void send_registration(Registrar::Action action, coap::Millis now_ms);
  void put_registration(coap::MessageBuilder &message) const;

  ClientConfig config_;
  Objects &objects_;
  ServerObject &account_;
  Coap &coap_;
  Registrar registrar_;
  AttributeTable attributes_;
  coap::EchoGuard<2> guard_;
  coap::SeededRandom random_;
  coap::ObserverTable<kMaxObservations> observers_;
  std::array<Watch, kMaxObservations> watches_{};
};

} // namespace tinyml::lwm2m

#include "protocol/lwm2m/client_impl.hpp"
