// SPDX-License-Identifier: Apache-2.0
// The four functions that GCC calls on its own. Word copies where both sides are aligned alike,
// bytes otherwise: small, and the large copies (frames, flash) are aligned.
#include <cstddef>
#include <cstdint>

namespace {

using Word = std::uint32_t __attribute__((may_alias));

bool word_aligned(const void *a, const void *b) {
  return ((reinterpret_cast<std::uintptr_t>(a) | reinterpret_cast<std::uintptr_t>(b)) %
          sizeof(Word)) == 0;
}

} // namespace

extern "C" {

void *memcpy(void *to, const void *from, std::size_t size) {
  auto *out = static_cast<std::uint8_t *>(to);
  const auto *in = static_cast<const std::uint8_t *>(from);
  if (word_aligned(out, in)) {
    for (; size >= sizeof(Word); size -= sizeof(Word), out += sizeof(Word), in += sizeof(Word)) {
      *reinterpret_cast<Word *>(out) = *reinterpret_cast<const Word *>(in);
    }
  }
  while (size-- > 0) {
    *out++ = *in++;
  }
  return to;
}

void *memmove(void *to, const void *from, std::size_t size) {
  auto *out = static_cast<std::uint8_t *>(to);
  const auto *in = static_cast<const std::uint8_t *>(from);
  if (out <= in || out >= in + size) {
    return memcpy(to, from, size);
  }
  while (size-- > 0) {
    out[size] = in[size];
  }
  return to;
}

void *memset(void *to, int value, std::size_t size) {
  auto *out = static_cast<std::uint8_t *>(to);
  const auto byte = static_cast<std::uint8_t>(value);
  if (word_aligned(out, out)) {
    const Word word = byte * 0x01010101U;
    for (; size >= sizeof(Word); size -= sizeof(Word), out += sizeof(Word)) {
      *reinterpret_cast<Word *>(out) = word;
    }
  }
  while (size-- > 0) {
    *out++ = byte;
  }
  return to;
}

int memcmp(const void *left, const void *right, std::size_t size) {
  const auto *a = static_cast<const std::uint8_t *>(left);
  const auto *b = static_cast<const std::uint8_t *>(right);
  for (; size > 0; --size, ++a, ++b) {
    if (*a != *b) {
      return *a < *b ? -1 : 1;
    }
  }
  return 0;
}

const void *memchr(const void *from, int value, std::size_t size) {
  const auto *in = static_cast<const std::uint8_t *>(from);
  for (; size > 0; --size, ++in) {
    if (*in == static_cast<std::uint8_t>(value)) {
      return in;
    }
  }
  return nullptr;
}

std::size_t strlen(const char *text) {
  const char *end = text;
  while (*end != '\0') {
    ++end;
  }
  return static_cast<std::size_t>(end - text);
}
}
