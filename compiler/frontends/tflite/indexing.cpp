// SPDX-License-Identifier: Apache-2.0
// GATHER, GATHER_ND, EMBEDDING_LOOKUP, TILE, BROADCAST_TO, FILL, SHAPE, MIRROR_PAD, RESIZE_*,
// SPACE_TO_DEPTH, DEPTH_TO_SPACE.
#include "compiler/frontends/tflite/node_import.hpp"

#include <algorithm>

namespace tinyml::tflite {
namespace {

using Numbers = std::vector<std::int64_t>;

/// Repeats dimensions of size one until the shape is reached.
ir::ValueId broadcast_to(NodeImport &n, ir::ValueId x, const ir::Shape &wanted) {
  ir::Shape shape = n.shape(x);
  if (n.ok() && shape.size() > wanted.size()) {
    n.invalid("cannot broadcast " + ir::shape_text(shape) + " to " + ir::shape_text(wanted));
  }
  if (!n.ok()) {
    return ir::kNoValue;
  }
  shape.insert(shape.begin(), wanted.size() - shape.size(), 1);
  Numbers repeats(wanted.size(), 1);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    repeats[i] = shape[i] == wanted[i] ? 1 : wanted[i];
  }
  return n.emit(ir::Op::kTile, {n.reshape(x, shape)}, {{"repeats", repeats}});
}

/// Positions along an axis that is mirrored at both ends.
std::vector<std::int32_t> mirrored(std::int64_t size, std::int64_t before, std::int64_t after,
                                   bool repeats_edge) {
  std::vector<std::int32_t> positions;
  const std::int64_t shift = repeats_edge ? 1 : 0;
  for (std::int64_t i = -before; i < size + after; ++i) {
    const std::int64_t position = i < 0 ? -i - shift : i >= size ? 2 * (size - 1) - i + shift : i;
    positions.push_back(static_cast<std::int32_t>(position));
  }
  return positions;
}

/// Moves the block's rows and columns between the image and the channels.
void exchange_blocks(NodeImport &n, bool to_depth) {
  const ir::ValueId x = n.input(0);
  const std::int64_t block = to_depth ? n.options<schema::SpaceToDepthOptions>().block_size()
                                      : n.options<schema::DepthToSpaceOptions>().block_size();
  const ir::Shape s = n.shape(x);
  if (n.ok() &&
      (s.size() != 4 || block < 1 || block > ir::kMaxAttribute ||
       (to_depth ? s[1] % block != 0 || s[2] % block != 0 : s[3] % (block * block) != 0))) {
    n.invalid("cannot exchange blocks of " + std::to_string(block) + " in " + ir::shape_text(s));
  }
  if (!n.ok()) {
    return;
  }
  const std::int64_t depth = s[3] / (to_depth ? 1 : block * block);
  const ir::Shape cut = to_depth ? ir::Shape{s[0], s[1] / block, block, s[2] / block, block, s[3]}
                                 : ir::Shape{s[0], s[1], s[2], block, block, depth};
  const ir::ValueId moved =
      n.emit(ir::Op::kTranspose, {n.reshape(x, cut)}, {{"permutation", Numbers{0, 1, 3, 2, 4, 5}}});
  n.define(0, n.reshape(moved,
                        to_depth ? ir::Shape{s[0], s[1] / block, s[2] / block, s[3] * block * block}
                                 : ir::Shape{s[0], s[1] * block, s[2] * block, depth}));
}

template <typename Options> void convert_resize(NodeImport &n, bool linear) {
  const auto &options = n.options<Options>();
  const ir::ValueId x = n.input(0);
  const Numbers sizes = n.constant_ints(1, "size");
  if (n.ok() && (n.shape(x).size() != 4 || sizes.size() != 2)) {
    n.invalid("needs a 4-dimensional image and two sizes");
  }
  if (options.align_corners() && options.half_pixel_centers()) {
    n.unsupported("has both align_corners and half_pixel_centers");
  }
  const char *half_pixel = linear ? "half_pixel" : "tf_half_pixel_for_nn";
  const std::string coordinates = options.align_corners()        ? "align_corners"
                                  : options.half_pixel_centers() ? half_pixel
                                                                 : "asymmetric";
  n.produce(ir::Op::kResize, {x},
            {{"axes", Numbers{1, 2}},
             {"sizes", sizes},
             {"mode", std::string(linear ? "linear" : "nearest")},
             {"coordinates", coordinates},
             {"rounding", std::string(options.align_corners() ? "round_prefer_ceil" : "floor")}});
}

} // namespace

void convert_gather(NodeImport &n) {
  const auto &options = n.options<schema::GatherOptions>();
  const ir::ValueId x = n.input(0);
  const ir::ValueId indices = n.input(1);
  if (options.batch_dims() != 0) {
    n.unsupported("is supported without batch dimensions only");
  }
  const auto axis = static_cast<std::int64_t>(n.axis(options.axis(), n.shape(x).size()));
  n.produce(ir::Op::kGather, {x, indices}, {{"axis", axis}});
}

void convert_gather_nd(NodeImport &n) { n.produce(ir::Op::kGatherNd, {n.input(0), n.input(1)}); }

void convert_embedding_lookup(NodeImport &n) {
  const ir::ValueId indices = n.input(0);
  n.produce(ir::Op::kGather, {n.input(1), indices}, {{"axis", std::int64_t{0}}});
}

void convert_tile(NodeImport &n) {
  n.produce(ir::Op::kTile, {n.input(0)}, {{"repeats", n.constant_ints(1, "multiples")}});
}

void convert_broadcast_to(NodeImport &n) {
  n.define(0, broadcast_to(n, n.input(0), n.constant_ints(1, "shape")));
}

void convert_fill(NodeImport &n) {
  n.define(0, broadcast_to(n, n.input(1), n.constant_ints(0, "shape")));
}

/// Shapes are static, so a shape is a constant.
void convert_shape(NodeImport &n) {
  const ir::Shape shape = n.shape(n.input(0));
  const ir::TensorType result = n.declared();
  if (!n.ok()) {
    return;
  }
  const ir::TensorType type = {result.element, {static_cast<std::int64_t>(shape.size())}, {}};
  const bool wide = result.element == ir::ElementType::kInt64;
  if (shape.empty() || (!wide && result.element != ir::ElementType::kInt32)) {
    n.unsupported("is supported for tensors with dimensions, as int32 or int64");
    return;
  }
  n.define(0, ir::add_constant(
                  n.graph(), n.name(), type,
                  wide ? ir::constant_data(shape)
                       : ir::constant_data(std::vector<std::int32_t>(shape.begin(), shape.end()))));
}

void convert_mirror_pad(NodeImport &n) {
  const auto &options = n.options<schema::MirrorPadOptions>();
  ir::ValueId y = n.input(0);
  const Numbers pads = n.constant_ints(1, "paddings");
  const ir::Shape shape = n.shape(y);
  const bool repeats_edge = options.mode() == schema::MirrorPadMode_SYMMETRIC;
  if (n.ok() && pads.size() != 2 * shape.size()) {
    n.invalid("has " + std::to_string(pads.size()) + " paddings for " +
              std::to_string(shape.size()) + " dimensions");
  }
  for (std::size_t i = 0; n.ok() && i < shape.size(); ++i) {
    const std::int64_t most = repeats_edge ? shape[i] : shape[i] - 1;
    const std::int64_t before = pads[2 * i];
    const std::int64_t after = pads[2 * i + 1];
    if (before < 0 || after < 0 || before > most || after > most || shape[i] > ir::kMaxAttribute) {
      n.invalid("cannot mirror " + std::to_string(std::max(before, after)) + " of " +
                std::to_string(shape[i]) + " elements");
    } else if (before + after > 0) {
      const auto positions = mirrored(shape[i], before, after, repeats_edge);
      const ir::ValueId indices = ir::add_constant(
          n.graph(), n.name(),
          {ir::ElementType::kInt32, {static_cast<std::int64_t>(positions.size())}, {}},
          ir::constant_data(positions));
      y = n.emit(ir::Op::kGather, {y, indices}, {{"axis", static_cast<std::int64_t>(i)}});
    }
  }
  n.define(0, y);
}

void convert_resize_bilinear(NodeImport &n) {
  convert_resize<schema::ResizeBilinearOptions>(n, true);
}
void convert_resize_nearest_neighbor(NodeImport &n) {
  convert_resize<schema::ResizeNearestNeighborOptions>(n, false);
}

void convert_space_to_depth(NodeImport &n) { exchange_blocks(n, true); }
void convert_depth_to_space(NodeImport &n) { exchange_blocks(n, false); }

} // namespace tinyml::tflite
