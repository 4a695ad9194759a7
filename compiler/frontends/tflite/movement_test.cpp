// SPDX-License-Identifier: Apache-2.0
// Operators that move elements.
#include "compiler/frontends/tflite/run_model.hpp"

namespace tinyml::tflite {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace schema; // NOLINT(google-build-using-namespace): the format's names, in a test

constexpr TensorType kF32 = TensorType_FLOAT32;
constexpr TensorType kI8 = TensorType_INT8;

TEST(Reshape, TakesTheDeclaredShape) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2, 3});
  const int flat = m.tensor(kF32, {6});
  const int longer = m.tensor(kF32, {6, 1});
  const int y = m.output(m.tensor(kF32, {6}));
  m.node(BuiltinOperator_RESHAPE, {x, m.ints({-1})}, {flat});
  m.node(BuiltinOperator_EXPAND_DIMS, {flat, m.ints({1})}, {longer});
  m.node(BuiltinOperator_SQUEEZE, {longer}, {y});
  EXPECT_EQ(run<float>(m, {counting(6)}), counting(6));
}

TEST(Reshape, DoesNotChangeTheScale) {
  ModelBuilder m;
  const int x = m.input(kI8, {2}, {{0.5F}, {0}});
  const int y = m.output(m.tensor(kI8, {2, 1}, {{0.25F}, {0}}));
  m.node(BuiltinOperator_RESHAPE, {x}, {y});
  EXPECT_THAT(import_error(m), HasSubstr("node 0 't1' (RESHAPE): changes the scale"));
}

TEST(Transpose, Permutes) {
  ModelBuilder m;
  const int x = m.input(kF32, {2, 3});
  const int y = m.output(m.tensor(kF32, {3, 2}));
  m.node(BuiltinOperator_TRANSPOSE, {x, m.ints({1, 0})}, {y});
  EXPECT_THAT(run<float>(m, {counting(6)}), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(Concatenation, JoinsAlongAnAxisFromTheBack) {
  ModelBuilder m;
  const int x = m.input(kF32, {2, 1});
  const int c = m.floats({2, 2}, {1, 2, 3, 4});
  const int y = m.output(m.tensor(kF32, {2, 3}));
  ConcatenationOptionsT options;
  options.axis = -1;
  options.activation = Activation_RELU;
  m.node(BuiltinOperator_CONCATENATION, {x, c}, {y}).with(options);
  EXPECT_THAT(run<float>(m, {{-9, 8}}), ElementsAre(0, 1, 2, 8, 3, 4));
}

TEST(Pad, FillsWithZeroOrAValueInBothArithmetics) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2});
  const int q = m.tensor(kI8, {1, 2}, {{0.5F}, {3}});
  const int zero = m.tensor(kI8, {2, 3}, {{0.5F}, {3}});
  const int filled = m.tensor(kI8, {1, 3}, {{0.5F}, {3}});
  m.output(zero);
  m.output(filled);
  const int value = m.constant<std::int8_t>(kI8, {1}, {7}, {{0.5F}, {3}});
  m.node(BuiltinOperator_QUANTIZE, {x}, {q});
  m.node(BuiltinOperator_PAD, {q, m.constant<std::int32_t>(TensorType_INT32, {2, 2}, {1, 0, 0, 1})},
         {zero});
  m.node(BuiltinOperator_PADV2,
         {q, m.constant<std::int64_t>(TensorType_INT64, {2, 2}, {0, 0, 1, 0}), value}, {filled});
  const auto graph = imported(m);
  const auto y = run_bytes(graph, {ir::constant_data<float>({1, 2})});
  EXPECT_THAT(y[0], ElementsAre(3, 3, 3, 5, 7, 3));
  EXPECT_THAT(y[1], ElementsAre(7, 5, 7));
}

TEST(Mean, ReducesAxesFromBothEnds) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2, 2, 2});
  const int y = m.output(m.tensor(kF32, {1, 2}));
  m.node(BuiltinOperator_MEAN, {x, m.ints({1, -2})}, {y}).with(ReducerOptionsT{});
  EXPECT_THAT(run<float>(m, {counting(8)}), ElementsAre(3, 4));
}

TEST(Slice, TakesAPart) {
  ModelBuilder m;
  const int x = m.input(kF32, {3, 4});
  const int y = m.output(m.tensor(kF32, {2, 2}));
  m.node(BuiltinOperator_SLICE, {x, m.ints({1, 2}), m.ints({-1, 2})}, {y});
  EXPECT_THAT(run<float>(m, {counting(12)}), ElementsAre(6, 7, 10, 11));
}

/// [3, 4] sliced with these numbers and masks.
std::vector<float> strided(const std::vector<int> &begin, const std::vector<int> &end,
                           const std::vector<int> &strides, const StridedSliceOptionsT &options,
                           ModelBuilder::Shape shape) {
  ModelBuilder m;
  const int x = m.input(kF32, {3, 4});
  const int y = m.output(m.tensor(kF32, std::move(shape)));
  m.node(BuiltinOperator_STRIDED_SLICE, {x, m.ints(begin), m.ints(end), m.ints(strides)}, {y})
      .with(options);
  return run<float>(m, {counting(12)});
}

TEST(StridedSlice, FollowsItsMasks) {
  StridedSliceOptionsT plain;
  EXPECT_THAT(strided({0, 1}, {3, 4}, {2, 2}, plain, {2, 2}), ElementsAre(1, 3, 9, 11));
  EXPECT_THAT(strided({-1, -1}, {-3, -9}, {-1, -3}, plain, {2, 2}), ElementsAre(11, 8, 7, 4));
  StridedSliceOptionsT open;
  open.begin_mask = 1;
  open.end_mask = 2;
  EXPECT_THAT(strided({2, 2}, {1, 0}, {1, 1}, open, {1, 2}), ElementsAre(2, 3));
  open.begin_mask = open.end_mask = 3;
  EXPECT_THAT(strided({0, 0}, {0, 0}, {-2, 3}, open, {2, 2}), ElementsAre(8, 11, 0, 3));
  StridedSliceOptionsT shrinks;
  shrinks.shrink_axis_mask = 1;
  EXPECT_THAT(strided({-1}, {0}, {1}, shrinks, {4}), ElementsAre(8, 9, 10, 11));
  StridedSliceOptionsT offset;
  offset.offset = true;
  EXPECT_THAT(strided({1, 1}, {1, 2}, {1, 1}, offset, {1, 2}), ElementsAre(5, 6));
}

TEST(StridedSlice, RefusesNothingAndOutside) {
  const auto error_of = [](const std::vector<int> &begin, const std::vector<int> &end, int stride,
                           int shrink) {
    ModelBuilder m;
    const int x = m.input(kF32, {3});
    const int y = m.output(m.tensor(kF32, {1}));
    StridedSliceOptionsT options;
    options.shrink_axis_mask = shrink;
    m.node(BuiltinOperator_STRIDED_SLICE, {x, m.ints(begin), m.ints(end), m.ints({stride})}, {y})
        .with(options);
    return import_error(m);
  };
  EXPECT_THAT(error_of({2}, {2}, 1, 0), HasSubstr("outside of it"));
  EXPECT_THAT(error_of({2}, {1}, 0, 0), HasSubstr("do not fit"));
  EXPECT_THAT(error_of({7}, {8}, 1, 1), HasSubstr("outside of it"));
  EXPECT_THAT(error_of({-2147483647 - 1}, {2147483647}, 2147483647, 0), HasSubstr("node 0"));
  EXPECT_THAT(error_of({0, 0}, {1, 1}, 1, 0), HasSubstr("do not fit"));
}

TEST(Split, SharesOutInParts) {
  ModelBuilder m;
  const int x = m.input(kF32, {2, 4});
  const auto output = [&](int columns) { return m.output(m.tensor(kF32, {2, columns})); };
  m.node(BuiltinOperator_SPLIT, {m.ints({1}), x}, {output(2), output(2)});
  m.node(BuiltinOperator_SPLIT_V, {x, m.ints({1, -1}), m.ints({-1})}, {output(1), output(3)});
  const auto y = run_all<float>(m, {counting(8)});
  EXPECT_THAT(y[0], ElementsAre(0, 1, 4, 5));
  EXPECT_THAT(y[1], ElementsAre(2, 3, 6, 7));
  EXPECT_THAT(y[2], ElementsAre(0, 4));
  EXPECT_THAT(y[3], ElementsAre(1, 2, 3, 5, 6, 7));
}

TEST(Pack, IsUndoneByUnpack) {
  ModelBuilder m;
  const int x = m.input(kF32, {2, 2});
  const int a = m.tensor(kF32, {2});
  const int b = m.tensor(kF32, {2});
  const int y = m.output(m.tensor(kF32, {2, 2}));
  UnpackOptionsT columns;
  columns.axis = 1;
  PackOptionsT rows;
  rows.axis = -2;
  m.node(BuiltinOperator_UNPACK, {x}, {a, b}).with(columns);
  m.node(BuiltinOperator_PACK, {b, a}, {y}).with(rows);
  EXPECT_THAT(run<float>(m, {counting(4)}), ElementsAre(1, 3, 0, 2));
}

TEST(Gather, TakesRowsByNumber) {
  ModelBuilder m;
  const int x = m.input(kF32, {3, 2});
  const int y = m.output(m.tensor(kF32, {2, 2}));
  m.node(BuiltinOperator_GATHER, {x, m.ints({2, 0})}, {y}).with(GatherOptionsT{});
  EXPECT_THAT(run<float>(m, {counting(6)}), ElementsAre(4, 5, 0, 1));
}

TEST(Repeat, TilesBroadcastsAndReverses) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2});
  const int tiled = m.output(m.tensor(kF32, {1, 4}));
  const int wide = m.output(m.tensor(kF32, {2, 1, 2}));
  const int reversed = m.output(m.tensor(kF32, {1, 2}));
  m.node(BuiltinOperator_TILE, {x, m.ints({1, 2})}, {tiled});
  m.node(BuiltinOperator_BROADCAST_TO, {x, m.ints({2, 1, 2})}, {wide});
  m.node(BuiltinOperator_REVERSE_V2, {x, m.ints({1})}, {reversed});
  const auto y = run_all<float>(m, {{5, 6}});
  EXPECT_THAT(y[0], ElementsAre(5, 6, 5, 6));
  EXPECT_THAT(y[1], ElementsAre(5, 6, 5, 6));
  EXPECT_THAT(y[2], ElementsAre(6, 5));
}

TEST(MirrorPad, MirrorsWithAndWithoutTheEdge) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 3});
  const int pads = m.constant<std::int32_t>(TensorType_INT32, {2, 2}, {0, 0, 2, 1});
  const int reflect = m.output(m.tensor(kF32, {1, 6}));
  const int symmetric = m.output(m.tensor(kF32, {1, 6}));
  MirrorPadOptionsT options;
  m.node(BuiltinOperator_MIRROR_PAD, {x, pads}, {reflect}).with(options);
  options.mode = MirrorPadMode_SYMMETRIC;
  m.node(BuiltinOperator_MIRROR_PAD, {x, pads}, {symmetric}).with(options);
  const auto y = run_all<float>(m, {{1, 2, 3}});
  EXPECT_THAT(y[0], ElementsAre(3, 2, 1, 2, 3, 2));
  EXPECT_THAT(y[1], ElementsAre(2, 1, 1, 2, 3, 3));
}

TEST(Shape, MakesReshapesOfComputedShapesStatic) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2, 2});
  const int shape = m.tensor(TensorType_INT32, {3});
  const int batch = m.tensor(TensorType_INT32, {});
  const int wanted = m.tensor(TensorType_INT32, {2});
  const int y = m.output(m.tensor(kF32, {1, 4}));
  StridedSliceOptionsT first;
  first.shrink_axis_mask = 1;
  const int rest = m.constant<std::int32_t>(TensorType_INT32, {}, {-1});
  m.node(BuiltinOperator_SHAPE, {x}, {shape});
  m.node(BuiltinOperator_STRIDED_SLICE, {shape, m.ints({0}), m.ints({1}), m.ints({1})}, {batch})
      .with(first);
  m.node(BuiltinOperator_PACK, {batch, rest}, {wanted}).with(PackOptionsT{});
  m.node(BuiltinOperator_RESHAPE, {x, wanted}, {y});
  EXPECT_EQ(run<float>(m, {counting(4)}), counting(4));
  EXPECT_EQ(imported(m).nodes.size(), 1U);
}

TEST(Resize, FollowsEachRuleForCoordinates) {
  const auto resized = [](bool linear, bool align, bool half, int columns) {
    ModelBuilder m;
    const int x = m.input(kF32, {1, 1, 4, 1});
    const int y = m.output(m.tensor(kF32, {1, 1, columns, 1}));
    const int sizes = m.ints({1, columns});
    if (linear) {
      ResizeBilinearOptionsT options;
      options.align_corners = align;
      options.half_pixel_centers = half;
      m.node(BuiltinOperator_RESIZE_BILINEAR, {x, sizes}, {y}).with(options);
    } else {
      ResizeNearestNeighborOptionsT options;
      options.align_corners = align;
      options.half_pixel_centers = half;
      m.node(BuiltinOperator_RESIZE_NEAREST_NEIGHBOR, {x, sizes}, {y}).with(options);
    }
    return run<float>(m, {{0, 10, 20, 30}});
  };
  EXPECT_THAT(resized(false, false, false, 3), ElementsAre(0, 10, 20));
  EXPECT_THAT(resized(false, false, true, 3), ElementsAre(0, 20, 30));
  EXPECT_THAT(resized(false, true, false, 3), ElementsAre(0, 20, 30));
  EXPECT_THAT(resized(true, false, false, 8), ElementsAre(0, 5, 10, 15, 20, 25, 30, 30));
  EXPECT_THAT(resized(true, false, true, 8),
              ElementsAre(0, 2.5F, 7.5F, 12.5F, 17.5F, 22.5F, 27.5F, 30));
  EXPECT_THAT(resized(true, true, false, 7), ElementsAre(0, 5, 10, 15, 20, 25, 30));
}

TEST(Blocks, MoveBetweenSpaceAndDepth) {
  ModelBuilder m;
  const int x = m.input(kF32, {1, 2, 4, 1});
  const int deep = m.output(m.tensor(kF32, {1, 1, 2, 4}));
  const int wide = m.output(m.tensor(kF32, {1, 2, 4, 1}));
  SpaceToDepthOptionsT block;
  block.block_size = 2;
  DepthToSpaceOptionsT back;
  back.block_size = 2;
  m.node(BuiltinOperator_SPACE_TO_DEPTH, {x}, {deep}).with(block);
  m.node(BuiltinOperator_DEPTH_TO_SPACE, {deep}, {wide}).with(back);
  const auto y = run_all<float>(m, {counting(8)});
  EXPECT_THAT(y[0], ElementsAre(0, 1, 4, 5, 2, 3, 6, 7));
  EXPECT_EQ(y[1], counting(8));
}

} // namespace
} // namespace tinyml::tflite
