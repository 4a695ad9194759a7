// SPDX-License-Identifier: Apache-2.0
#include "tender/monitor/virtual_machine.hpp"

#include "tender/monitor/guest_layout.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

namespace tinyml::tender {
namespace {

constexpr std::uint64_t kFlagsReserved = 2; // RFLAGS bit 1 is always set

kvm_segment flat_segment(std::uint16_t selector, bool code) {
  constexpr std::uint8_t kCodeReadAccessed = 11;
  constexpr std::uint8_t kDataWriteAccessed = 3;
  kvm_segment segment{};
  segment.limit = 0xFFFFFFFF;
  segment.selector = selector | 3;
  segment.type = code ? kCodeReadAccessed : kDataWriteAccessed;
  segment.present = 1;
  segment.dpl = 3;
  segment.db = code ? 0 : 1;
  segment.s = 1;
  segment.l = code ? 1 : 0;
  segment.g = 1;
  return segment;
}

/// Long mode with paging, write protection, no-execute pages and the vector units. Intel SDM
/// volume 3, 2.2.1 and 2.5.
void enter_long_mode(kvm_sregs &special) {
  special.cr0 = 0x8001'0033; // PG WP NE ET MP PE
  special.cr3 = 0;
  special.cr4 = 0x4'0620; // OSXSAVE OSXMMEXCPT OSFXSR PAE
  special.efer = 0xD00;   // NXE LMA LME
  special.idt = {};
  special.gdt = {};
  special.cs = flat_segment(0x30, true);
  special.ss = special.ds = special.es = special.fs = special.gs = flat_segment(0x28, false);
}

Failure<HostError> no_device(int error) {
  if (error == EACCES || error == EPERM) {
    return fail(ErrorCode::kUnavailable,
                "/dev/kvm may not be used by this user; become a member of its group (usually: "
                "sudo adduser $USER kvm, then log in again)");
  }
  return fail(ErrorCode::kUnavailable,
              std::string("/dev/kvm cannot be opened (") + std::strerror(error) +
                  "): this board needs a Linux host with KVM. Load the module (modprobe kvm_intel "
                  "or kvm_amd), allow virtualisation in the firmware, or choose another board");
}

Failure<HostError> refused(const char *what) {
  return fail(ErrorCode::kUnavailable,
              std::string("KVM refused ") + what + ": " + std::strerror(errno));
}

} // namespace

HostPages::~HostPages() {
  if (bytes_.data() != nullptr) {
    ::munmap(bytes_.data(), bytes_.size());
  }
}

Expected<VirtualMachine> VirtualMachine::create(std::uint32_t memory_bytes) {
  VirtualMachine machine;
  machine.units_ = offered_units(x86_64::extensions_here());
  if (machine.units_ == VectorUnits::kNone) {
    return fail(ErrorCode::kUnavailable,
                "this processor has no AVX2, which programs for board kvm-x86_64 are compiled for; "
                "choose board linux");
  }
  if (auto opened = machine.open_device(); !opened) {
    return Failure{opened.error()};
  }
  if (auto added = machine.add_memory(memory_bytes); !added) {
    return Failure{added.error()};
  }
  if (auto added = machine.add_processor(); !added) {
    return Failure{added.error()};
  }
  return machine;
}

Expected<void> VirtualMachine::open_device() {
  device_ = FileDescriptor(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!device_.valid()) {
    return no_device(errno);
  }
  if (::ioctl(device_.get(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION) {
    return refused("this version of its API");
  }
  machine_ = FileDescriptor(::ioctl(device_.get(), KVM_CREATE_VM, 0));
  return machine_.valid() ? Expected<void>{} : refused("a machine");
}

Expected<void> VirtualMachine::add_memory(std::uint32_t bytes) {
  void *start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) {
    return fail(ErrorCode::kResourceFull, "this host has no memory for the machine");
  }
  memory_ = HostPages(start, bytes);
  kvm_userspace_memory_region region{};
  region.memory_size = bytes;
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(start);
  const int status = ::ioctl(machine_.get(), KVM_SET_USER_MEMORY_REGION, &region);
  return status == 0 ? Expected<void>{} : refused("the machine's memory");
}

Expected<void> VirtualMachine::add_processor() {
  processor_ = FileDescriptor(::ioctl(machine_.get(), KVM_CREATE_VCPU, 0));
  const int size = ::ioctl(device_.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
  if (!processor_.valid() || size < static_cast<int>(sizeof(kvm_run))) {
    return refused("a processor");
  }
  void *start = ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE, MAP_SHARED,
                       processor_.get(), 0);
  if (start == MAP_FAILED) {
    return refused("the processor's page");
  }
  run_pages_ = HostPages(start, static_cast<std::size_t>(size));
  run_ = static_cast<kvm_run *>(start);
  const int khz = ::ioctl(processor_.get(), KVM_GET_TSC_KHZ, 0);
  if (khz <= 0) {
    return refused("to tell the rate of the time stamp counter");
  }
  counter_khz_ = static_cast<std::uint32_t>(khz);
  return offer_units();
}

/// A KVM that does not keep AVX-512's registers for guests is offered what it does.
Expected<void> VirtualMachine::offer_units() {
  if (set_units()) {
    return {};
  }
  if (units_ == VectorUnits::kAvx512) {
    units_ = VectorUnits::kAvx2;
    if (set_units()) {
      return {};
    }
  }
  return refused("this processor's features");
}

bool VirtualMachine::set_units() const {
  const ProcessorFeatures features(units_);
  return ::ioctl(processor_.get(), ProcessorFeatures::kSetRequest, &features) == 0 && set_states();
}

bool VirtualMachine::set_states() const {
  kvm_xcrs extended{};
  extended.nr_xcrs = 1;
  extended.xcrs[0].value = ProcessorFeatures::states(units_);
  return ::ioctl(processor_.get(), KVM_SET_XCRS, &extended) == 0;
}

bool VirtualMachine::start(std::uint32_t entry) {
  constexpr std::uint16_t kX87Default = 0x37F;
  constexpr std::uint32_t kSseDefault = 0x1F80;
  kvm_sregs special{};
  kvm_fpu floats{};
  floats.fcw = kX87Default;
  floats.mxcsr = kSseDefault;
  kvm_regs registers{};
  registers.rip = entry;
  registers.rflags = kFlagsReserved;
  if (::ioctl(processor_.get(), KVM_GET_SREGS, &special) != 0) {
    return false;
  }
  enter_long_mode(special);
  return ::ioctl(processor_.get(), KVM_SET_SREGS, &special) == 0 &&
         ::ioctl(processor_.get(), KVM_SET_FPU, &floats) == 0 && set_states() && set(registers);
}

bool VirtualMachine::enter(std::uint32_t entry, std::uint32_t stack_top) {
  kvm_regs registers{};
  registers.rip = entry;
  registers.rsp = stack_top;
  registers.rflags = kFlagsReserved;
  return set(registers);
}

Stop VirtualMachine::run() {
  constexpr std::uint32_t kDoorbellBytes = 4;
  if (::ioctl(processor_.get(), KVM_RUN, 0) != 0) {
    run_->immediate_exit = 0;
    return errno == EINTR || errno == EAGAIN ? Stop::kInterrupt : Stop::kBroken;
  }
  if (run_->exit_reason == KVM_EXIT_MMIO) {
    const auto &access = run_->mmio;
    if (access.is_write != 0 && access.phys_addr == kDoorbellPhysical &&
        access.len == kDoorbellBytes) {
      doorbell_ = load_le<std::uint32_t>(access.data);
      return Stop::kDoorbell;
    }
  }
  // Shut down by an exception, an instruction that cannot be emulated, a halt, a port: all of it is
  // what a guest may not do.
  return Stop::kFault;
}

kvm::FaultRegisters VirtualMachine::fault_registers() {
  kvm_regs r{};
  kvm_sregs special{};
  kvm_vcpu_events events{};
  (void)get(r);
  (void)::ioctl(processor_.get(), KVM_GET_SREGS, &special);
  (void)::ioctl(processor_.get(), KVM_GET_VCPU_EVENTS, &events);
  return {.rip = r.rip,
          .rsp = r.rsp,
          .rflags = r.rflags,
          .address = special.cr2,
          .general = {r.rax, r.rbx, r.rcx, r.rdx, r.rsi, r.rdi, r.rbp, r.r8, r.r9, r.r10, r.r11,
                      r.r12, r.r13, r.r14, r.r15},
          .vector = events.exception.nr,
          .reserved = 0};
}

void VirtualMachine::discard_memory() {
  const ByteSpan all = memory();
  if (::madvise(all.data(), all.size(), MADV_DONTNEED) != 0) {
    std::memset(all.data(), 0, all.size());
  }
}

bool VirtualMachine::get(kvm_regs &registers) const {
  return ::ioctl(processor_.get(), KVM_GET_REGS, &registers) == 0;
}

bool VirtualMachine::set(const kvm_regs &registers) const {
  return ::ioctl(processor_.get(), KVM_SET_REGS, &registers) == 0;
}

} // namespace tinyml::tender
