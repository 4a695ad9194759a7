// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/plain_elementwise.hpp"
