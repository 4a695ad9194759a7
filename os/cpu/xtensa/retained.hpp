// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/retained.hpp"

/// Near the start of RAM, by the linker scripts of images and bootloader.
extern "C" tinyml::Retained tinyml_retained;
