// SPDX-License-Identifier: Apache-2.0
#include "service/lwm2m/conversation.hpp"

namespace tinyml::service {

using coap::OptionNumber;

std::string code_text(coap::Code code) {
  const unsigned detail = coap::code_detail(code);
  return std::to_string(coap::code_class(code)) + (detail < 10 ? ".0" : ".") +
         std::to_string(detail);
}

std::string describe(const CoapAnswer &answer) {
  static constexpr std::string_view kWords[] = {"", "timeout", "reset", "cancelled", "broken"};
  return answer.end == CoapAnswer::End::kAnswered
             ? code_text(answer.code)
             : std::string(kWords[static_cast<int>(answer.end)]);
}

Conversation::Conversation(lwm2m::ClientRequest request, Callbacks callbacks)
    : request_(std::move(request)), callbacks_(std::move(callbacks)) {
  upload_.start(static_cast<std::uint32_t>(request_.payload.size()));
  download_.start();
}

void Conversation::write(coap::MessageBuilder &message) const {
  if (request_.observe) {
    message.option_uint(OptionNumber::kObserve, *request_.observe);
  }
  for (const std::string &segment : request_.uri_path) {
    message.option(OptionNumber::kUriPath, segment);
  }
  if (request_.content_format && uploading_) {
    message.option_uint(OptionNumber::kContentFormat, *request_.content_format);
  }
  for (const std::string &query : request_.uri_query) {
    message.query(query);
  }
  if (request_.accept) {
    message.option_uint(OptionNumber::kAccept, *request_.accept);
  }
  if (!uploading_) {
    download_.add_to(message);
    return;
  }
  upload_.add_to(message);
  const auto part = upload_.next();
  if (part.size_bytes > 0) {
    message.payload(ByteView(request_.payload).subspan(part.offset_bytes, part.size_bytes));
  }
}

bool Conversation::accept(const coap::MessageView &response) {
  if (!uploading_) {
    return accept_download(response);
  }
  switch (upload_.accept(response)) {
  case coap::BlockUpload::Status::kMore:
    if (callbacks_.progress) {
      callbacks_.progress(upload_.next().offset_bytes);
    }
    return true;
  case coap::BlockUpload::Status::kRefused:
    return finish(response, CoapAnswer::End::kAnswered);
  case coap::BlockUpload::Status::kBad:
    return finish(response, CoapAnswer::End::kBroken);
  case coap::BlockUpload::Status::kDone:
    break;
  }
  uploading_ = false;
  if (callbacks_.progress) {
    callbacks_.progress(static_cast<std::int64_t>(request_.payload.size()));
  }
  return accept_download(response);
}

bool Conversation::accept_download(const coap::MessageView &response) {
  using Status = coap::BlockDownload::Status;
  const auto piece = download_.accept(response);
  if (piece.status == Status::kMore || piece.status == Status::kLast) {
    answer_.payload.insert(answer_.payload.end(), piece.bytes.begin(), piece.bytes.end());
  }
  if (answer_.payload.size() > kMaxAnswerBytes) {
    return finish(response, CoapAnswer::End::kBroken);
  }
  switch (piece.status) {
  case Status::kMore:
    request_.observe.reset(); // RFC 7959 section 2.6: the rest is fetched by plain requests
    return true;
  case Status::kChanged:
    download_.start();
    answer_.payload.clear();
    return ++restarts_ < 3 || finish(response, CoapAnswer::End::kBroken);
  case Status::kBad:
    return finish(response, CoapAnswer::End::kBroken);
  case Status::kRefused:
    answer_.payload.assign(response.payload().begin(), response.payload().end());
    break;
  case Status::kLast:
    break;
  }
  return finish(response, CoapAnswer::End::kAnswered);
}

/// Always false: nothing more is to be sent.
bool Conversation::finish(const coap::MessageView &response, CoapAnswer::End end) {
  answer_.end = end;
  answer_.code = response.code();
  const auto format = response.content_format();
  answer_.content_format =
      format ? std::optional(static_cast<std::uint16_t>(*format)) : std::nullopt;
  if (uploading_) {
    answer_.payload.assign(response.payload().begin(), response.payload().end());
  }
  return false;
}

} // namespace tinyml::service
