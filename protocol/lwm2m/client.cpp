// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/client.hpp"

namespace tinyml::lwm2m {

std::optional<Path> path_of(const coap::MessageView &request) {
  Path path;
  for (std::size_t i = 0;; ++i) {
    const auto segment = request.path_segment(i);
    if (!segment) {
      return path;
    }
    const auto id = parse_path_id(*segment);
    if (!id || path.depth == Path::kMaxDepth) {
      return std::nullopt;
    }
    path = path.child(*id);
  }
}

bool asks_for_core(const coap::MessageView &request) {
  return request.code() == coap::Code::kGet && request.path_is(".well-known/core");
}

std::optional<Format> answer_format(const coap::MessageView &request) {
  const auto accept = request.accept();
  if (!accept) {
    return Format::kTlv;
  }
  switch (const auto format = static_cast<Format>(*accept)) {
  case Format::kText:
  case Format::kLinkFormat:
  case Format::kOpaque:
  case Format::kSenmlCbor:
  case Format::kTlv:
    return format;
  default:
    return std::nullopt;
  }
}

coap::Code code_of(ValueWriter::Status status) {
  switch (status) {
  case ValueWriter::Status::kOk:
    return coap::Code::kContent;
  case ValueWriter::Status::kTooLarge:
    return coap::Code::kInternalServerError;
  case ValueWriter::Status::kNotAcceptable:
    return coap::Code::kNotAcceptable;
  case ValueWriter::Status::kNothing:
    return coap::Code::kNotFound;
  }
  return coap::Code::kInternalServerError;
}

void put_query(coap::MessageBuilder &message, std::string_view key, std::string_view value) {
  std::uint8_t text[80];
  ByteWriter out{ByteSpan(text)};
  out.put(key);
  out.put(value.substr(0, 64));
  message.query(as_text(out.written()));
}

void put_lifetime(coap::MessageBuilder &message, std::uint32_t seconds) {
  std::uint8_t text[16];
  ByteWriter out{ByteSpan(text)};
  put_decimal(out, seconds);
  put_query(message, "lt=", as_text(out.written()));
}

void put_host(coap::MessageBuilder &message, coap::PeerId server) {
  const coap::Ipv4Endpoint endpoint = coap::ipv4_of(server);
  std::uint8_t text[16];
  ByteWriter out{ByteSpan(text)};
  for (const std::uint8_t byte : endpoint.address) {
    if (out.size() != 0) {
      out.put(static_cast<std::uint8_t>('.'));
    }
    put_decimal(out, byte);
  }
  message.option(coap::OptionNumber::kUriHost, as_text(out.written()));
  message.option_uint(coap::OptionNumber::kUriPort, endpoint.port);
}

void put_link(ByteWriter &out, const Path &path) {
  out.put(out.size() == 0 ? "<" : ",<");
  put_path(out, path);
  out.put(static_cast<std::uint8_t>('>'));
}

} // namespace tinyml::lwm2m
