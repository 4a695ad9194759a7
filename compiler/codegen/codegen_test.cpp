// SPDX-License-Identifier: Apache-2.0
#include "compiler/codegen/generate.hpp"
#include <gmock/gmock.h>
TEST(X, Y) {}
