// SPDX-License-Identifier: Apache-2.0
#include "device/update_result.hpp"

namespace tinyml::device {

lwm2m::UpdateResult result_of(const store::BootState &state) {
  switch (state.outcome) {
  case store::Outcome::kConfirmed:
    return lwm2m::UpdateResult::kSuccess;
  case store::Outcome::kRolledBack:
    return lwm2m::UpdateResult::kUpdateFailed;
  case store::Outcome::kRefused:
    return result_of(state.refusal);
  case store::Outcome::kNone:
    break;
  }
  return lwm2m::UpdateResult::kInitial;
}

lwm2m::UpdateResult result_of(image::Error error) {
  switch (error) {
  case image::Error::kTooLarge:
    return lwm2m::UpdateResult::kNotEnoughFlash;
  case image::Error::kNoMemory:
    return lwm2m::UpdateResult::kOutOfRam;
  case image::Error::kUnsupportedFormat:
  case image::Error::kWrongKind:
  case image::Error::kWrongAddress:
  case image::Error::kWrongBoard:
  case image::Error::kWrongAbi:
  case image::Error::kDowngrade:
  case image::Error::kNotAnImage:
    return lwm2m::UpdateResult::kUnsupportedType;
  case image::Error::kIo:
  case image::Error::kNoKey:
    return lwm2m::UpdateResult::kUpdateFailed;
  default:
    return lwm2m::UpdateResult::kIntegrityFailure;
  }
}

} // namespace tinyml::device
