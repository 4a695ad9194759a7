// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Elementwise vocabulary: a bundle of neighbouring elements of type T that are loaded, combined
/// and stored together. Here a bundle is one element; an ISA with vectors makes it wider.
namespace tinyml::kernels::isa {

template <typename T> struct Lanes {
  static constexpr int kCount = 1;
  T value;

  [[nodiscard]] static Lanes fill(T with) { return {with}; }
  [[nodiscard]] static Lanes load(const T *from) { return {*from}; }
  void store(T *to) const { *to = value; }

  [[nodiscard]] friend Lanes max(Lanes a, Lanes b) {
    return {a.value < b.value ? b.value : a.value};
  }
  [[nodiscard]] friend Lanes min(Lanes a, Lanes b) {
    return {b.value < a.value ? b.value : a.value};
  }
};

} // namespace tinyml::kernels::isa
