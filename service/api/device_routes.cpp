// SPDX-License-Identifier: Apache-2.0
#include "service/api/inference.hpp"

#include "protocol/lwm2m/server_values.hpp"
#include "service/registry/introduction.hpp"

namespace tinyml::service {

HttpResponse unknown_device(const std::string &endpoint) {
  return error_response(404, "not_found",
                        "no device '" + endpoint +
                            "' has ever registered: GET /v1/devices lists them");
}

HttpResponse no_answer(const std::string &endpoint, const CoapAnswer &answer) {
  if (answer.end == CoapAnswer::End::kTimeout) {
    return error_response(504, "device_timeout", "'" + endpoint + "' does not answer: is it on?");
  }
  return error_response(503, "unavailable",
                        "'" + endpoint + "' could not be asked (" + describe(answer) +
                            "): is it online?");
}

namespace {

void list_devices(ApiContext &context, const HttpRequest &, const Respond &respond) {
  Json list = Json::array();
  for (const auto &[endpoint, device] : context.book.all()) {
    list.push_back(device_json(device, context.desk.order_of(endpoint)));
  }
  respond(json_response({{"devices", list}}));
}

void show_device(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  const std::string &endpoint = request.value("endpoint");
  const DeviceRecord *device = context.book.find(endpoint);
  respond(device == nullptr ? unknown_device(endpoint)
                            : json_response(device_json(*device, context.desk.order_of(endpoint))));
}

void show_trace(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  constexpr int kDefaultEntries = 200;
  const std::string &endpoint = request.value("endpoint");
  if (context.book.find(endpoint) == nullptr) {
    return respond(unknown_device(endpoint));
  }
  const auto limit =
      bounded_parameter(request, "limit", kDefaultEntries, Store::kTraceEntriesPerDevice);
  if (!limit) {
    return respond(error_response(limit.error()));
  }
  const auto entries = context.store.trace(endpoint, *limit);
  if (!entries) {
    return respond(error_response(entries.error()));
  }
  Json list = Json::array();
  for (const ExchangeRecord &entry : *entries) {
    list.push_back(exchange_json(entry));
  }
  respond(json_response({{"trace", list}}));
}

HttpResponse read_response(const std::string &endpoint, const lwm2m::Path &path,
                           const CoapAnswer &answer) {
  if (answer.end != CoapAnswer::End::kAnswered) {
    return no_answer(endpoint, answer);
  }
  Json values = Json::object();
  if (answer.ok()) {
    const auto tree = lwm2m::decode_values(path, answer.content_format, answer.payload);
    if (!tree) {
      return error_response(503, "unavailable",
                            "the device's answer cannot be read: " + tree.error().message);
    }
    for (const lwm2m::PathValue &one : *tree) {
      std::string name;
      for (std::size_t i = 0; i < one.path.depth; ++i) {
        name += "/" + std::to_string(one.path.ids[i]);
      }
      values[name] = value_json(one.value);
    }
  }
  return json_response(
      {{"code", code_text(answer.code)},
       {"content_format", answer.content_format ? Json(*answer.content_format) : Json()},
       {"values", values}});
}

/// The device's registration and the path of the query, or the answer that says what is wrong.
struct Target {
  const lwm2m::Registration *registration = nullptr;
  lwm2m::Path path;
  std::optional<HttpResponse> refusal;
};

Target target_of(ApiContext &context, const HttpRequest &request, unsigned least_depth) {
  const std::string &endpoint = request.value("endpoint");
  if (context.book.find(endpoint) == nullptr) {
    return {.refusal = unknown_device(endpoint)};
  }
  const auto path = lwm2m::parse_path(request.parameter("path").value_or(""));
  if (!path || path->depth < least_depth) {
    return {.refusal =
                error_response(400, "invalid_input", "'path' is an LwM2M path such as /3/0/0")};
  }
  const auto *registration = context.lwm2m.find(endpoint);
  if (registration == nullptr) {
    return {.refusal = error_response(503, "unavailable",
                                      "'" + endpoint + "' is not online: switch it on")};
  }
  return {.registration = registration, .path = *path};
}

void read_device(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  Target target = target_of(context, request, 1);
  if (target.refusal) {
    return respond(std::move(*target.refusal));
  }
  const std::string endpoint = request.value("endpoint");
  context.lwm2m.ask(
      endpoint,
      {.request = lwm2m::read_request(target.path, read_format(*target.registration),
                                      target.registration->root_path),
       .callbacks = {.done = [respond, endpoint, path = target.path](const CoapAnswer &answer) {
         respond(read_response(endpoint, path, answer));
       }}});
}

void execute_device(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  constexpr std::size_t kMaxArgumentBytes = 512;
  Target target = target_of(context, request, 3);
  if (target.refusal) {
    return respond(std::move(*target.refusal));
  }
  if (request.body.size() > kMaxArgumentBytes) {
    return respond(error_response(400, "invalid_input", "the arguments are longer than 512 bytes"));
  }
  const std::string endpoint = request.value("endpoint");
  context.lwm2m.ask(endpoint, {.request = lwm2m::execute_request(target.path, request.body,
                                                                 target.registration->root_path),
                               .callbacks = {.done = [respond, endpoint](const CoapAnswer &answer) {
                                 respond(answer.end == CoapAnswer::End::kAnswered
                                             ? json_response({{"code", code_text(answer.code)}})
                                             : no_answer(endpoint, answer));
                               }}});
}

} // namespace

void add_device_routes(Router &router, ApiContext &context) {
  using Handler = void (*)(ApiContext &, const HttpRequest &, const Respond &);
  const auto add = [&](const char *method, const char *pattern, Handler handle,
                       std::size_t max_body_bytes = kSmallBodyBytes) {
    router.add({method, pattern, max_body_bytes,
                [&context, handle](const HttpRequest &request, const Respond &respond) {
                  handle(context, request, respond);
                }});
  };
  add("GET", "/v1/devices", list_devices);
  add("GET", "/v1/devices/{endpoint}", show_device);
  add("GET", "/v1/devices/{endpoint}/trace", show_trace);
  add("POST", "/v1/devices/{endpoint}/infer", infer_on_device, kMaxInferenceBytes);
  add("POST", "/v1/devices/{endpoint}/read", read_device);
  add("POST", "/v1/devices/{endpoint}/execute", execute_device);
}

} // namespace tinyml::service
