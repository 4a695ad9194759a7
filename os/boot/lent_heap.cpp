// SPDX-License-Identifier: Apache-2.0
#include "os/boot/lent_heap.hpp"

#include "os/boot/mbedtls_config.h"

namespace tinyml::boot {
namespace {

/// In front of every block. Sizes are multiples of 8 and include the head; bit 0 says that the
/// block is taken.
struct alignas(8) BlockHead {
  std::uint32_t size_and_taken;

  [[nodiscard]] std::uint32_t size_bytes() const { return size_and_taken & ~1u; }
  [[nodiscard]] bool taken() const { return (size_and_taken & 1u) != 0; }
};

/// The only variables: they live in the bootloader's reserved RAM.
std::uint8_t *heap_begin = nullptr;
std::uint8_t *heap_end = nullptr;

BlockHead *head_at(std::uint8_t *at) { return reinterpret_cast<BlockHead *>(at); }

void join_following(std::uint8_t *at) {
  BlockHead *block = head_at(at);
  while (at + block->size_bytes() < heap_end && !head_at(at + block->size_bytes())->taken()) {
    block->size_and_taken += head_at(at + block->size_bytes())->size_bytes();
  }
}

void *take(std::uint8_t *at, std::uint32_t need) {
  const std::uint32_t size = head_at(at)->size_bytes();
  if (size - need >= 2 * sizeof(BlockHead)) {
    head_at(at + need)->size_and_taken = size - need;
    head_at(at)->size_and_taken = need | 1u;
  } else {
    head_at(at)->size_and_taken = size | 1u;
  }
  return at + sizeof(BlockHead);
}

void *allocate(std::uint32_t need) {
  for (std::uint8_t *at = heap_begin; at != heap_end; at += head_at(at)->size_bytes()) {
    if (!head_at(at)->taken()) {
      join_following(at);
      if (head_at(at)->size_bytes() >= need) {
        return take(at, need);
      }
    }
  }
  return nullptr;
}

} // namespace

LentHeap::LentHeap(ByteSpan memory) {
  const std::size_t usable = memory.size() & ~std::size_t{7};
  heap_begin = memory.data();
  heap_end = memory.data() + usable;
  if (usable < 2 * sizeof(BlockHead)) {
    heap_end = heap_begin;
  } else {
    head_at(heap_begin)->size_and_taken = static_cast<std::uint32_t>(usable);
  }
}

LentHeap::~LentHeap() { heap_begin = heap_end = nullptr; }

} // namespace tinyml::boot

extern "C" {

void *tinyml_lent_calloc(size_t count, size_t size) {
  using tinyml::boot::BlockHead;
  constexpr size_t kLargest = 1u << 16; // far beyond a 256-bit number; keeps the product in range
  if (count > kLargest || size > kLargest / (count == 0 ? 1 : count)) {
    return nullptr;
  }
  const auto bytes = static_cast<std::uint32_t>(count * size);
  void *block = tinyml::boot::allocate(((bytes + 7) & ~7u) + sizeof(BlockHead));
  if (block != nullptr) {
    std::memset(block, 0, bytes);
  }
  return block;
}

void tinyml_lent_free(void *block) {
  using tinyml::boot::BlockHead;
  if (block != nullptr) {
    auto *at = static_cast<std::uint8_t *>(block) - sizeof(BlockHead);
    tinyml::boot::head_at(at)->size_and_taken &= ~1u;
  }
}
}
