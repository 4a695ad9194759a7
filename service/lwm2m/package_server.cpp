// SPDX-License-Identifier: Apache-2.0
#include "service/lwm2m/package_server.hpp"

namespace tinyml::service {

using coap::Code;
using coap::OptionNumber;

PackageServer::Image PackageServer::image(const std::string &build) {
  if (const auto found = kept_.find(build); found != kept_.end()) {
    return found->second;
  }
  Image image = hooks_.find(build);
  if (image != nullptr) {
    if (kept_.size() >= kKeptImages) {
      kept_.clear();
    }
    kept_[build] = image;
  }
  return image;
}

void PackageServer::handle(const coap::Event &event, const std::string &build,
                           coap::Millis now_ms) {
  if (event.message.code() != Code::kGet) {
    return node_.reply(event.request, Code::kMethodNotAllowed, now_ms, [](auto &) {});
  }
  if (!guard_.admit(event.peer, event.message, now_ms)) {
    return node_.reply(event.request, Code::kUnauthorized, now_ms, [&](auto &message) {
      guard_.challenge(message, event.peer, random_.next(), now_ms);
    });
  }
  const Image content = image(build);
  if (content == nullptr) {
    return node_.reply(event.request, Code::kNotFound, now_ms, [](auto &) {});
  }
  const auto window =
      coap::BlockWindow::of(event.message, static_cast<std::uint32_t>(content->size()));
  if (!window.valid) {
    return node_.reply(event.request, Code::kBadRequest, now_ms, [](auto &) {});
  }
  node_.reply(event.request, Code::kContent, now_ms, [&](auto &message) {
    // The build's id names the bytes, so its beginning is the tag of this representation.
    message.option(OptionNumber::kETag, std::string_view(build).substr(0, 8));
    message.content_format(coap::ContentFormat::kOctetStream);
    window.add_to(message);
    message.payload(ByteView(*content).subspan(window.offset_bytes, window.size_bytes));
  });
  hooks_.served(event.peer, build, window.offset_bytes + window.size_bytes, window.total_bytes);
}

} // namespace tinyml::service
