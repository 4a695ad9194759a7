// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/resize.hpp"

#include "compiler/interpret/element.hpp"

namespace tinyml::interpret {

Expected<Step> make_resize(const StepContext &c) {
  const ir::Resize resize = ir::resize_of(c.node, c.in_type(0), c.out_type());
  if (resize.weighted) {
    if (c.in_type(0).element != ir::ElementType::kFloat32) {
      return float_only(c.node);
    }
    return Step([=] {
      kernels::reference::resize_weighted(resize.shape, resize.rows, resize.columns,
                                          resize.extrapolation, c.in<float>(0), c.out<float>());
    });
  }
  if (c.in_type(0).quantization != c.out_type().quantization &&
      c.in_type(0).element != ir::ElementType::kFloat32) {
    return float_only(c.node);
  }
  return with_element(c.out_type().element, [&](auto element) -> Step {
    using T = decltype(element);
    return [=] {
      kernels::reference::resize_nearest<T>(resize.shape, resize.rows, resize.columns,
                                            static_cast<T>(resize.extrapolation), c.in<T>(0),
                                            c.out<T>());
    };
  });
}

} // namespace tinyml::interpret
