// SPDX-License-Identifier: Apache-2.0
#include "service/api/api.hpp"
#include "service/builds/base_image.hpp"

namespace tinyml::service {
namespace {

void send_base_image(ApiContext &context, const HttpRequest &request, const Respond &respond) {
  context.runs.start([&context, board = request.value("board"),
                      respond](std::stop_token stop) -> std::function<void()> {
    auto image = base_image(board, context.environment, std::move(stop));
    return [&context, respond, image = std::move(image)] {
      if (!image) {
        return respond(error_response(image.error()));
      }
      // Without them a crash of the device is told without names, no more.
      if (image->symbols) {
        static_cast<void>(context.store.put_symbols(*image->symbols));
      }
      respond(
          {.content_type = "application/octet-stream", .body = std::string(as_text(image->bytes))});
    };
  });
}

} // namespace

void add_board_routes(Router &router, ApiContext &context) {
  router.add({"GET", "/v1/boards/{board}/base-image", kSmallBodyBytes,
              [&context](const HttpRequest &request, const Respond &respond) {
                send_base_image(context, request, respond);
              }});
}

} // namespace tinyml::service
