// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A bundle of one element: what is left over behind the bundles of a kernel set with vectors, and
/// all of the element types that it has none for.
namespace tinyml::kernels::isa {

template <typename T> struct PlainLane {
  static constexpr int kCount = 1;
  T value;

  [[nodiscard]] static PlainLane fill(T with) { return {with}; }
  [[nodiscard]] static PlainLane load(const T *from) { return {*from}; }
  void store(T *to) const { *to = value; }

  [[nodiscard]] friend PlainLane max(PlainLane a, PlainLane b) {
    return {a.value < b.value ? b.value : a.value};
  }
  [[nodiscard]] friend PlainLane min(PlainLane a, PlainLane b) {
    return {b.value < a.value ? b.value : a.value};
  }
};

} // namespace tinyml::kernels::isa
