// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/builds/builder.hpp"
#include "service/loop/background.hpp"
#include "service/orders/delivery_driver.hpp"
#include "service/registry/device_book.hpp"
#include "service/store/store.hpp"

#include <map>
#include <memory>

namespace tinyml::service {

struct OrderWish {
  std::string model;
  std::string device;
  std::optional<std::int64_t> max_ram_bytes;
  std::optional<std::int64_t> max_rom_bytes;
  bool push = false;
  std::string precision = "int8";
};

/// Takes orders and sees them through. One order a device is under way at a time; another is
/// refused.
class OrderDesk {
public:
  struct Hooks {
    std::function<void(const OrderRecord &)> order_changed;
    std::function<void(const BuildRecord &)> build_changed;
    /// "coap://host:port" under which a device reaches our package server.
    std::function<std::string(const std::string &endpoint)> package_authority;
    std::function<void(const std::string &what)> problem; ///< for the log
  };

  OrderDesk(Loop &loop, Store &store, DeviceBook &book, Lwm2mServer &server, Background &background,
            const BuildEnvironment &environment, DeliveryLimits limits, Hooks hooks)
      : loop_(loop), store_(store), book_(book), server_(server), background_(background),
        environment_(environment), limits_(limits), hooks_(std::move(hooks)) {}

  /// kNotFound, kConflict, kUnavailable (the device has not told its profile), kResourceFull.
  [[nodiscard]] Expected<OrderRecord> place(const OrderWish &wish);
  /// Goes on with what was unfinished when the service ended.
  [[nodiscard]] Expected<void> resume();

  void device_registered(const std::string &endpoint);
  void device_seen(const std::string &endpoint);
  void firmware_changed(const std::string &endpoint);
  void pulled(const std::string &endpoint, const std::string &build, std::int64_t sent_bytes);

  [[nodiscard]] std::optional<std::int64_t> order_of(const std::string &endpoint) const;
  /// The bytes sent so far, newer than the store's.
  [[nodiscard]] std::optional<std::int64_t> sent_bytes(std::int64_t order) const;
  [[nodiscard]] PackageServer::Image image_of(const std::string &build);
  /// The build whose id begins with these 32 digits; nothing for a foreign one.
  [[nodiscard]] std::optional<std::string> build_of(const std::string &device_id);

private:
  struct Active {
    OrderRecord order;
    OrderState reached = OrderState::kReceived; ///< when the service was started
    std::unique_ptr<DeliveryDriver> driver;
  };

  [[nodiscard]] Expected<OrderRecord> accept(const OrderWish &wish);
  [[nodiscard]] Failure<HostError> busy(const std::string &endpoint) const;
  void begin(OrderRecord order, OrderState reached);
  void identify(Active &active);
  void identified(const std::string &endpoint, Expected<IdentifiedBuild> build);
  void compile(Active &active, const std::shared_ptr<IdentifiedBuild> &build);
  void compiled(const std::string &endpoint, BuildRecord record, const BuildOutcome &outcome);
  void deliver(Active &active, const BuildRecord &build);
  void enter(Active &active, OrderState state, const std::string &note,
             const BuildRecord *build = nullptr);
  void fail_order(const std::string &endpoint, Json reason, const BuildRecord *build = nullptr);
  void finish(const std::string &endpoint);
  [[nodiscard]] bool usable(const BuildRecord &build) const;
  [[nodiscard]] Active *find(const std::string &endpoint);

  Loop &loop_;
  Store &store_;
  DeviceBook &book_;
  Lwm2mServer &server_;
  Background &background_;
  const BuildEnvironment &environment_;
  DeliveryLimits limits_;
  Hooks hooks_;
  std::map<std::string, Active> active_; ///< by endpoint
};

} // namespace tinyml::service
