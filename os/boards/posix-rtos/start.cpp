// SPDX-License-Identifier: Apache-2.0
// A program's first bytes and its way onto its own stack, for x86-64 (System V ABI).
#include "os/freestanding/stack_memory.hpp"
#include "os/hosted/guest.hpp"

extern "C" {
extern std::uint32_t tinyml_data_start[];
extern std::uint32_t tinyml_data_end[];
extern const std::uint32_t tinyml_data_load[];
extern std::uint32_t tinyml_zero_start[];
extern std::uint32_t tinyml_zero_end[];
void tinyml_start(const tinyml::hosted::Host *host);
}

namespace {

void fill_statics() {
  const std::uint32_t *from = tinyml_data_load;
  for (std::uint32_t *to = tinyml_data_start; to < tinyml_data_end; ++to) {
    *to = *from++;
  }
  for (std::uint32_t *to = tinyml_zero_start; to < tinyml_zero_end; ++to) {
    *to = 0;
  }
}

void fault(const tinyml::hosted::Fault *found) {
  tinyml::hosted::take_fault<tinyml::diagnostics::Architecture::kX86_64>(*found);
}

} // namespace

extern "C" __attribute__((section(".vectors"), used))
const tinyml::hosted::Program tinyml_vectors = {tinyml_start, fault};

extern "C" [[noreturn]] void tinyml_start_on_own_stack(const tinyml::hosted::Host *host) {
  constexpr int kOwnFrameWords = 64;
  tinyml::stack::paint_below(static_cast<std::uint32_t *>(__builtin_frame_address(0)) -
                             kOwnFrameWords);
  fill_statics();
  tinyml::hosted::run(host);
}

extern "C" __attribute__((naked)) void tinyml_start(const tinyml::hosted::Host *) {
  asm volatile("lea tinyml_stack_top(%rip), %rsp\n"
               "xor %ebp, %ebp\n"
               "call tinyml_start_on_own_stack\n");
}
