// SPDX-License-Identifier: Apache-2.0
#include "service/api/api.hpp"
#include "service/api/training_routes.hpp"

#include <spdlog/spdlog.h>

namespace tinyml::service {
namespace {

void health(ApiContext &context, const Respond &respond) {
  if (const auto works = context.store.check(); !works) {
    return respond(error_response(503, "unavailable", works.error().message));
  }
  respond(json_response({{"status", "ok"},
                         {"uptime_s", (Loop::now_ms() - context.started_ms) / 1000},
                         {"coap", context.coap_address},
                         {"http", context.http_address},
                         {"schema_version", Store::kSchemaVersion}}));
}

void list_models(ApiContext &context, const Respond &respond) {
  take_in_trained(context);
  const auto models = context.store.models();
  if (!models) {
    return respond(error_response(models.error()));
  }
  Json list = Json::array();
  for (const ModelRecord &model : *models) {
    list.push_back(model_json(model));
  }
  respond(json_response({{"models", list}}));
}

void show_model(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  take_in_trained(context);
  const auto model = context.store.model(request.value("name"));
  if (!model) {
    return respond(error_response(model.error()));
  }
  if (!*model) {
    return respond(error_response(404, "not_found",
                                  "there is no model '" + request.value("name") +
                                      "': GET /v1/models lists what there is"));
  }
  respond(json_response(model_json(**model)));
}

void upload_model(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  constexpr std::size_t kMaxTitleBytes = 200;
  const std::string title = request.parameter("title").value_or("");
  if (title.size() > kMaxTitleBytes) {
    return respond(error_response(400, "invalid_input", "the title is longer than 200 bytes"));
  }
  const auto model = context.zoo.upload({.name = request.parameter("name").value_or(""),
                                         .title = title,
                                         .dataset = request.parameter("dataset"),
                                         .bytes = as_bytes(request.body)},
                                        Loop::wall_ms());
  if (!model) {
    return respond(error_response(model.error()));
  }
  context.events.publish("model", model_json(*model));
  respond(json_response(model_json(*model), 201));
}

} // namespace

void take_in_trained(ApiContext &context) {
  if (context.trained_folder.empty()) {
    return;
  }
  if (const auto done = context.zoo.refresh(context.trained_folder, Loop::wall_ms()); !done) {
    spdlog::error("trained models: {}", done.error().message);
  }
}

void add_routes(Router &router, ApiContext &context) {
  const auto get = [&](const char *pattern, auto handle) {
    router.add({"GET", pattern, kSmallBodyBytes,
                [&context, handle](const HttpRequest &request, const Respond &respond) {
                  handle(context, request, respond);
                }});
  };
  get("/healthz", [](ApiContext &c, const HttpRequest &, const Respond &r) { health(c, r); });
  get("/metrics", [](ApiContext &c, const HttpRequest &, const Respond &respond) {
    respond({.content_type = "text/plain; version=0.0.4", .body = metrics_text(c)});
  });
  get("/openapi.yaml", [](ApiContext &, const HttpRequest &, const Respond &respond) {
    respond({.content_type = "application/yaml", .body = std::string(openapi_document())});
  });
  get("/v1/events", [](ApiContext &, const HttpRequest &, const Respond &respond) {
    respond({.event_stream = true});
  });
  get("/v1/signing-key", [](ApiContext &c, const HttpRequest &, const Respond &respond) {
    respond(json_response(c.signing_key));
  });
  get("/v1/models",
      [](ApiContext &c, const HttpRequest &, const Respond &r) { list_models(c, r); });
  get("/v1/models/{name}", show_model);
  router.add({"POST", "/v1/models", kMaxModelBytes,
              [&context](const HttpRequest &request, const Respond &respond) {
                upload_model(context, request, respond);
              }});
  add_device_routes(router, context);
  add_order_routes(router, context);
  add_board_routes(router, context);
  add_crash_routes(router, context);
  add_training_routes(router, context);
}

} // namespace tinyml::service
