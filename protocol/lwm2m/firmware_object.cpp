// SPDX-License-Identifier: Apache-2.0
#include "protocol/lwm2m/firmware_object.hpp"

#include <algorithm>

namespace tinyml::lwm2m {
namespace {

enum class Protocol : std::uint8_t { kCoap = 0 };       // /5/0/8
enum class DeliveryMethod : std::uint8_t { kBoth = 2 }; // /5/0/9

} // namespace

void FirmwareObject::read(std::uint16_t resource, ValueWriter &out) const {
  switch (resource) {
  case firmware::kPackageUri:
    return out.text(resource, package_uri());
  case firmware::kState:
    return out.integer(resource, static_cast<std::uint8_t>(state_));
  case firmware::kUpdateResult:
    return out.integer(resource, static_cast<std::uint8_t>(result_));
  case firmware::kPackageVersion:
    return out.text(resource, running_version_);
  case firmware::kProtocolSupport:
    out.begin_list(resource);
    out.integer(0, static_cast<std::uint8_t>(Protocol::kCoap));
    return out.end_list();
  default:
    return out.integer(resource, static_cast<std::uint8_t>(DeliveryMethod::kBoth));
  }
}

coap::Code FirmwareObject::write(std::uint16_t resource, const WrittenValue &value) {
  const auto bytes = value.bytes();
  if (!bytes) {
    return coap::Code::kBadRequest;
  }
  if (resource == firmware::kPackageUri) {
    return write_uri(*bytes);
  }
  // A whole package never fits into one datagram's write; the single NUL that resets does.
  const bool is_reset = bytes->empty() || (bytes->size() == 1 && (*bytes)[0] == 0);
  return is_reset ? reset() : coap::Code::kBadRequest;
}

coap::Code FirmwareObject::write_uri(ByteView uri) {
  if (uri.empty()) {
    return reset();
  }
  if (state_ != UpdateState::kIdle) {
    return coap::Code::kMethodNotAllowed; // reset first, by an empty URI
  }
  if (uri.size() > kMaxUriBytes) {
    become(UpdateState::kIdle, UpdateResult::kInvalidUri);
    return coap::Code::kChanged;
  }
  uri_size_ = static_cast<std::uint8_t>(uri.size());
  std::copy(uri.begin(), uri.end(), uri_.begin());
  become(UpdateState::kDownloading, UpdateResult::kInitial);
  command_ = FirmwareCommand::kDownload;
  return coap::Code::kChanged;
}

coap::Code FirmwareObject::execute(std::uint16_t, ByteView) {
  if (state_ != UpdateState::kDownloaded) {
    return coap::Code::kMethodNotAllowed;
  }
  become(UpdateState::kUpdating, UpdateResult::kInitial);
  command_ = FirmwareCommand::kApply;
  return coap::Code::kChanged;
}

coap::Code FirmwareObject::begin_push() {
  if (state_ != UpdateState::kIdle) {
    return coap::Code::kMethodNotAllowed;
  }
  become(UpdateState::kDownloading, UpdateResult::kInitial);
  return coap::Code::kChanged;
}

void FirmwareObject::downloaded() { become(UpdateState::kDownloaded, UpdateResult::kInitial); }

void FirmwareObject::failed(UpdateResult result) { become(UpdateState::kIdle, result); }

void FirmwareObject::report(UpdateResult result) { become(state_, result); }

coap::Code FirmwareObject::reset() {
  if (state_ == UpdateState::kUpdating) {
    return coap::Code::kMethodNotAllowed; // past the point of return
  }
  uri_size_ = 0;
  become(UpdateState::kIdle, UpdateResult::kInitial);
  command_ = FirmwareCommand::kDiscard;
  return coap::Code::kChanged;
}

void FirmwareObject::become(UpdateState state, UpdateResult result) {
  state_ = state;
  result_ = result;
  changed_ = true;
}

} // namespace tinyml::lwm2m
