// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/resize.hpp"

#include "compiler/interpret/element.hpp"

namespace tinyml::interpret {

namespace {

std::vector<kernels::reference::BilinearPlace> bilinear(std::int64_t in, std::int64_t out,
                                                        kernels::reference::BilinearGrid grid) {
  return kernels::reference::bilinear_places(static_cast<std::int32_t>(in),
                                             static_cast<std::int32_t>(out), grid);
}

} // namespace

Expected<Step> make_resize(const StepContext &c) {
  const ir::Resize resize = ir::resize_of(c.node, c.in_type(0), c.out_type());
  if (const auto grid = ir::bilinear_grid(c.node, c.in_type(0), c.out_type())) {
    namespace reference = kernels::reference;
    const reference::ResizeShape &s = resize.shape;
    return Step([=, in = reference::BilinearShape{s.outer, s.in_rows, s.in_columns, s.inner},
                 rows = bilinear(s.in_rows, s.out_rows, *grid),
                 columns = bilinear(s.in_columns, s.out_columns, *grid)] {
      reference::resize_bilinear(in, rows, columns, c.in<std::int8_t>(0), c.out<std::int8_t>());
    });
  }
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
