// SPDX-License-Identifier: Apache-2.0
#include "service/orders/order_desk.hpp"

#include "service/builds/adapt_words.hpp"

namespace tinyml::service {

OrderDesk::Active *OrderDesk::find(const std::string &endpoint) {
  const auto found = active_.find(endpoint);
  return found == active_.end() ? nullptr : &found->second;
}

std::optional<std::int64_t> OrderDesk::order_of(const std::string &endpoint) const {
  const auto found = active_.find(endpoint);
  return found == active_.end() ? std::nullopt : std::optional(found->second.order.id);
}

std::optional<std::int64_t> OrderDesk::sent_bytes(std::int64_t order) const {
  for (const auto &[endpoint, active] : active_) {
    if (active.order.id == order) {
      return active.order.sent_bytes;
    }
  }
  return std::nullopt;
}

Failure<HostError> OrderDesk::busy(const std::string &endpoint) const {
  const OrderRecord &order = active_.at(endpoint).order;
  return fail(ErrorCode::kConflict,
              "order " + std::to_string(order.id) + " ('" + order.model + "', " +
                  std::string(to_string(order.state)) + ") is on its way to '" + endpoint +
                  "': wait until it is confirmed or has failed (GET /v1/orders/" +
                  std::to_string(order.id) + "), then order again");
}

Expected<OrderRecord> OrderDesk::place(const OrderWish &wish) {
  auto order = accept(wish);
  if (order) {
    hooks_.order_changed(*order);
    begin(*order, OrderState::kReceived);
  }
  return order;
}

Expected<OrderRecord> OrderDesk::accept(const OrderWish &wish) {
  const auto model = store_.model(wish.model);
  if (!model) {
    return Failure{model.error()};
  }
  if (!*model) {
    return fail(ErrorCode::kNotFound, "there is no model '" + wish.model +
                                          "': GET /v1/models lists what there is, POST "
                                          "/v1/models uploads one");
  }
  const DeviceRecord *device = book_.find(wish.device);
  if (device == nullptr) {
    return fail(ErrorCode::kNotFound,
                "no device '" + wish.device + "' has ever registered: GET /v1/devices lists them");
  }
  if (active_.contains(wish.device)) {
    return busy(wish.device);
  }
  if (device->profile.is_null()) {
    return fail(ErrorCode::kUnavailable,
                "'" + wish.device +
                    "' has not told its profile (object 42769) yet: try again when it is online");
  }
  // On disk no order stands without the profile of its device: a killed service goes on with both.
  if (const auto kept = book_.flush(); !kept) {
    return Failure{kept.error()};
  }
  const TimeMs now = Loop::wall_ms();
  OrderRecord order{.model = wish.model,
                    .model_sha256 = (*model)->sha256,
                    .device = wish.device,
                    .max_ram_bytes = wish.max_ram_bytes,
                    .max_rom_bytes = wish.max_rom_bytes,
                    .push = wish.push,
                    .precision = wish.precision,
                    .created_ms = now,
                    .updated_ms = now};
  const auto id = store_.add_order(order);
  if (!id) {
    return Failure{id.error()};
  }
  order.id = *id;
  return order;
}

Expected<void> OrderDesk::resume() {
  const auto unfinished = store_.unfinished_orders();
  if (!unfinished) {
    return Failure{unfinished.error()};
  }
  for (const OrderRecord &order : *unfinished) {
    begin(order, order.state);
  }
  return {};
}

void OrderDesk::begin(OrderRecord order, OrderState reached) {
  Active &active = active_[order.device];
  active.order = std::move(order);
  active.reached = reached;
  if (reached >= OrderState::kDelivering && active.order.build) {
    const auto build = store_.build(*active.order.build);
    if (build && *build && usable(**build)) {
      return deliver(active, **build);
    }
  }
  identify(active);
}

/// In the background: reading the kit, asking the compiler for its version, loading samples.
void OrderDesk::identify(Active &active) {
  const auto model = store_.model(active.order.model);
  const DeviceRecord *device = book_.find(active.order.device);
  BuildWish wish{.model_name = active.order.model,
                 .model_sha256 = active.order.model_sha256,
                 .dataset = model && *model ? (*model)->dataset : std::nullopt,
                 .profile = device != nullptr ? device->profile : Json(),
                 .max_ram_bytes = active.order.max_ram_bytes,
                 .max_rom_bytes = active.order.max_rom_bytes,
                 .precision = active.order.precision,
                 .program = adapt_of_precision(active.order.precision) ? "adaptive" : "inference"};
  background_.start(
      [this, endpoint = active.order.device, wish = std::move(wish)](const std::stop_token &stop) {
        auto build =
            std::make_shared<Expected<IdentifiedBuild>>(identify_build(wish, environment_, stop));
        return std::function<void()>(
            [this, endpoint, build] { identified(endpoint, std::move(*build)); });
      });
}

void OrderDesk::identified(const std::string &endpoint, Expected<IdentifiedBuild> identity) {
  Active *active = find(endpoint);
  if (active == nullptr) {
    return;
  }
  if (!identity) {
    return fail_order(endpoint, error_json(identity.error()));
  }
  active->order.build = identity->id;
  const auto known = store_.build(identity->id);
  if (known && *known && usable(**known)) {
    active->order.cached = true;
    enter(*active, OrderState::kBuilt, "from the cache");
    if (find(endpoint) != nullptr) {
      deliver(*active, **known);
    }
    return;
  }
  compile(*active, std::make_shared<IdentifiedBuild>(std::move(*identity)));
}

bool OrderDesk::usable(const BuildRecord &build) const {
  return build.state == BuildState::kBuilt && store_.blobs().contains(*build.image_sha256);
}

void OrderDesk::compile(Active &active, const std::shared_ptr<IdentifiedBuild> &build) {
  BuildRecord record{.id = build->id,
                     .model = build->wish.model_name,
                     .board = build->profile.value("board", ""),
                     .precision = build->wish.precision,
                     .created_ms = Loop::wall_ms()};
  const std::string endpoint = active.order.device;
  enter(active, OrderState::kBuilding, "compiling for " + record.board, &record);
  if (find(endpoint) == nullptr) {
    return;
  }
  hooks_.build_changed(record);
  // Orders count up, so later builds have higher versions.
  const auto number = static_cast<std::uint32_t>(active.order.id);
  background_.start([this, endpoint, build, record, number](const std::stop_token &stop) {
    auto outcome = std::make_shared<BuildOutcome>(run_build(*build, environment_, number, stop));
    return std::function<void()>(
        [this, endpoint, record, outcome] { compiled(endpoint, record, *outcome); });
  });
}

void OrderDesk::compiled(const std::string &endpoint, BuildRecord record,
                         const BuildOutcome &outcome) {
  record.error = outcome.error;
  record.state = outcome.error.is_null() ? BuildState::kBuilt : BuildState::kFailed;
  if (record.state == BuildState::kBuilt) {
    record.build_ms = outcome.build_ms;
    record.image_sha256 = outcome.image_sha256;
    record.image_bytes = outcome.image_bytes;
    record.module_sha256 = outcome.module_sha256;
    record.version = outcome.version;
    record.report = outcome.report;
  }
  if (outcome.symbols) {
    if (const auto kept = store_.put_symbols(*outcome.symbols); !kept) {
      hooks_.problem(kept.error().message);
    }
  }
  hooks_.build_changed(record);
  Active *active = find(endpoint);
  if (active == nullptr) {
    return;
  }
  if (record.state == BuildState::kFailed) {
    return fail_order(endpoint, outcome.error, &record);
  }
  enter(*active, OrderState::kBuilt, std::to_string(outcome.image_bytes) + " bytes, signed",
        &record);
  if (find(endpoint) != nullptr) {
    deliver(*active, record);
  }
}

void OrderDesk::deliver(Active &active, const BuildRecord &build) {
  const std::string endpoint = active.order.device;
  DeliveryTask task{.endpoint = endpoint,
                    .build = build.id,
                    .package_uri = hooks_.package_authority(endpoint) + "/fw/" + build.id,
                    .image = image_of(build.id),
                    .push = active.order.push};
  if (task.image == nullptr) {
    return fail_order(endpoint,
                      error_json({ErrorCode::kInternal, "the image of build " + build.id +
                                                            " cannot be read: order again"}));
  }
  const OrderState reached = std::max(active.reached, OrderState::kBuilt);
  active.driver = std::make_unique<DeliveryDriver>(
      loop_, server_, std::move(task), reached, limits_,
      DeliveryDriver::Hooks{
          .entered =
              [this, endpoint](OrderState state, const std::string &note) {
                if (Active *current = find(endpoint)) {
                  enter(*current, state, note);
                }
              },
          .failed =
              [this, endpoint](const std::string &code, const std::string &message) {
                fail_order(endpoint,
                           {{"code", code}, {"message", message}, {"would_fit", Json::array()}});
              },
          .progress =
              [this, endpoint](std::int64_t sent_bytes) {
                if (Active *current = find(endpoint)) {
                  current->order.sent_bytes = std::max(current->order.sent_bytes, sent_bytes);
                }
              }});
  active.driver->start();
}

/// Stores the step; an order whose step cannot be stored (a full disk) ends here, since what
/// follows could not be undone after a crash.
void OrderDesk::enter(Active &active, OrderState state, const std::string &note,
                      const BuildRecord *build) {
  OrderRecord &order = active.order;
  order.state = state;
  order.updated_ms = Loop::wall_ms();
  if (state == OrderState::kConfirmed) {
    order.confirmed_ms = order.updated_ms;
    if (DeviceRecord *device = book_.edit(order.device)) {
      device->running_build = order.build;
      device->running_model = order.model;
    }
  }
  const auto stored = store_.put_order(order, {state, order.updated_ms, note}, build);
  if (!stored && state != OrderState::kFailed) {
    hooks_.problem(stored.error().message);
    return fail_order(order.device, error_json(stored.error()));
  }
  hooks_.order_changed(order);
  if (is_final(state)) {
    finish(order.device);
  }
}

void OrderDesk::fail_order(const std::string &endpoint, Json reason, const BuildRecord *build) {
  Active *active = find(endpoint);
  if (active == nullptr) {
    return;
  }
  const std::string message = reason.value("message", "");
  active->order.reason = std::move(reason);
  if (build == nullptr && active->order.build) {
    const auto known = store_.build(*active->order.build);
    if (!known || !*known) {
      active->order.build.reset(); // never stored: the order must not refer to it
    }
  }
  enter(*active, OrderState::kFailed, message, build);
}

/// Later: whoever called may still use the driver. The name may lie in what is moved away here.
void OrderDesk::finish(const std::string &endpoint) {
  const auto place = active_.find(endpoint);
  auto ended = std::make_shared<Active>(std::move(place->second));
  active_.erase(place);
  loop_.post([ended] {});
}

void OrderDesk::device_registered(const std::string &endpoint) {
  if (Active *active = find(endpoint); active != nullptr && active->driver) {
    active->driver->device_registered();
  }
}

void OrderDesk::device_seen(const std::string &endpoint) {
  if (Active *active = find(endpoint); active != nullptr && active->driver) {
    active->driver->feed(event::Seen{});
  }
}

void OrderDesk::firmware_changed(const std::string &endpoint) {
  if (Active *active = find(endpoint); active != nullptr && active->driver) {
    active->driver->feed(event::Changed{});
  }
}

void OrderDesk::pulled(const std::string &endpoint, const std::string &build,
                       std::int64_t sent_bytes) {
  for (auto &[name, active] : active_) {
    const bool meant = endpoint.empty() || endpoint == name;
    if (meant && active.order.build == build && active.driver) {
      return active.driver->pulled(sent_bytes);
    }
  }
}

PackageServer::Image OrderDesk::image_of(const std::string &build) {
  const auto record = store_.build(build);
  if (!record || !*record || !(*record)->image_sha256) {
    return nullptr;
  }
  auto bytes = store_.blobs().get(*(*record)->image_sha256);
  return bytes ? std::make_shared<const std::vector<std::uint8_t>>(std::move(*bytes)) : nullptr;
}

std::optional<std::string> OrderDesk::build_of(const std::string &device_id) {
  const auto build = store_.build_beginning_with(device_id);
  return build && *build ? std::optional((*build)->id) : std::nullopt;
}

} // namespace tinyml::service
