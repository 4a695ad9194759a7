// SPDX-License-Identifier: Apache-2.0
#include "device/model_object.hpp"

namespace tinyml::device {
namespace {

std::string_view name_of(module::ElementType type) {
  switch (type) {
  case module::ElementType::kFloat32:
    return "float32";
  case module::ElementType::kInt8:
    return "int8";
  case module::ElementType::kUint8:
    return "uint8";
  case module::ElementType::kInt16:
    return "int16";
  case module::ElementType::kInt32:
    return "int32";
  case module::ElementType::kInt64:
    return "int64";
  case module::ElementType::kBool:
    return "bool";
  }
  return "unknown";
}

/// "int8[1x1x28x28]"
void put_tensor(ByteWriter &out, const module::TensorInfo &tensor) {
  out.put(name_of(tensor.type));
  out.put("[");
  for (std::size_t i = 0; i < tensor.rank; ++i) {
    out.put(i == 0 ? "" : "x");
    lwm2m::put_decimal(out, tensor.dims[i]);
  }
  out.put("]");
}

void read_tensors(std::uint16_t resource, const module::TensorInfo *tensors, std::uint8_t count,
                  lwm2m::ValueWriter &out) {
  out.begin_list(resource);
  for (std::uint8_t i = 0; i < count; ++i) {
    std::uint8_t text[80];
    ByteWriter description{ByteSpan(text)};
    put_tensor(description, tensors[i]);
    out.text(i, as_text(description.written()));
  }
  out.end_list();
}

} // namespace

void ModelObject::read(std::uint16_t resource, lwm2m::ValueWriter &out) const {
  static constexpr module::ModuleInfo kNone{.name = ""};
  const module::ModuleInfo &info = info_ == nullptr ? kNone : *info_;
  switch (resource) {
  case lwm2m::model::kName:
    return out.text(resource, info.name);
  case lwm2m::model::kBuildId:
    return out.opaque(resource, info_ == nullptr ? ByteView() : ByteView(info.build_id));
  case lwm2m::model::kAbiVersion:
    return out.integer(resource, module::kAbiVersion);
  case lwm2m::model::kArenaBytes:
    return out.integer(resource, info.arena_bytes);
  case lwm2m::model::kRomBytes:
    return out.integer(resource, rom_bytes_);
  case lwm2m::model::kMacs:
    return out.integer(resource, static_cast<std::int64_t>(info.macs));
  case lwm2m::model::kState:
    return out.integer(resource,
                       static_cast<std::uint8_t>(info_ == nullptr ? lwm2m::ModelState::kNone
                                                 : adapted_       ? lwm2m::ModelState::kAdapted
                                                                  : lwm2m::ModelState::kReady));
  case lwm2m::model::kInputs:
    return read_tensors(resource, info.inputs, info.input_count, out);
  default:
    return read_tensors(resource, info.outputs, info.output_count, out);
  }
}

} // namespace tinyml::device
