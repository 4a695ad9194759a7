// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "os/hal.hpp"

namespace tinyml::conformance {

/// Counts checks, tells each one's outcome on the console as it comes, and keeps them to be read
/// again: the same lines in the same order.
class Report {
public:
  static constexpr std::size_t kMostLines = 96;

  void check(std::string_view what, bool held) {
    ++(held ? passed_ : failed_);
    add({.text = what, .kind = held ? Kind::kOk : Kind::kFailed});
  }
  void skip(std::string_view what) { add({.text = what, .kind = Kind::kSkipped}); }
  void figure(std::string_view what, std::uint64_t value) {
    add({.text = what, .value = value, .kind = Kind::kFigure});
  }
  /// A name; both texts must last.
  void name(std::string_view text) { add({.text = text, .kind = Kind::kName}); }

  [[nodiscard]] std::uint32_t passed() const { return passed_; }
  [[nodiscard]] std::uint32_t failed() const { return failed_; }

  /// How long the kept lines are as text.
  [[nodiscard]] std::size_t text_bytes() const {
    std::size_t size = 0;
    for (std::size_t i = 0; i < lines_; ++i) {
      compose(line_[i], [&](std::string_view piece) { size += piece.size(); });
    }
    return size;
  }
  /// The part of that text that starts at `offset`; as much as fits. Returns its length.
  [[nodiscard]] std::size_t read(std::size_t offset, ByteSpan to) const {
    std::size_t at = 0;
    std::size_t copied = 0;
    for (std::size_t i = 0; i < lines_; ++i) {
      compose(line_[i], [&](std::string_view piece) {
        for (const char c : piece) {
          if (at++ >= offset && copied < to.size()) {
            to[copied++] = static_cast<std::uint8_t>(c);
          }
        }
      });
    }
    return copied;
  }

private:
  enum class Kind : std::uint8_t { kOk, kFailed, kSkipped, kFigure, kName };
  struct Line {
    std::string_view text;
    std::uint64_t value = 0;
    Kind kind = Kind::kOk;
  };

  void add(const Line &line) {
    compose(line, [](std::string_view piece) { hal::console_write(piece); });
    if (lines_ < kMostLines) {
      line_[lines_++] = line;
    }
  }

  template <typename Emit> static void compose(const Line &line, Emit emit) {
    constexpr std::string_view kWords[] = {"ok      ", "FAILED  ", "skipped ", "figure  ",
                                           "board   "};
    emit(kWords[static_cast<std::size_t>(line.kind)]);
    emit(line.text);
    if (line.kind == Kind::kFigure) {
      char digits[21];
      std::size_t at = sizeof(digits);
      std::uint64_t value = line.value;
      do {
        digits[--at] = static_cast<char>('0' + value % 10);
        value /= 10;
      } while (value != 0);
      digits[--at] = ' ';
      emit({digits + at, sizeof(digits) - at});
    }
    emit("\r\n");
  }

  Line line_[kMostLines] = {};
  std::size_t lines_ = 0;
  std::uint32_t passed_ = 0;
  std::uint32_t failed_ = 0;
};

} // namespace tinyml::conformance
