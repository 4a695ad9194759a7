// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/isa/dsp/half.hpp"
#include "kernels/isa/plain_runs.hpp"

/// Runs by VLDM and VSTM: several values an instruction. They want neighbouring registers, s8 to
/// s15 (slot 0) or s16 to s23 (slot 1). Without a floating-point unit, and on a host, in portable
/// form.
namespace tinyml::kernels::isa {

#if defined(__ARM_FP) && !defined(__aarch64__)

namespace dsp {

template <int Slot> struct RunRegisters;

template <> struct RunRegisters<0> {
  [[gnu::always_inline]] static void load(const float (&from)[8], float *values) {
    register float r0 __asm__("s8");
    register float r1 __asm__("s9");
    register float r2 __asm__("s10");
    register float r3 __asm__("s11");
    register float r4 __asm__("s12");
    register float r5 __asm__("s13");
    register float r6 __asm__("s14");
    register float r7 __asm__("s15");
    __asm__("vldmia %[from], {s8-s15}"
            : "=t"(r0), "=t"(r1), "=t"(r2), "=t"(r3), "=t"(r4), "=t"(r5), "=t"(r6), "=t"(r7)
            : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
    values[2] = r2;
    values[3] = r3;
    values[4] = r4;
    values[5] = r5;
    values[6] = r6;
    values[7] = r7;
  }
  [[gnu::always_inline]] static void store(float (&to)[8], const float *values) {
    register float r0 __asm__("s8") = values[0];
    register float r1 __asm__("s9") = values[1];
    register float r2 __asm__("s10") = values[2];
    register float r3 __asm__("s11") = values[3];
    register float r4 __asm__("s12") = values[4];
    register float r5 __asm__("s13") = values[5];
    register float r6 __asm__("s14") = values[6];
    register float r7 __asm__("s15") = values[7];
    __asm__("vstmia %[to], {s8-s15}"
            : "=m"(to)
            : [to] "r"(&to), "t"(r0), "t"(r1), "t"(r2), "t"(r3), "t"(r4), "t"(r5), "t"(r6),
              "t"(r7));
  }
  [[gnu::always_inline]] static void load(const float (&from)[6], float *values) {
    register float r0 __asm__("s8");
    register float r1 __asm__("s9");
    register float r2 __asm__("s10");
    register float r3 __asm__("s11");
    register float r4 __asm__("s12");
    register float r5 __asm__("s13");
    __asm__("vldmia %[from], {s8-s13}"
            : "=t"(r0), "=t"(r1), "=t"(r2), "=t"(r3), "=t"(r4), "=t"(r5)
            : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
    values[2] = r2;
    values[3] = r3;
    values[4] = r4;
    values[5] = r5;
  }
  [[gnu::always_inline]] static void store(float (&to)[6], const float *values) {
    register float r0 __asm__("s8") = values[0];
    register float r1 __asm__("s9") = values[1];
    register float r2 __asm__("s10") = values[2];
    register float r3 __asm__("s11") = values[3];
    register float r4 __asm__("s12") = values[4];
    register float r5 __asm__("s13") = values[5];
    __asm__("vstmia %[to], {s8-s13}"
            : "=m"(to)
            : [to] "r"(&to), "t"(r0), "t"(r1), "t"(r2), "t"(r3), "t"(r4), "t"(r5));
  }
  [[gnu::always_inline]] static void load(const float (&from)[5], float *values) {
    register float r0 __asm__("s8");
    register float r1 __asm__("s9");
    register float r2 __asm__("s10");
    register float r3 __asm__("s11");
    register float r4 __asm__("s12");
    __asm__("vldmia %[from], {s8-s12}"
            : "=t"(r0), "=t"(r1), "=t"(r2), "=t"(r3), "=t"(r4)
            : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
    values[2] = r2;
    values[3] = r3;
    values[4] = r4;
  }
  [[gnu::always_inline]] static void store(float (&to)[5], const float *values) {
    register float r0 __asm__("s8") = values[0];
    register float r1 __asm__("s9") = values[1];
    register float r2 __asm__("s10") = values[2];
    register float r3 __asm__("s11") = values[3];
    register float r4 __asm__("s12") = values[4];
    __asm__("vstmia %[to], {s8-s12}"
            : "=m"(to)
            : [to] "r"(&to), "t"(r0), "t"(r1), "t"(r2), "t"(r3), "t"(r4));
  }
  [[gnu::always_inline]] static void load(const float (&from)[4], float *values) {
    register float r0 __asm__("s8");
    register float r1 __asm__("s9");
    register float r2 __asm__("s10");
    register float r3 __asm__("s11");
    __asm__("vldmia %[from], {s8-s11}"
            : "=t"(r0), "=t"(r1), "=t"(r2), "=t"(r3)
            : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
    values[2] = r2;
    values[3] = r3;
  }
  [[gnu::always_inline]] static void store(float (&to)[4], const float *values) {
    register float r0 __asm__("s8") = values[0];
    register float r1 __asm__("s9") = values[1];
    register float r2 __asm__("s10") = values[2];
    register float r3 __asm__("s11") = values[3];
    __asm__("vstmia %[to], {s8-s11}"
            : "=m"(to)
            : [to] "r"(&to), "t"(r0), "t"(r1), "t"(r2), "t"(r3));
  }
  [[gnu::always_inline]] static void load(const float (&from)[2], float *values) {
    register float r0 __asm__("s8");
    register float r1 __asm__("s9");
    __asm__("vldmia %[from], {s8-s9}" : "=t"(r0), "=t"(r1) : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
  }
  [[gnu::always_inline]] static void store(float (&to)[2], const float *values) {
    register float r0 __asm__("s8") = values[0];
    register float r1 __asm__("s9") = values[1];
    __asm__("vstmia %[to], {s8-s9}" : "=m"(to) : [to] "r"(&to), "t"(r0), "t"(r1));
  }
};

template <> struct RunRegisters<1> {
  [[gnu::always_inline]] static void load(const float (&from)[8], float *values) {
    register float r0 __asm__("s16");
    register float r1 __asm__("s17");
    register float r2 __asm__("s18");
    register float r3 __asm__("s19");
    register float r4 __asm__("s20");
    register float r5 __asm__("s21");
    register float r6 __asm__("s22");
    register float r7 __asm__("s23");
    __asm__("vldmia %[from], {s16-s23}"
            : "=t"(r0), "=t"(r1), "=t"(r2), "=t"(r3), "=t"(r4), "=t"(r5), "=t"(r6), "=t"(r7)
            : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
    values[2] = r2;
    values[3] = r3;
    values[4] = r4;
    values[5] = r5;
    values[6] = r6;
    values[7] = r7;
  }
  [[gnu::always_inline]] static void store(float (&to)[8], const float *values) {
    register float r0 __asm__("s16") = values[0];
    register float r1 __asm__("s17") = values[1];
    register float r2 __asm__("s18") = values[2];
    register float r3 __asm__("s19") = values[3];
    register float r4 __asm__("s20") = values[4];
    register float r5 __asm__("s21") = values[5];
    register float r6 __asm__("s22") = values[6];
    register float r7 __asm__("s23") = values[7];
    __asm__("vstmia %[to], {s16-s23}"
            : "=m"(to)
            : [to] "r"(&to), "t"(r0), "t"(r1), "t"(r2), "t"(r3), "t"(r4), "t"(r5), "t"(r6),
              "t"(r7));
  }
  [[gnu::always_inline]] static void load(const float (&from)[6], float *values) {
    register float r0 __asm__("s16");
    register float r1 __asm__("s17");
    register float r2 __asm__("s18");
    register float r3 __asm__("s19");
    register float r4 __asm__("s20");
    register float r5 __asm__("s21");
    __asm__("vldmia %[from], {s16-s21}"
            : "=t"(r0), "=t"(r1), "=t"(r2), "=t"(r3), "=t"(r4), "=t"(r5)
            : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
    values[2] = r2;
    values[3] = r3;
    values[4] = r4;
    values[5] = r5;
  }
  [[gnu::always_inline]] static void store(float (&to)[6], const float *values) {
    register float r0 __asm__("s16") = values[0];
    register float r1 __asm__("s17") = values[1];
    register float r2 __asm__("s18") = values[2];
    register float r3 __asm__("s19") = values[3];
    register float r4 __asm__("s20") = values[4];
    register float r5 __asm__("s21") = values[5];
    __asm__("vstmia %[to], {s16-s21}"
            : "=m"(to)
            : [to] "r"(&to), "t"(r0), "t"(r1), "t"(r2), "t"(r3), "t"(r4), "t"(r5));
  }
  [[gnu::always_inline]] static void load(const float (&from)[5], float *values) {
    register float r0 __asm__("s16");
    register float r1 __asm__("s17");
    register float r2 __asm__("s18");
    register float r3 __asm__("s19");
    register float r4 __asm__("s20");
    __asm__("vldmia %[from], {s16-s20}"
            : "=t"(r0), "=t"(r1), "=t"(r2), "=t"(r3), "=t"(r4)
            : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
    values[2] = r2;
    values[3] = r3;
    values[4] = r4;
  }
  [[gnu::always_inline]] static void store(float (&to)[5], const float *values) {
    register float r0 __asm__("s16") = values[0];
    register float r1 __asm__("s17") = values[1];
    register float r2 __asm__("s18") = values[2];
    register float r3 __asm__("s19") = values[3];
    register float r4 __asm__("s20") = values[4];
    __asm__("vstmia %[to], {s16-s20}"
            : "=m"(to)
            : [to] "r"(&to), "t"(r0), "t"(r1), "t"(r2), "t"(r3), "t"(r4));
  }
  [[gnu::always_inline]] static void load(const float (&from)[4], float *values) {
    register float r0 __asm__("s16");
    register float r1 __asm__("s17");
    register float r2 __asm__("s18");
    register float r3 __asm__("s19");
    __asm__("vldmia %[from], {s16-s19}"
            : "=t"(r0), "=t"(r1), "=t"(r2), "=t"(r3)
            : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
    values[2] = r2;
    values[3] = r3;
  }
  [[gnu::always_inline]] static void store(float (&to)[4], const float *values) {
    register float r0 __asm__("s16") = values[0];
    register float r1 __asm__("s17") = values[1];
    register float r2 __asm__("s18") = values[2];
    register float r3 __asm__("s19") = values[3];
    __asm__("vstmia %[to], {s16-s19}"
            : "=m"(to)
            : [to] "r"(&to), "t"(r0), "t"(r1), "t"(r2), "t"(r3));
  }
  [[gnu::always_inline]] static void load(const float (&from)[2], float *values) {
    register float r0 __asm__("s16");
    register float r1 __asm__("s17");
    __asm__("vldmia %[from], {s16-s17}" : "=t"(r0), "=t"(r1) : [from] "r"(&from), "m"(from));
    values[0] = r0;
    values[1] = r1;
  }
  [[gnu::always_inline]] static void store(float (&to)[2], const float *values) {
    register float r0 __asm__("s16") = values[0];
    register float r1 __asm__("s17") = values[1];
    __asm__("vstmia %[to], {s16-s17}" : "=m"(to) : [to] "r"(&to), "t"(r0), "t"(r1));
  }
};

/// Runs that one instruction moves.
template <int N>
inline constexpr bool kMovesAtOnce = N == 8 || N == 6 || N == 5 || N == 4 || N == 2;

[[nodiscard, gnu::always_inline]] inline float low_half_of(float pair) {
  float value;
  __asm__("vcvtb.f32.f16 %0, %1" : "=t"(value) : "t"(pair));
  return value;
}
[[nodiscard, gnu::always_inline]] inline float high_half_of(float pair) {
  float value;
  __asm__("vcvtt.f32.f16 %0, %1" : "=t"(value) : "t"(pair));
  return value;
}
[[nodiscard, gnu::always_inline]] inline float pair_of(float low, float high) {
  float pair;
  __asm__("vcvtb.f16.f32 %0, %1" : "=t"(pair) : "t"(low));
  __asm__("vcvtt.f16.f32 %0, %1" : "+t"(pair) : "t"(high));
  return pair;
}

} // namespace dsp

/// VMLA rounds the product as well as the sum.
[[nodiscard, gnu::always_inline]] inline float add_product(float sum, float a, float b) {
  __asm__("vmla.f32 %0, %1, %2" : "+t"(sum) : "t"(a), "t"(b));
  return sum;
}

template <int N, int Slot, bool Pairs>
[[gnu::always_inline]] inline void load_run(const float *from, float *values) {
  if constexpr (dsp::kMovesAtOnce<N>) {
    dsp::RunRegisters<Slot>::load(*reinterpret_cast<const float(*)[N]>(from), values);
  } else {
    plain_load_run<N, Slot, Pairs>(from, values);
  }
}
template <int N, int Slot, bool Pairs>
[[gnu::always_inline]] inline void load_run(const Half *from, float *values) {
  if constexpr (Pairs && N % 2 == 0) {
    float pairs[N / 2];
    load_run<N / 2, Slot, Pairs>(reinterpret_cast<const float *>(from), pairs);
#pragma GCC unroll 8
    for (int i = 0; i < N / 2; ++i) {
      values[2 * i] = dsp::low_half_of(pairs[i]);
      values[2 * i + 1] = dsp::high_half_of(pairs[i]);
    }
  } else {
#pragma GCC unroll 8
    for (int i = 0; i < N; ++i) {
      values[i] = to_float(from[i]);
    }
  }
}

template <int N, int Slot, bool Pairs>
[[gnu::always_inline]] inline void store_run(float *to, const float *values) {
  if constexpr (dsp::kMovesAtOnce<N>) {
    dsp::RunRegisters<Slot>::store(*reinterpret_cast<float(*)[N]>(to), values);
  } else {
    plain_store_run<N, Slot, Pairs>(to, values);
  }
}
template <int N, int Slot, bool Pairs>
[[gnu::always_inline]] inline void store_run(Half *to, const float *values) {
  if constexpr (Pairs && N % 2 == 0) {
    float pairs[N / 2];
#pragma GCC unroll 8
    for (int i = 0; i < N / 2; ++i) {
      pairs[i] = dsp::pair_of(values[2 * i], values[2 * i + 1]);
    }
    store_run<N / 2, Slot, Pairs>(reinterpret_cast<float *>(to), pairs);
  } else {
#pragma GCC unroll 8
    for (int i = 0; i < N; ++i) {
      to[i] = to_half(values[i]);
    }
  }
}

#else

[[nodiscard, gnu::always_inline]] inline float add_product(float sum, float a, float b) {
  return plain_add_product(sum, a, b);
}
template <int N, int Slot, bool Pairs, typename P>
[[gnu::always_inline]] inline void load_run(const P *from, float *values) {
  plain_load_run<N, Slot, Pairs>(from, values);
}
template <int N, int Slot, bool Pairs, typename P>
[[gnu::always_inline]] inline void store_run(P *to, const float *values) {
  plain_store_run<N, Slot, Pairs>(to, values);
}

#endif

} // namespace tinyml::kernels::isa
