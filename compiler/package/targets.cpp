// SPDX-License-Identifier: Apache-2.0
#include "compiler/package/targets.hpp"

#include "compiler/codegen/pack.hpp"

#include <algorithm>

namespace tinyml::package {
namespace {

/// Position-independent code, the default of hosts, makes tables with addresses writable.
std::vector<std::string> static_code() { return {"-fno-pic", "-fno-pie"}; }

/// RISC-V and Xtensa compilers of distributions have no C++ library; newlib's headers serve them.
const std::vector<std::string> &newlib_headers() {
  static const std::vector<std::string> kFlags = {
      "-nostdinc++", "-isystem", "/usr/include/newlib/c++/12.2.1", "-isystem",
      "/usr/include/newlib/c++/12.2.1/arm-none-eabi/thumb/nofp"};
  return kFlags;
}

std::vector<std::string> picolibc_headers() {
  std::vector<std::string> flags = newlib_headers();
  flags.emplace_back("--specs=picolibc.specs");
  return flags;
}

/// A target whose kernel set may not be there yet, and what is taken then.
struct Row {
  Target target;
  bool is_kernel_set; ///< asked for by the set's name: nothing else will do
};

std::vector<Row> rows() {
  const std::vector<std::string> m4 = {"-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard",
                                       "-mfpu=fpv4-sp-d16"};
  // GCC 12 makes wrong code of some loops for this processor at -Os without the last flag.
  const std::vector<std::string> m55 = {"-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard",
                                        "-fno-branch-count-reg"};
  const std::string arm = "arm-none-eabi-g++";
  return {
      {{"scalar", "any processor, plain C++", "scalar", "g++", {}, {}, static_code()}, true},
      {{"dsp", "Cortex-M4, M7, M33 (DSP extension)", "dsp", arm, m4, {}, {}}, true},
      {{"mve", "Cortex-M55 (MVE)", "mve", arm, m55, {}, {}}, true},
      {{"avx2", "x86-64 with AVX2", "avx2", "g++", {}, {"-mavx2"}, static_code()}, true},
      {{"avx512vnni",
        "x86-64 with AVX-512 VNNI",
        "avx512vnni",
        "g++",
        {},
        {"-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512vnni"},
        {}},
       true},
      {{"wasm",
        "WebAssembly with SIMD",
        "wasm",
        "clang++-16",
        {"--target=wasm32"},
        {"-msimd128"},
        {}},
       true},
      {{"armv6-m", "Cortex-M0, M0+", "scalar", arm, {"-mcpu=cortex-m0", "-mthumb"}, {}, {}}, false},
      {{"armv7-m", "Cortex-M3", "scalar", arm, {"-mcpu=cortex-m3", "-mthumb"}, {}, {}}, false},
      {{"armv7e-m", "Cortex-M4, M7", "dsp", arm, m4, {}, {}}, false},
      {{"armv8-m.main",
        "Cortex-M33",
        "dsp",
        arm,
        {"-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=hard"},
        {},
        {}},
       false},
      {{"armv8.1-m.main", "Cortex-M55", "mve", arm, m55, {}, {}}, false},
      {{"rv32imc",
        "RISC-V, 32 bits (ESP32-C3)",
        "scalar",
        "riscv64-unknown-elf-g++",
        {"-march=rv32imc", "-mabi=ilp32"},
        {},
        picolibc_headers()},
       false},
      {{"lx106",
        "Xtensa LX106 (ESP8266)",
        "scalar",
        "xtensa-lx106-elf-g++",
        {},
        {},
        newlib_headers()},
       false},
      {{"x86-64", "x86-64", "scalar", "g++", {"-m64"}, {}, static_code()}, false},
      {{"wasm32", "WebAssembly", "scalar", "clang++-16", {"--target=wasm32"}, {}, {}}, false},
  };
}

/// "armv7e-m", "ARMv7E-M" and "armv7em" are one.
std::string spelled_plainly(const std::string &name) {
  std::string plain;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      plain += static_cast<char>(c - 'A' + 'a');
    } else if (c != '-' && c != '.' && c != '_') {
      plain += c;
    }
  }
  return plain;
}

} // namespace

std::string known_targets() {
  std::string text;
  for (const Row &row : rows()) {
    if (!row.is_kernel_set || codegen::packing_of(row.target.kernel_set).ok()) {
      text += (text.empty() ? "" : "\n") + std::string("  ") + row.target.name + ": " +
              row.target.title;
    }
  }
  return text;
}

Expected<Target> target_named(const std::string &name) {
  for (Row &row : rows()) {
    if (spelled_plainly(row.target.name) != spelled_plainly(name)) {
      continue;
    }
    const auto packing = codegen::packing_of(row.target.kernel_set);
    if (!packing.ok() && row.is_kernel_set) {
      return Failure{packing.error()};
    }
    if (!packing.ok()) {
      row.target.kernel_set = "scalar";
    }
    return row.target;
  }
  return fail(ErrorCode::kUnsupported,
              "no instruction set of that name; there are:\n" + known_targets());
}

Target target_of(const link::Kit &kit) {
  Target target{.name = kit.board, .title = "board " + kit.board, .compiler = kit.compiler};
  constexpr std::string_view kSet = "-DTINYML_ISA=";
  bool value_follows = false;
  for (const std::string &flag : kit.compile_flags) {
    if (flag.starts_with(kSet)) {
      target.kernel_set = flag.substr(kSet.size());
    } else if (flag.starts_with("-m") || flag.starts_with("--target=") ||
               flag == "-fno-branch-count-reg") {
      target.flags.push_back(flag);
    } else if (value_follows || flag == "-isystem" || flag.starts_with("-nostdinc") ||
               flag.starts_with("--specs=")) {
      target.header_flags.push_back(flag);
    }
    value_follows = flag == "-isystem";
  }
  return target;
}

} // namespace tinyml::package
