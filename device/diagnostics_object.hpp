// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/crash.hpp"
#include "protocol/lwm2m/resource.hpp"
#include "protocol/lwm2m/value_writer.hpp"
#include "protocol/lwm2m/written_value.hpp"

namespace tinyml::device {

/// /42772/0: the crash of an earlier run and the latest events (docs/lwm2m/42772.xml). The crash is
/// forgotten by executing /3/0/12, Reset Error Code.
class DiagnosticsObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(lwm2m::ObjectId::kDiagnostics);
  static constexpr lwm2m::Resource kResources[] = {
      {lwm2m::diagnostics::kCrash, lwm2m::kReadable},
      {lwm2m::diagnostics::kEvents, lwm2m::kReadable},
  };

  static void read(std::uint16_t resource, lwm2m::ValueWriter &out);
  static coap::Code write(std::uint16_t, const lwm2m::WrittenValue &) {
    return coap::Code::kMethodNotAllowed;
  }
  static coap::Code execute(std::uint16_t, ByteView) { return coap::Code::kMethodNotAllowed; }
};

} // namespace tinyml::device
