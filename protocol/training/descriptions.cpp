// SPDX-License-Identifier: Apache-2.0
#include "protocol/training/messages.hpp"

namespace tinyml::training {

std::string_view describe(MessageError error) {
  switch (error) {
  case MessageError::kLength:
    return "the message is not as long as its kind is";
  case MessageError::kVersion:
    return "a message of another protocol version";
  case MessageError::kKind:
    return "another kind of message is expected here";
  case MessageError::kValue:
    return "a field has a value that is not allowed";
  case MessageError::kSettings:
    break;
  }
  return "these settings do not work together";
}

std::string_view describe(Refusal refusal) {
  constexpr std::string_view kTexts[kRefusals] = {
      "taken",
      "header, length or checksum are wrong",
      "the update is of another run",
      "the update is not of the model that is being trained on",
      "the update holds values that are no finite numbers",
      "the update's norm is above the limit",
      "the worker sent a bad update and is left out of this round",
      "no room for the update now, try again",
  };
  return kTexts[static_cast<std::size_t>(refusal)];
}

std::string_view describe(WorkerFault fault) {
  constexpr std::string_view kTexts[] = {
      "no fault",
      "the store holds no data shard: PUT one to /train/data",
      "the shard's samples are not what the model takes",
      "the run is of another model than the one in this image",
      "the store is too small for the model beside the shard",
      "the store failed",
      "the server refused the worker",
      "the server does not answer",
      "the training left the finite numbers: lower the rate",
  };
  return kTexts[static_cast<std::size_t>(fault)];
}

} // namespace tinyml::training
