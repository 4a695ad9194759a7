// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

namespace tinyml {

/// Marks a value as the failure of a Result: `return Failure{Error::kTruncated};`
template <typename E> struct Failure { E error; };
template <typename E> Failure(E) -> Failure<E>;

/// A value or an error; errors are values, nothing is thrown. `E` is an enum on a device and a
/// struct with a message (see base/error.hpp) on the host. Reading the wrong side is our own
/// mistake and asserts.
template <typename T, typename E> class [[nodiscard]] Result {
public:
  using Value = T;
  using Error = E;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure<E> failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] const T &value() const & { return *checked<0>(); }
  [[nodiscard]] T &value() & {
    return *const_cast<T *>(std::as_const(*this).template checked<0>());
  }
  [[nodiscard]] T &&value() && { return std::move(value()); }
  [[nodiscard]] const E &error() const { return *checked<1>(); }

  const T &operator*() const & { return value(); }
  T &operator*() & { return value(); }
  T &&operator*() && { return std::move(*this).value(); }
  const T *operator->() const { return &value(); }
  T *operator->() { return &value(); }

private:
  template <std::size_t I> auto checked() const {
    auto *side = std::get_if<I>(&state_);
    assert(side != nullptr);
    return side;
  }

  std::variant<T, E> state_;
};

/// A Result without a value: success, or why not.
template <typename E> class [[nodiscard]] Result<void, E> {
public:
  using Value = void;
  using Error = E;

  Result() = default;
  Result(Failure<E> failure) : error_(std::move(failure.error)) {}

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const E &error() const {
    assert(error_.has_value());
    return *error_;
  }

private:
  std::optional<E> error_;
};

} // namespace tinyml
