// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "device/adaptive/parameter_slot.hpp"
#include "os/store/training_area.hpp"

namespace tinyml::device {

/// The models that an adaptive device keeps at the end of the user area: the ordered one, and the
/// adapted one twice, so that one stays whole while the next is written.
template <store::Flash Flash> class ParameterStore {
public:
  using Slot = ParameterSlot<Flash>;

  ParameterStore(Flash &flash, const store::Layout &layout, const module::ModuleInfo &module,
                 std::uint32_t parameter_count)
      : ordered(flash), module_(module), adapted_{Slot(flash), Slot(flash)}, left_(layout) {
    store::RegionTaker taker(layout.user, std::max<std::uint32_t>(flash.info().sector_bytes, 512));
    const std::uint32_t bytes = Slot::bytes_for(flash.info(), parameter_count);
    ordered.place(taker.take(bytes));
    adapted_[0].place(taker.take(bytes));
    adapted_[1].place(taker.take(bytes));
    if (has_room()) {
      left_.user = taker.left();
    }
  }

  [[nodiscard]] bool has_room() const { return adapted_[1].has_room(); }
  /// The layout with what is left of the user area; all of it when there is no room here.
  [[nodiscard]] const store::Layout &left() const { return left_; }

  /// The latest adapted model; null when there is none.
  Slot *latest() {
    const auto first = adapted_[0].header(module_);
    const auto second = adapted_[1].header(module_);
    generation_ = std::max({generation_, first ? first->number : 0, second ? second->number : 0});
    if (!first && !second) {
      return nullptr;
    }
    return &adapted_[!first || (second && second->number > first->number) ? 1 : 0];
  }
  /// Where the next one goes.
  Slot &next() { return adapted_[latest() == &adapted_[0] ? 1 : 0]; }
  bool finish(Slot &slot) { return slot.finish(module_, &slot == &ordered ? 0 : ++generation_); }
  bool forget_adapted() { return adapted_[0].erase() && adapted_[1].erase(); }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }

  Slot ordered;

private:
  const module::ModuleInfo &module_;
  Slot adapted_[2];
  store::Layout left_;
  std::uint32_t generation_ = 0;
};

} // namespace tinyml::device
