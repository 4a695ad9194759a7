// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service/http/event_hub.hpp"
#include "service/http/router.hpp"
#include "service/orders/order_desk.hpp"
#include "service/zoo/zoo.hpp"

#include <string_view>

namespace tinyml::service {

/// What the routes work on; all of it outlives them.
struct ApiContext {
  Loop &loop;
  Store &store;
  DeviceBook &book;
  Zoo &zoo;
  OrderDesk &desk;
  Lwm2mServer &lwm2m;
  EventHub &events;
  Background &runs; ///< for modules run on this machine
  const BuildEnvironment &environment;
  std::filesystem::path module_runner;
  Json signing_key; ///< as /v1/signing-key answers
  std::uint64_t started_ms = 0;
  std::string coap_address; ///< filled in once the sockets are bound
  std::string http_address;
  std::filesystem::path trained_folder = {}; ///< ServiceOptions::trained_folder
};

/// docs/openapi.yaml, as it was when the program was built.
[[nodiscard]] std::string_view openapi_document();

/// Adds every route of docs/openapi.yaml.
void add_routes(Router &router, ApiContext &context);
void add_device_routes(Router &router, ApiContext &context);
void add_order_routes(Router &router, ApiContext &context);
void add_board_routes(Router &router, ApiContext &context);
void add_crash_routes(Router &router, ApiContext &context);

/// Takes in what training has published since last time; a broken list is told in the log alone.
void take_in_trained(ApiContext &context);

[[nodiscard]] std::string metrics_text(ApiContext &context);

// The JSON forms of docs/openapi.yaml.
[[nodiscard]] Json device_json(const DeviceRecord &device, std::optional<std::int64_t> order);
[[nodiscard]] Json model_json(const ModelRecord &model);
[[nodiscard]] Json build_json(const BuildRecord &build);
[[nodiscard]] Json exchange_json(const ExchangeRecord &exchange);
/// With its history; errors of the store leave that empty.
[[nodiscard]] Json order_json(const OrderRecord &order, Store &store, const OrderDesk &desk);

/// 404: no such endpoint has ever registered.
[[nodiscard]] HttpResponse unknown_device(const std::string &endpoint);
/// 504 or 503: a request to a device that was not answered.
[[nodiscard]] HttpResponse no_answer(const std::string &endpoint, const CoapAnswer &answer);

/// A number from the query within bounds; kInvalidInput names the parameter.
[[nodiscard]] Expected<int> bounded_parameter(const HttpRequest &request, const std::string &name,
                                              int fallback, int most);

} // namespace tinyml::service
