// SPDX-License-Identifier: Apache-2.0
#include "service/delivery/update_result.hpp"

namespace tinyml::service {

UpdateFailure explain(lwm2m::UpdateResult result) {
  using lwm2m::UpdateResult;
  switch (result) {
  case UpdateResult::kNotEnoughFlash:
    return {"does_not_fit",
            "the image is larger than the device's update slot: order with a smaller "
            "--max-rom, or a smaller model"};
  case UpdateResult::kOutOfRam:
    return {"does_not_fit",
            "the device ran out of RAM while it took the image: order with a smaller "
            "--max-ram, or a smaller model"};
  case UpdateResult::kConnectionLost:
    return {"device_timeout",
            "the device lost the connection while it downloaded: check its network "
            "and order again, it will resume"};
  case UpdateResult::kIntegrityFailure:
    return {"update_failed",
            "the device refused the image: it is damaged, or the device trusts another "
            "signing key. Provision the device with this service's key (GET "
            "/v1/signing-key) and order again"};
  case UpdateResult::kUnsupportedType:
    return {"update_failed",
            "the device refused the image: built for another board or another kind of "
            "package. Compare the board in its profile with the build's"};
  case UpdateResult::kInvalidUri:
    return {"update_failed",
            "the device could not use the package's address: see that it reaches the "
            "service's CoAP port, or order with push"};
  case UpdateResult::kUpdateFailed:
    return {"update_failed",
            "the device could not start the new image and kept the one it had: its "
            "console tells why"};
  case UpdateResult::kUnsupportedProtocol:
    return {"update_failed", "the device cannot pull over CoAP: order with push"};
  case UpdateResult::kCancelled:
    return {"update_failed", "the update was cancelled on the device: order again"};
  case UpdateResult::kDeferred:
    return {"update_failed", "the device put the update off: order again later"};
  case UpdateResult::kInitial:
  case UpdateResult::kSuccess:
    break;
  }
  return {"update_failed", "the device ended the update without a reason (result " +
                               std::to_string(static_cast<int>(result)) + "): order again"};
}

} // namespace tinyml::service
