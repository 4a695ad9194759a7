// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

/// Functions of one float, by the names that the IR's `unary` gives them. Generated code and the
/// interpreter call the same ones. `alpha` and `beta` are the numbers of docs/ir.md; most functions
/// have none.
namespace tinyml::kernels::unary {

struct Numbers {
  float alpha;
  float beta;
};

using Function = float (*)(float, Numbers);

// clang-format off: one line a function reads best
inline float abs(float x, Numbers) { return std::fabs(x); }
inline float neg(float x, Numbers) { return -x; }
inline float sign(float x, Numbers) { return x > 0 ? 1.0F : (x < 0 ? -1.0F : x); }
inline float floor(float x, Numbers) { return std::floor(x); }
inline float ceil(float x, Numbers) { return std::ceil(x); }
inline float round(float x, Numbers) { return std::nearbyint(x); } ///< halves to even
inline float square(float x, Numbers) { return x * x; }
inline float sqrt(float x, Numbers) { return std::sqrt(x); }
inline float rsqrt(float x, Numbers) { return 1.0F / std::sqrt(x); }
inline float reciprocal(float x, Numbers) { return 1.0F / x; }
inline float exp(float x, Numbers) { return std::exp(x); }
inline float log(float x, Numbers) { return std::log(x); }
inline float erf(float x, Numbers) { return std::erf(x); }

inline float sin(float x, Numbers) { return std::sin(x); }
inline float cos(float x, Numbers) { return std::cos(x); }
inline float tan(float x, Numbers) { return std::tan(x); }
inline float asin(float x, Numbers) { return std::asin(x); }
inline float acos(float x, Numbers) { return std::acos(x); }
inline float atan(float x, Numbers) { return std::atan(x); }
inline float sinh(float x, Numbers) { return std::sinh(x); }
inline float cosh(float x, Numbers) { return std::cosh(x); }
inline float asinh(float x, Numbers) { return std::asinh(x); }
inline float acosh(float x, Numbers) { return std::acosh(x); }
inline float atanh(float x, Numbers) { return std::atanh(x); }
// clang-format on

inline float leaky_relu(float x, Numbers p) { return x < 0 ? p.alpha * x : x; }

inline float thresholded_relu(float x, Numbers p) { return x > p.alpha ? x : 0.0F; }

inline float elu(float x, Numbers p) { return x < 0 ? p.alpha * (std::exp(x) - 1.0F) : x; }

inline float celu(float x, Numbers p) {
  return x < 0 ? p.alpha * (std::exp(x / p.alpha) - 1.0F) : x;
}

/// beta is ONNX's gamma.
inline float selu(float x, Numbers p) {
  return p.beta * (x > 0 ? x : p.alpha * (std::exp(x) - 1.0F));
}

/// min(max(alpha * x + beta, 0), 1)
inline float hard_sigmoid(float x, Numbers p) {
  const float y = p.alpha * x + p.beta;
  return y < 0 ? 0.0F : (y > 1 ? 1.0F : y);
}

inline float hard_swish(float x, Numbers) { return x * hard_sigmoid(x, {1.0F / 6.0F, 0.5F}); }

/// log(1 + exp(x)) without overflow
inline float softplus(float x, Numbers) {
  return (x > 0 ? x : 0.0F) + std::log1p(std::exp(-std::fabs(x)));
}

inline float softsign(float x, Numbers) { return x / (1.0F + std::fabs(x)); }

inline float mish(float x, Numbers p) { return x * std::tanh(softplus(x, p)); }

/// alpha is ONNX's lambd, beta its bias.
inline float shrink(float x, Numbers p) {
  return x < -p.alpha ? x + p.beta : (x > p.alpha ? x - p.beta : 0.0F);
}

inline float gelu(float x, Numbers) {
  constexpr float kInverseSquareRootOf2 = 0.70710678F;
  return 0.5F * x * (1.0F + std::erf(x * kInverseSquareRootOf2));
}

inline float gelu_tanh(float x, Numbers) {
  constexpr float kSquareRootOf2OverPi = 0.79788456F;
  return 0.5F * x * (1.0F + std::tanh(kSquareRootOf2OverPi * (x + 0.044715F * x * x * x)));
}

} // namespace tinyml::kernels::unary
