// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/server_requests.hpp"

#include <algorithm>

namespace tinyml::lwm2m {
namespace {

enum Method : std::uint8_t { kGet = 1, kPost = 2, kPut = 3 };

ClientRequest to(Method method, const Path &path, std::string_view root_path) {
  ClientRequest request;
  request.method = method;
  while (!root_path.empty()) {
    const std::size_t end = std::min(root_path.find('/'), root_path.size());
    if (end > 0) {
      request.uri_path.emplace_back(root_path.substr(0, end));
    }
    root_path.remove_prefix(std::min(end + 1, root_path.size()));
  }
  for (std::size_t i = 0; i < path.depth; ++i) {
    request.uri_path.push_back(std::to_string(path.ids[i]));
  }
  return request;
}

ClientRequest write(const Path &path, Format format, ByteView bytes, std::string_view root_path) {
  ClientRequest request = to(kPut, path, root_path);
  request.content_format = static_cast<std::uint16_t>(format);
  request.payload.assign(bytes.begin(), bytes.end());
  return request;
}

} // namespace

ClientRequest read_request(const Path &path, Format accept, std::string_view root_path) {
  ClientRequest request = to(kGet, path, root_path);
  request.accept = static_cast<std::uint16_t>(accept);
  return request;
}

ClientRequest discover_request(const Path &path, std::string_view root_path) {
  return read_request(path, Format::kLinkFormat, root_path);
}

ClientRequest observe_request(const Path &path, Format accept, std::string_view root_path) {
  ClientRequest request = read_request(path, accept, root_path);
  request.observe = 0;
  return request;
}

ClientRequest cancel_observe_request(const Path &path, Format accept, std::string_view root_path) {
  ClientRequest request = read_request(path, accept, root_path);
  request.observe = 1;
  return request;
}

ClientRequest write_text_request(const Path &path, std::string_view text,
                                 std::string_view root_path) {
  return write(path, Format::kText, as_bytes(text), root_path);
}

ClientRequest write_opaque_request(const Path &path, ByteView bytes, std::string_view root_path) {
  return write(path, Format::kOpaque, bytes, root_path);
}

ClientRequest execute_request(const Path &path, std::string_view arguments,
                              std::string_view root_path) {
  ClientRequest request = to(kPost, path, root_path);
  if (!arguments.empty()) {
    request.content_format = static_cast<std::uint16_t>(Format::kText);
    const ByteView bytes = as_bytes(arguments);
    request.payload.assign(bytes.begin(), bytes.end());
  }
  return request;
}

ClientRequest write_attributes_request(const Path &path, const NotifyAttributes &attributes,
                                       std::string_view root_path) {
  ClientRequest request = to(kPut, path, root_path);
  if (attributes.pmin_s) {
    request.uri_query.push_back("pmin=" + std::to_string(*attributes.pmin_s));
  }
  if (attributes.pmax_s) {
    request.uri_query.push_back("pmax=" + std::to_string(*attributes.pmax_s));
  }
  return request;
}

} // namespace tinyml::lwm2m
