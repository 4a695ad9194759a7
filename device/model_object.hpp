// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/module_abi.hpp"
#include "protocol/lwm2m/resource.hpp"
#include "protocol/lwm2m/value_writer.hpp"
#include "protocol/lwm2m/written_value.hpp"

namespace tinyml::device {

/// /42770/0: the module in the running image (docs/lwm2m/42770.xml).
class ModelObject {
public:
  static constexpr std::uint16_t kId = static_cast<std::uint16_t>(lwm2m::ObjectId::kModel);
  static constexpr lwm2m::Resource kResources[] = {
      {lwm2m::model::kName, lwm2m::kReadable},       {lwm2m::model::kBuildId, lwm2m::kReadable},
      {lwm2m::model::kAbiVersion, lwm2m::kReadable}, {lwm2m::model::kArenaBytes, lwm2m::kReadable},
      {lwm2m::model::kRomBytes, lwm2m::kReadable},   {lwm2m::model::kMacs, lwm2m::kReadable},
      {lwm2m::model::kState, lwm2m::kReadable},      {lwm2m::model::kInputs, lwm2m::kReadable},
      {lwm2m::model::kOutputs, lwm2m::kReadable},
  };

  /// `info` is null in an image without a model; `rom_bytes` is the size of the image's payload, 0
  /// when unknown.
  ModelObject(const module::ModuleInfo *info, std::uint32_t rom_bytes)
      : info_(info), rom_bytes_(rom_bytes) {}

  /// Its parameters are no longer those of the image.
  void set_adapted(bool adapted) { adapted_ = adapted; }

  void read(std::uint16_t resource, lwm2m::ValueWriter &out) const;
  static coap::Code write(std::uint16_t, const lwm2m::WrittenValue &) {
    return coap::Code::kMethodNotAllowed;
  }
  static coap::Code execute(std::uint16_t, ByteView) { return coap::Code::kMethodNotAllowed; }

private:
  const module::ModuleInfo *info_;
  std::uint32_t rom_bytes_;
  bool adapted_ = false;
};

} // namespace tinyml::device
