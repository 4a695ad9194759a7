// SPDX-License-Identifier: Apache-2.0
#include "image/requirements.hpp"

namespace tinyml::image {

Error check_header(const Header &header, const Requirements &wanted) {
  if (header.kind != wanted.kind || header.payload != wanted.payload) {
    return Error::kWrongKind;
  }
  if (header.board_id != board_id_of(wanted.board)) {
    return Error::kWrongBoard;
  }
  if (header.abi_version < wanted.oldest_abi || header.abi_version > wanted.newest_abi) {
    return Error::kWrongAbi;
  }
  if (header.payload_bytes > wanted.max_payload_bytes ||
      header.total_bytes() > wanted.max_total_bytes) {
    return Error::kTooLarge;
  }
  if (header.payload != Payload::kElf && header.load_address != wanted.load_address) {
    return Error::kWrongAddress;
  }
  return header.version < wanted.floor ? Error::kDowngrade : Error::kNone;
}

} // namespace tinyml::image
