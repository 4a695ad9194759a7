// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/conformance/report.hpp"

namespace tinyml::conformance {

/// What the compiler made of our own code; named after what once went wrong.
void check_toolchain(Report &report);
void check_machine(Report &report);
void check_console(Report &report);
void check_clock(Report &report);
void check_store(Report &report);
/// Frames and datagrams as the driver carries them. False when no peer was there.
bool check_network(Report &report);
/// Our own UDP/IP over it: answers ping, ARP and UDP echo, and serves the report over CoAP, until
/// somebody posts to coap://board/end or nobody has asked for anything in a while.
void serve_network(Report &report);

} // namespace tinyml::conformance
