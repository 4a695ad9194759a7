// SPDX-License-Identifier: Apache-2.0
#include "bench/costs/kernel_cases.hpp"

#include "bench/costs/case_builder.hpp"

namespace tinyml::bench {
namespace {

using ir::ElementType;
using ir::Op;
using Shape =
    CaseBuilder::WindowShape; // height, width, channels, outputs, kernel, stride, pad, groups

void add_convolutions(CaseBuilder &cases) {
  for (const Shape &shape :
       {Shape{12, 12, 3, 8, 3, 1, 1}, Shape{12, 12, 16, 16, 3, 1, 1}, Shape{8, 8, 32, 24, 3, 1, 0},
        Shape{16, 16, 8, 12, 3, 2, 1}, Shape{28, 28, 1, 6, 5, 1, 2}, Shape{14, 14, 6, 16, 5, 1, 0},
        Shape{20, 10, 1, 32, 4, 2, 1}, Shape{24, 24, 3, 8, 3, 2, 1}, Shape{5, 5, 64, 32, 3, 1, 1},
        Shape{7, 7, 5, 7, 3, 1, 1}}) {
    cases.convolution(shape);
  }
  for (const Shape &shape :
       {Shape{8, 8, 16, 32, 1, 1, 0}, Shape{12, 12, 8, 16, 1, 1, 0}, Shape{25, 5, 64, 64, 1, 1, 0},
        Shape{3, 3, 128, 96, 1, 1, 0}, Shape{6, 6, 24, 10, 1, 1, 0}, Shape{12, 12, 16, 32, 1, 2, 0},
        Shape{7, 9, 13, 6, 1, 1, 0}}) {
    cases.convolution(shape);
  }
  for (const Shape &shape : {Shape{10, 10, 8, 8, 3, 1, 1, 2}, Shape{8, 8, 16, 24, 3, 2, 1, 4},
                             Shape{6, 6, 12, 12, 1, 1, 0, 3}, Shape{12, 6, 4, 16, 5, 1, 2, 2},
                             Shape{9, 9, 10, 15, 3, 1, 1, 5}}) {
    cases.convolution(shape);
  }
}

void add_depthwise(CaseBuilder &cases) {
  for (const Shape &shape :
       {Shape{12, 12, 8, 8, 3, 1, 1}, Shape{12, 12, 32, 32, 3, 2, 1}, Shape{6, 6, 64, 64, 3, 1, 1},
        Shape{25, 5, 64, 64, 3, 1, 1}, Shape{3, 3, 128, 128, 3, 1, 1}, Shape{9, 7, 13, 13, 3, 1, 0},
        Shape{10, 10, 3, 3, 3, 1, 1}}) {
    cases.depthwise(shape);
  }
  for (const Shape &shape : {Shape{12, 12, 8, 8, 5, 1, 2}, Shape{10, 10, 16, 16, 2, 1, 0},
                             Shape{14, 7, 6, 6, 4, 2, 1}, Shape{9, 9, 24, 24, 7, 1, 3}}) {
    cases.depthwise(shape);
  }
  for (const Shape &shape : {Shape{20, 10, 1, 8, 4, 2, 1}, Shape{8, 8, 4, 8, 3, 1, 1},
                             Shape{10, 10, 6, 18, 3, 1, 0}, Shape{12, 12, 1, 16, 3, 1, 1}}) {
    cases.depthwise(shape);
  }
}

void add_pools(CaseBuilder &cases) {
  for (const Op op : {Op::kMaxPool2d, Op::kAveragePool2d}) {
    for (const Shape &shape : {Shape{28, 28, 6, 6, 2, 2, 0}, Shape{10, 10, 16, 16, 2, 2, 0},
                               Shape{8, 8, 64, 64, 8, 8, 0}, Shape{9, 9, 5, 5, 3, 2, 1},
                               Shape{12, 12, 24, 24, 3, 1, 1}, Shape{5, 5, 64, 64, 5, 5, 0}}) {
      cases.pool(op, shape);
    }
  }
}

void add_products(CaseBuilder &cases) {
  for (const auto &[rows, inputs, outputs] :
       {std::array{1, 64, 10}, std::array{1, 400, 120}, std::array{1, 784, 32},
        std::array{1, 128, 128}, std::array{1, 13, 5}, std::array{16, 24, 24},
        std::array{1, 8, 128}, std::array{1, 300, 3}}) {
    cases.fully_connected(rows, inputs, outputs);
  }
  for (const auto &[rows, inner, columns] : {std::array{8, 16, 8}, std::array{4, 32, 20},
                                             std::array{1, 64, 10}, std::array{12, 6, 12}}) {
    cases.matmul(rows, inner, columns);
  }
}

void add_elementwise(CaseBuilder &cases) {
  const std::vector<ir::Shape> shapes = {{1, 12, 12, 16}, {1, 64}, {1, 30, 5, 7}};
  for (const ir::Shape &shape : shapes) {
    for (const Op op : {Op::kAdd, Op::kSub, Op::kMul, Op::kDiv}) {
      cases.binary(op, shape, shape);
    }
    for (const Op op : {Op::kRelu, Op::kSigmoid, Op::kTanh}) {
      cases.unary(op, shape);
    }
    cases.unary(Op::kClip, shape, {{"min", -1.0}, {"max", 1.0}});
  }
  for (const auto &[rows, columns] : {std::array{1, 10}, std::array{1, 2}, std::array{12, 32}}) {
    cases.softmax(rows, columns);
  }
}

void add_movement(CaseBuilder &cases) {
  using Ints = std::vector<std::int64_t>;
  for (const ir::Shape &shape : {ir::Shape{1, 12, 12, 16}, ir::Shape{1, 8, 5, 3},
                                 ir::Shape{1, 28, 28, 1}, ir::Shape{1, 3, 24, 24}}) {
    cases.unary(Op::kPad, shape, {{"pads", Ints{0, 1, 1, 0, 0, 1, 1, 0}}});
    cases.unary(Op::kTranspose, shape, {{"permutation", Ints{0, 2, 3, 1}}});
    cases.unary(Op::kMean, shape, {{"axes", Ints{1, 2}}});
    cases.concat(shape, shape, 3);
  }
}

} // namespace

std::vector<KernelCase> kernel_cases(ElementType element) {
  CaseBuilder cases(element);
  add_convolutions(cases);
  add_depthwise(cases);
  add_pools(cases);
  add_products(cases);
  add_elementwise(cases);
  add_movement(cases);
  for (const ir::Shape &shape : {ir::Shape{1, 784}, ir::Shape{1, 64}, ir::Shape{1, 12, 12, 8}}) {
    if (element == ElementType::kFloat32) {
      cases.convert(Op::kQuantize, shape, ElementType::kFloat32, ElementType::kInt8);
    } else {
      cases.convert(Op::kDequantize, shape, element, ElementType::kFloat32);
      cases.convert(Op::kRequantize, shape, element, element);
    }
  }
  return cases.take();
}

} // namespace tinyml::bench
