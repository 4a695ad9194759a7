// SPDX-License-Identifier: Apache-2.0
#include "os/freestanding/float_math.hpp"

extern "C" {
float expf(float x) { return tinyml::math::exp_float(x); }
float tanhf(float x) { return tinyml::math::tanh_float(x); }
float roundf(float x) { return tinyml::math::round_float(x); }
}
