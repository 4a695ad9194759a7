// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/delivery/delivery.hpp"
#include "service/loop/loop.hpp"
#include "service/lwm2m/lwm2m_server.hpp"

#include <memory>

namespace tinyml::service {

/// What is delivered to whom.
struct DeliveryTask {
  std::string endpoint;
  std::string build;       ///< 64 hex digits
  std::string package_uri; ///< for a pull
  PackageServer::Image image;
  bool push = false;
};

/// Runs a Delivery against a real device: its requests become CoAP, the answers become its events.
class DeliveryDriver {
public:
  struct Hooks {
    std::function<void(OrderState, const std::string &note)> entered;
    std::function<void(const std::string &code, const std::string &message)> failed;
    std::function<void(std::int64_t sent_bytes)> progress;
  };

  DeliveryDriver(Loop &loop, Lwm2mServer &server, DeliveryTask task, OrderState reached,
                 DeliveryLimits limits, Hooks hooks);

  void start();
  void feed(const DeliveryEvent &event);
  /// The device restarted: answers to what was asked before count no more.
  void device_registered();
  void pulled(std::int64_t sent_bytes);

private:
  void apply(const std::vector<DeliveryAction> &actions);
  void ask(Ask what);
  void send(lwm2m::ClientRequest request,
            std::function<DeliveryEvent(const CoapAnswer &)> to_event);
  void answer(std::uint64_t era, DeliveryEvent event);

  Loop &loop_;
  Lwm2mServer &server_;
  DeliveryTask task_;
  Hooks hooks_;
  Delivery delivery_;
  std::unique_ptr<Timer> timer_;
  std::uint64_t era_ = 0;
  /// Answers that arrive after the driver's end find it gone.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace tinyml::service
