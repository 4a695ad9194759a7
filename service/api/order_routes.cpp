// SPDX-License-Identifier: Apache-2.0
#include "service/api/inference.hpp"
#include "service/builds/adapt_words.hpp"

#include <algorithm>
#include <charconv>

namespace tinyml::service {
namespace {

Failure<HostError> wrong(const std::string &what) {
  return fail(ErrorCode::kInvalidInput, "the order is wrong: " + what);
}

Expected<std::optional<std::int64_t>> size_of(const Json &body, const char *key) {
  const Json value = body.value(key, Json());
  if (value.is_null()) {
    return std::optional<std::int64_t>();
  }
  if (!value.is_number_integer() || value < 1 || value > std::int64_t{1} << 40) {
    return wrong("\"" + std::string(key) + "\" is a positive number of bytes, or null");
  }
  return std::optional(value.get<std::int64_t>());
}

std::optional<std::string> unknown_key(const Json &body) {
  for (const auto &[key, value] : body.items()) {
    static constexpr std::string_view kKnown[] = {
        "model", "device", "max_ram_bytes", "max_rom_bytes", "push", "precision", "adapt"};
    if (std::ranges::find(kKnown, key) == std::end(kKnown)) {
      return key;
    }
  }
  return std::nullopt;
}

/// docs/backend.md, `options.adapt`.
Expected<std::optional<std::string>> adapt_of(const Json &body) {
  const Json value = body.value("adapt", Json());
  if (value.is_null()) {
    return std::optional<std::string>();
  }
  const bool known =
      value == "last" || value == "all" || value == "last:float16" || value == "all:float16";
  if (!known || body.value("precision", Json("float32")) != "float32") {
    return wrong("\"adapt\" is \"last\", \"all\", \"last:float16\" or \"all:float16\", or null; "
                 "such a model computes in float32: leave \"precision\" out");
  }
  return std::optional(value.get<std::string>());
}

Expected<OrderWish> wish_of(const std::string &text) {
  const Json body = Json::parse(text, nullptr, false);
  if (!body.is_object()) {
    return wrong("the body is no JSON object");
  }
  if (const auto key = unknown_key(body)) {
    return wrong("unknown key \"" + *key + "\"");
  }
  const Json model = body.value("model", Json());
  const Json device = body.value("device", Json());
  if (!model.is_string() || !device.is_string()) {
    return wrong("\"model\" and \"device\" must be there, as text");
  }
  const Json push = body.value("push", Json(false));
  const auto adapt = adapt_of(body);
  if (!adapt) {
    return Failure{adapt.error()};
  }
  const Json precision = body.value("precision", Json(*adapt ? "float32" : "int8"));
  if (!push.is_boolean() || (precision != "int8" && precision != "float32")) {
    return wrong("\"push\" is true or false, \"precision\" is \"int8\" or \"float32\"");
  }
  const auto ram = size_of(body, "max_ram_bytes");
  const auto rom = size_of(body, "max_rom_bytes");
  if (!ram || !rom) {
    return Failure{ram ? rom.error() : ram.error()};
  }
  return OrderWish{
      model, device, *ram,
      *rom,  push,   *adapt ? std::string(kAdaptPrefix) + **adapt : precision.get<std::string>()};
}

void place_order(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const auto wish = wish_of(request.body);
  if (!wish) {
    return respond(error_response(wish.error()));
  }
  take_in_trained(context);
  const auto order = context.desk.place(*wish);
  respond(order ? json_response(order_json(*order, context.store, context.desk), 201)
                : error_response(order.error()));
}

void list_orders(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const auto limit = bounded_parameter(request, "limit", 100, 1000);
  if (!limit) {
    return respond(error_response(limit.error()));
  }
  const auto orders = context.store.orders(request.parameter("device"), *limit);
  if (!orders) {
    return respond(error_response(orders.error()));
  }
  Json list = Json::array();
  for (const OrderRecord &order : *orders) {
    list.push_back(order_json(order, context.store, context.desk));
  }
  respond(json_response({{"orders", list}}));
}

void show_order(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const std::string &text = request.value("id");
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool number = error == std::errc{} && end == text.data() + text.size();
  const auto order = context.store.order(number ? id : -1);
  if (!order) {
    return respond(error_response(order.error()));
  }
  respond(*order ? json_response(order_json(**order, context.store, context.desk))
                 : error_response(404, "not_found", "there is no order '" + text + "'"));
}

void with_build(ApiContext &context, const HttpRequest &request, const Respond &respond,
                const std::function<HttpResponse(const BuildRecord &)> &answer) {
  const auto build = context.store.build(request.value("id"));
  if (!build) {
    return respond(error_response(build.error()));
  }
  respond(
      *build ? answer(**build)
             : error_response(404, "not_found", "there is no build '" + request.value("id") + "'"));
}

void show_build(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  with_build(context, request, respond,
             [](const BuildRecord &build) { return json_response(build_json(build)); });
}

void show_image(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  with_build(context, request, respond, [&](const BuildRecord &build) {
    if (!build.image_sha256) {
      return error_response(409, "conflict", "this build is not finished or has failed");
    }
    const auto image = context.store.blobs().get(*build.image_sha256);
    return image ? binary_response(std::string(as_text(*image))) : error_response(image.error());
  });
}

} // namespace

void add_order_routes(Router &router, ApiContext &context) {
  using Handler = void (*)(ApiContext &, const HttpRequest &, const Respond &);
  const auto add = [&](const char *method, const char *pattern, Handler handle,
                       std::size_t max_body_bytes = kSmallBodyBytes) {
    router.add({method, pattern, max_body_bytes,
                [&context, handle](const HttpRequest &request, const Respond &respond) {
                  handle(context, request, respond);
                }});
  };
  add("GET", "/v1/orders", list_orders);
  add("POST", "/v1/orders", place_order);
  add("GET", "/v1/orders/{id}", show_order);
  add("GET", "/v1/builds/{id}", show_build);
  add("GET", "/v1/builds/{id}/image", show_image);
  add("POST", "/v1/builds/{id}/run", run_on_host, kMaxInferenceBytes);
}

} // namespace tinyml::service
