// SPDX-License-Identifier: Apache-2.0
#include "os/hal.hpp"

namespace tinyml::hal {

Status net_send(ByteView) { return Status::kUnsupported; }

std::size_t net_receive(ByteSpan) { return 0; }

} // namespace tinyml::hal
