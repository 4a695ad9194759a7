// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/wasm_build.hpp"

#include "compiler/package/measure.hpp"
#include "host/process.hpp"

namespace tinyml::package {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBanner =
    "// SPDX-License-Identifier: Apache-2.0\n"
    "// Part of the C++ library, for WebAssembly without one: what the kernels use, no more.\n"
    "#pragma once\n\n";

constexpr std::string_view kCstdint = R"(#include <stdint.h>

namespace std {
using ::int16_t;
using ::int32_t;
using ::int64_t;
using ::int8_t;
using ::intptr_t;
using ::uint16_t;
using ::uint32_t;
using ::uint64_t;
using ::uint8_t;
using ::uintptr_t;
} // namespace std
)";

constexpr std::string_view kCstddef = R"(#include <stddef.h>

namespace std {
using ::ptrdiff_t;
using ::size_t;
} // namespace std
)";

constexpr std::string_view kCstring = R"(#include <cstddef>

extern "C" {
void *memcpy(void *to, const void *from, size_t count);
void *memmove(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *a, const void *b, size_t count);
}

namespace std {
using ::memcmp;
using ::memcpy;
using ::memmove;
using ::memset;
} // namespace std
)";

constexpr std::string_view kLimits = R"(#include <cstdint>

namespace std {
template <typename T, T Min, T Max> struct tinyml_integer_limits {
  static constexpr bool is_integer = true;
  static constexpr T min() { return Min; }
  static constexpr T max() { return Max; }
  static constexpr T lowest() { return Min; }
};
template <typename T> struct numeric_limits;
template <> struct numeric_limits<int8_t> : tinyml_integer_limits<int8_t, -128, 127> {};
template <> struct numeric_limits<int16_t> : tinyml_integer_limits<int16_t, -32768, 32767> {};
template <> struct numeric_limits<int32_t> : tinyml_integer_limits<int32_t, INT32_MIN, INT32_MAX> {};
template <> struct numeric_limits<int64_t> : tinyml_integer_limits<int64_t, INT64_MIN, INT64_MAX> {};
template <> struct numeric_limits<uint8_t> : tinyml_integer_limits<uint8_t, 0, 255> {};
template <> struct numeric_limits<uint16_t> : tinyml_integer_limits<uint16_t, 0, 65535> {};
template <> struct numeric_limits<uint32_t> : tinyml_integer_limits<uint32_t, 0, UINT32_MAX> {};
template <> struct numeric_limits<uint64_t> : tinyml_integer_limits<uint64_t, 0, UINT64_MAX> {};
template <> struct numeric_limits<float> {
  static constexpr bool is_integer = false;
  static constexpr float min() { return __FLT_MIN__; }
  static constexpr float max() { return __FLT_MAX__; }
  static constexpr float lowest() { return -__FLT_MAX__; }
  static constexpr float epsilon() { return __FLT_EPSILON__; }
  static constexpr float infinity() { return __builtin_inff(); }
  static constexpr float quiet_NaN() { return __builtin_nanf(""); }
};
template <> struct numeric_limits<double> {
  static constexpr bool is_integer = false;
  static constexpr double min() { return __DBL_MIN__; }
  static constexpr double max() { return __DBL_MAX__; }
  static constexpr double lowest() { return -__DBL_MAX__; }
  static constexpr double epsilon() { return __DBL_EPSILON__; }
  static constexpr double infinity() { return __builtin_inf(); }
  static constexpr double quiet_NaN() { return __builtin_nan(""); }
};
} // namespace std
)";

constexpr std::string_view kCmath = R"(#define TINYML_IMPORTED(name) \
  extern "C" __attribute__((import_module("math"), import_name(#name))) double tinyml_math_##name(double); \
  namespace std { \
  inline double name(double x) { return tinyml_math_##name(x); } \
  inline float name(float x) { return static_cast<float>(tinyml_math_##name(static_cast<double>(x))); } \
  }
TINYML_IMPORTED(acos)
TINYML_IMPORTED(asin)
TINYML_IMPORTED(atan)
TINYML_IMPORTED(cos)
TINYML_IMPORTED(cosh)
TINYML_IMPORTED(exp)
TINYML_IMPORTED(expm1)
TINYML_IMPORTED(log)
TINYML_IMPORTED(log1p)
TINYML_IMPORTED(sin)
TINYML_IMPORTED(sinh)
TINYML_IMPORTED(tan)
TINYML_IMPORTED(tanh)
#undef TINYML_IMPORTED

extern "C" __attribute__((import_module("math"), import_name("pow"))) double tinyml_math_pow(double, double);

namespace std {
inline float pow(float x, float y) {
  return static_cast<float>(tinyml_math_pow(static_cast<double>(x), static_cast<double>(y)));
}
inline float abs(float x) { return __builtin_fabsf(x); }
inline float fabs(float x) { return __builtin_fabsf(x); }
inline double abs(double x) { return __builtin_fabs(x); }
inline float ceil(float x) { return __builtin_ceilf(x); }
inline float floor(float x) { return __builtin_floorf(x); }
inline float sqrt(float x) { return __builtin_sqrtf(x); }
inline float trunc(float x) { return __builtin_truncf(x); }
inline float rint(float x) { return __builtin_rintf(x); }
inline float nearbyint(float x) { return __builtin_rintf(x); }
inline float copysign(float x, float sign) { return __builtin_copysignf(x, sign); }
/// Halves away from zero.
inline float round(float x) {
  const float whole = __builtin_truncf(x);
  return __builtin_fabsf(x - whole) < 0.5F ? whole : whole + __builtin_copysignf(1.0F, x);
}
inline double round(double x) {
  const double whole = __builtin_trunc(x);
  return __builtin_fabs(x - whole) < 0.5 ? whole : whole + __builtin_copysign(1.0, x);
}
/// The series of erf would be long; Abramowitz and Stegun 7.1.26 with |error| <= 1.5e-7.
inline float erf(float x) {
  const float t = 1.0F / (1.0F + 0.3275911F * __builtin_fabsf(x));
  const float series =
      ((((1.061405429F * t - 1.453152027F) * t + 1.421413741F) * t - 0.284496736F) * t + 0.254829592F) * t;
  return __builtin_copysignf(1.0F - series * exp(-x * x), x);
}
inline bool isnan(float x) { return x != x; }
inline bool isinf(float x) { return __builtin_isinf(x); }
inline bool isfinite(float x) { return __builtin_isfinite(x); }
} // namespace std
)";

constexpr std::string_view kAlgorithm = R"(namespace std {
template <typename T> constexpr const T &min(const T &a, const T &b) { return b < a ? b : a; }
template <typename T> constexpr const T &max(const T &a, const T &b) { return a < b ? b : a; }
template <typename T> constexpr const T &clamp(const T &x, const T &low, const T &high) {
  return x < low ? low : (high < x ? high : x);
}
} // namespace std
)";

constexpr std::string_view kTypeTraits = R"(namespace std {
template <typename A, typename B> inline constexpr bool is_same_v = false;
template <typename A> inline constexpr bool is_same_v<A, A> = true;
template <bool Condition, typename A, typename B> struct conditional { using type = A; };
template <typename A, typename B> struct conditional<false, A, B> { using type = B; };
template <bool Condition, typename A, typename B>
using conditional_t = typename conditional<Condition, A, B>::type;
} // namespace std
)";

constexpr std::string_view kRuntime = R"(// SPDX-License-Identifier: Apache-2.0
// What clang itself calls.
#include <cstring>

extern "C" {

void *memcpy(void *to, const void *from, size_t count) {
  auto *out = static_cast<unsigned char *>(to);
  const auto *in = static_cast<const unsigned char *>(from);
  for (size_t i = 0; i < count; ++i) {
    out[i] = in[i];
  }
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  auto *out = static_cast<unsigned char *>(to);
  const auto *in = static_cast<const unsigned char *>(from);
  if (out <= in) {
    return memcpy(to, from, count);
  }
  while (count-- > 0) {
    out[count] = in[count];
  }
  return to;
}

void *memset(void *to, int value, size_t count) {
  auto *out = static_cast<unsigned char *>(to);
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<unsigned char>(value);
  }
  return to;
}

int memcmp(const void *a, const void *b, size_t count) {
  const auto *first = static_cast<const unsigned char *>(a);
  const auto *second = static_cast<const unsigned char *>(b);
  for (size_t i = 0; i < count; ++i) {
    if (first[i] != second[i]) {
      return first[i] - second[i];
    }
  }
  return 0;
}
}
)";

} // namespace

Files wasm_library() {
  const auto header = [](const char *name, std::string_view text) {
    return File{std::string("wasm/include/") + name, std::string(kBanner) + std::string(text)};
  };
  return {header("algorithm", kAlgorithm),    header("cmath", kCmath),
          header("cstddef", kCstddef),        header("cstdint", kCstdint),
          header("cstring", kCstring),        header("limits", kLimits),
          header("type_traits", kTypeTraits), {"wasm/runtime.cpp", std::string(kRuntime)}};
}

std::vector<std::string> wasm_command(const Contents &contents) {
  const std::string &id = contents.names.id;
  std::vector<std::string> command = {
      "clang++-16",     "--target=wasm32", "-std=c++17",        "-O3",
      "-ffreestanding", "-fno-builtin",    "-nostdlib",         "-nostdlibinc",
      "-nostdinc++",    "-isystem",        "wasm/include",      "-Iinclude",
      "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,--stack-first", "-Wl,-z,stack-size=65536"};
  for (const auto *flags : {&source_flags(), &contents.target.required_flags}) {
    command.insert(command.end(), flags->begin(), flags->end());
  }
  for (const char *name :
       {"_run", "_reset", "_input", "_output", "_input_bytes", "_output_bytes"}) {
    command.push_back("-Wl,--export=" + id + name);
  }
  command.insert(command.end(), {"-o", id + ".wasm"});
  for (const File &source : contents.sources) {
    if (source.path.ends_with(".cpp")) {
      command.push_back("src/" + source.path);
    }
  }
  command.emplace_back("wasm/runtime.cpp");
  return command;
}

Expected<std::uint64_t> build_wasm(const fs::path &root, const Contents &contents) {
  host::Command command;
  command.argv = wasm_command(contents);
  command.working_directory = root;
  const std::string advice = "; a wasm package needs clang 16 and its linker: install the packages "
                             "clang-16 and lld-16";
  const auto outcome = host::run(command);
  if (!outcome.ok()) {
    return fail(ErrorCode::kUnavailable, "clang++-16 is not installed" + advice);
  }
  if (!outcome->succeeded() && outcome->output.find("wasm-ld") != std::string::npos &&
      outcome->output.find("wasm-ld: error") == std::string::npos) {
    return fail(ErrorCode::kUnavailable, "the linker wasm-ld is not installed" + advice);
  }
  if (!outcome->succeeded()) {
    return fail(ErrorCode::kInternal,
                "clang++-16 " + outcome->describe() + ":\n" + outcome->output);
  }
  std::error_code error;
  const auto bytes = fs::file_size(root / (contents.names.id + ".wasm"), error);
  if (error) {
    return fail(ErrorCode::kInternal, "clang++-16 left no module: " + error.message());
  }
  return static_cast<std::uint64_t>(bytes);
}

} // namespace tinyml::package
