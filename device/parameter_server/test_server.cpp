// SPDX-License-Identifier: Apache-2.0
// Host only: for tests. The one instance of the server on simulated flash that all tests share.
#include "device/parameter_server/test_site.hpp"

namespace tinyml::hal {
void console_write(std::string_view) {}
} // namespace tinyml::hal

namespace tinyml::device {

template class ParameterServer<store::FlashSimulator, ServerCoap>;

} // namespace tinyml::device
