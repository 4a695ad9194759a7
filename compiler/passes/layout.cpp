// SPDX-License-Identifier: Apache-2.0
#include "compiler/passes/passes.hpp"
#include "compiler/passes/rewriter.hpp"

#include <algorithm>
#include <unordered_map>

namespace tinyml::passes {
namespace {

using ir::Op;

using Permutation = std::vector<std::int64_t>;

Permutation to_channels_last() { return {0, 2, 3, 1}; }
Permutation to_channels_first() { return {0, 3, 1, 2}; }

/// Where an axis of a channels-first tensor is in its channels-last form.
constexpr std::int64_t kMovedAxis[] = {0, 3, 1, 2};
constexpr int kMaxLookAhead = 16;

bool is_unary_elementwise(Op op) {
  return op == Op::kRelu || op == Op::kClip || op == Op::kSigmoid || op == Op::kTanh ||
         op == Op::kQuantize || op == Op::kDequantize || op == Op::kRequantize ||
         op == Op::kUnary || op == Op::kCast;
}

bool is_binary_elementwise(Op op) {
  return op == Op::kAdd || op == Op::kSub || op == Op::kMul || op == Op::kDiv ||
         op == Op::kBinary || op == Op::kSelect;
}

/// Moving the channels of such a tensor moves no element.
bool is_layout_free(const ir::Shape &channels_first) {
  return channels_first[1] == 1 || channels_first[2] * channels_first[3] == 1;
}

/// Follows channels-first values through the graph in channels-last form for as long as operators
/// allow, and moves data back only where one really needs the old order.
class LayoutConverter {
public:
  explicit LayoutConverter(Rewriter &rewriter)
      : r_(rewriter), original_(rewriter.graph().nodes), outputs_(rewriter.graph().outputs) {
    for (std::size_t i = 0; i < original_.size(); ++i) {
      for (const ir::ValueId input : original_[i].inputs) {
        readers_[input].push_back(i);
      }
    }
  }

  bool operator()(ir::Node &node) {
    if (convert(node)) {
      return true;
    }
    for (ir::ValueId &input : node.inputs) {
      input = channels_first(input);
    }
    return false;
  }

private:
  bool convert(const ir::Node &node) {
    const ir::ValueId x = node.inputs[0];
    switch (node.op) {
    case Op::kConv2d:
    case Op::kTransposeConv2d:
      return ir::layout_of(node) == ir::Layout::kNchw && convolution(node);
    case Op::kMaxPool2d:
    case Op::kAveragePool2d:
      return ir::layout_of(node) == ir::Layout::kNchw && pool(node);
    case Op::kFullyConnected:
      return flattened_.contains(x) && fully_connected(node);
    case Op::kConcat:
      return any_moved(node) && concat(node);
    default:
      break;
    }
    if (is_binary_elementwise(node.op)) {
      return any_moved(node) && binary(node);
    }
    if (flattened_.contains(x) && is_unary_elementwise(node.op)) {
      const auto axes = flattened_[x]; // a copy: inserting may move the table
      flattened_.emplace(node.outputs[0], axes);
      return false;
    }
    return moved_.contains(x) && convert_moved(node);
  }

  /// Operators on one tensor that is there in channels-last form.
  bool convert_moved(const ir::Node &node) {
    if (is_unary_elementwise(node.op)) {
      return define(node, emit_like(node, {moved_[node.inputs[0]]}, node.attributes));
    }
    switch (node.op) {
    case Op::kPad:
      return pad(node);
    case Op::kSoftmax:
    case Op::kBatchNorm:
      return along_axis(node);
    case Op::kMean:
    case Op::kReduce:
      return mean(node);
    case Op::kSlice:
      return slice(node);
    case Op::kTile:
      return tile(node);
    case Op::kResize:
      return resize(node);
    case Op::kTranspose:
      return transpose(node);
    case Op::kReshape:
      return reshape(node);
    default:
      return false;
    }
  }

  ir::ValueId emit_like(const ir::Node &node, std::vector<ir::ValueId> inputs,
                        ir::Attributes attributes) {
    return r_.emit(node.op, std::move(inputs), std::move(attributes), node.name,
                   r_.value(node.outputs[0]).type);
  }

  /// The node's result is there in channels-last form only, until someone asks for the other.
  bool define(const ir::Node &node, ir::ValueId channels_last) {
    const ir::ValueId y = node.outputs[0];
    moved_.emplace(y, channels_last);
    if (std::find(outputs_.begin(), outputs_.end(), y) != outputs_.end()) {
      channels_first(y);
    }
    return true;
  }

  /// The channels-last form of a 4-dimensional value.
  ir::ValueId channels_last(ir::ValueId x) {
    if (const auto found = moved_.find(x); found != moved_.end()) {
      return found->second;
    }
    const ir::Shape s = r_.shape(x);
    const std::string name = r_.value(x).name;
    const ir::ValueId moved = is_layout_free(s) && !r_.value(x).constant
                                  ? r_.reshape(x, {s[0], s[2], s[3], s[1]}, name)
                                  : r_.transpose(x, to_channels_last(), name);
    moved_.emplace(x, moved);
    return moved;
  }

  /// The value in its own order.
  ir::ValueId channels_first(ir::ValueId x) {
    const auto found = moved_.find(x);
    if (found == moved_.end() || is_made(x)) {
      return x;
    }
    const ir::Shape s = r_.shape(x);
    const std::string name = r_.value(x).name;
    const ir::ValueId back = is_layout_free(s)
                                 ? r_.reshape(found->second, s, name)
                                 : r_.transpose(found->second, to_channels_first(), name);
    const ir::ValueId moved = found->second;
    r_.let_stand_for(x, back);
    moved_.emplace(back, moved); // whoever reads it from now on sees this id
    made_.emplace(back, true);
    return back;
  }

  /// Whether the value exists in its own order: it is an input, a constant, or somebody computes
  /// it.
  bool is_made(ir::ValueId x) {
    return r_.producer(x) != nullptr || r_.value(x).constant || made_.contains(x) ||
           is_graph_input(x);
  }

  bool is_graph_input(ir::ValueId x) const {
    const auto &inputs = r_.graph().inputs;
    return std::find(inputs.begin(), inputs.end(), x) != inputs.end();
  }

  bool any_moved(const ir::Node &node) const {
    return r_.shape(node.outputs[0]).size() == 4 &&
           std::any_of(node.inputs.begin(), node.inputs.end(),
                       [&](ir::ValueId id) { return moved_.contains(id); });
  }

  bool convolution(const ir::Node &node) {
    const std::int64_t channels = r_.shape(node.inputs[0])[1];
    ir::Attributes attributes = node.attributes;
    attributes.erase("layout");
    const bool depthwise =
        node.op == Op::kConv2d && channels > 1 && ir::int_attribute(node, "groups", 1) == channels;
    std::vector<ir::ValueId> inputs = node.inputs;
    inputs[0] = channels_last(inputs[0]);
    inputs[1] = r_.transpose(inputs[1],
                             depthwise ? std::vector<std::int64_t>{1, 2, 3, 0} : to_channels_last(),
                             r_.value(inputs[1]).name);
    if (depthwise) {
      attributes.erase("groups");
    }
    return define(node, r_.emit(depthwise ? Op::kDepthwiseConv2d : node.op, inputs, attributes,
                                node.name, r_.value(node.outputs[0]).type));
  }

  bool pool(const ir::Node &node) {
    ir::Attributes attributes = node.attributes;
    attributes.erase("layout");
    return define(node, emit_like(node, {channels_last(node.inputs[0])}, attributes));
  }

  /// An operand that may have fewer dimensions than the result.
  ir::ValueId operand(ir::ValueId x) {
    ir::Shape shape = r_.shape(x);
    if (shape.empty() || shape.size() == 4) {
      return shape.empty() ? x : channels_last(x);
    }
    shape.insert(shape.begin(), 4 - shape.size(), 1);
    return channels_last(r_.reshape(x, shape, r_.value(x).name));
  }

  bool binary(const ir::Node &node) {
    std::vector<ir::ValueId> inputs;
    for (const ir::ValueId input : node.inputs) {
      inputs.push_back(operand(input));
    }
    return define(node, emit_like(node, inputs, node.attributes));
  }

  bool concat(const ir::Node &node) {
    std::vector<ir::ValueId> inputs;
    inputs.reserve(node.inputs.size());
    for (const ir::ValueId input : node.inputs) {
      inputs.push_back(channels_last(input));
    }
    return define(node, emit_like(node, inputs, with_moved_axis(node)));
  }

  static ir::Attributes with_moved_axis(const ir::Node &node) {
    ir::Attributes attributes = node.attributes;
    attributes["axis"] = kMovedAxis[ir::int_attribute(node, "axis", 1)];
    return attributes;
  }

  bool along_axis(const ir::Node &node) {
    std::vector<ir::ValueId> inputs = node.inputs;
    inputs[0] = moved_[inputs[0]];
    return define(node, emit_like(node, inputs, with_moved_axis(node)));
  }

  bool pad(const ir::Node &node) {
    const auto given = ir::ints_attribute(node, "pads", {});
    std::vector<std::int64_t> pads(given.size());
    for (std::size_t i = 0; i < 4; ++i) {
      const auto moved = static_cast<std::size_t>(kMovedAxis[i]);
      pads[moved] = given[i];
      pads[moved + 4] = given[i + 4];
    }
    ir::Attributes attributes = node.attributes;
    attributes["pads"] = pads;
    return define(node, emit_like(node, {moved_[node.inputs[0]]}, attributes));
  }

  /// One number a dimension, in the order of the moved dimensions.
  static void move_numbers(ir::Attributes &attributes, const std::string &name) {
    if (const auto found = attributes.find(name); found != attributes.end()) {
      const auto given = std::get<std::vector<std::int64_t>>(found->second);
      found->second = Permutation{given[0], given[2], given[3], given[1]};
    }
  }

  bool slice(const ir::Node &node) {
    ir::Attributes attributes = node.attributes;
    for (const char *name : {"begins", "sizes", "steps"}) {
      move_numbers(attributes, name);
    }
    return define(node, emit_like(node, {moved_[node.inputs[0]]}, attributes));
  }

  bool tile(const ir::Node &node) {
    ir::Attributes attributes = node.attributes;
    move_numbers(attributes, "repeats");
    return define(node, emit_like(node, {moved_[node.inputs[0]]}, attributes));
  }

  bool resize(const ir::Node &node) {
    ir::Attributes attributes = node.attributes;
    if (ir::ints_attribute(node, "axes", {}) != Permutation{2, 3}) {
      return false;
    }
    attributes["axes"] = Permutation{1, 2};
    return define(node, emit_like(node, {moved_[node.inputs[0]]}, attributes));
  }

  bool mean(const ir::Node &node) {
    const auto axes = ir::ints_attribute(node, "axes", {});
    const bool keeps = ir::int_attribute(node, "keep_dims", 1) != 0;
    const auto reduces = [&](std::int64_t axis) {
      return std::find(axes.begin(), axes.end(), axis) != axes.end();
    };
    if (!keeps && !reduces(1) && !(reduces(2) && reduces(3))) {
      return false; // the channels would end up behind H or W
    }
    std::vector<std::int64_t> moved(axes.size());
    std::transform(axes.begin(), axes.end(), moved.begin(),
                   [](std::int64_t axis) { return kMovedAxis[axis]; });
    std::sort(moved.begin(), moved.end());
    ir::Attributes attributes = node.attributes;
    attributes["axes"] = moved;
    const ir::ValueId y = emit_like(node, {moved_[node.inputs[0]]}, attributes);
    if (keeps) {
      return define(node, y);
    }
    r_.replace(node, y);
    return true;
  }

  bool transpose(const ir::Node &node) {
    std::vector<std::int64_t> composed;
    for (const std::int64_t axis : ir::ints_attribute(node, "permutation", {})) {
      composed.push_back(kMovedAxis[axis]);
    }
    r_.replace(node, r_.transpose(moved_[node.inputs[0]], composed, node.name));
    return true;
  }

  bool reshape(const ir::Node &node) {
    const ir::ValueId x = node.inputs[0];
    const ir::Shape from = r_.shape(x);
    const ir::Shape to = r_.shape(node.outputs[0]);
    if (is_layout_free(from)) {
      r_.replace(node, r_.reshape(moved_[x], to, node.name));
      return true;
    }
    if (to != ir::Shape{from[0], from[1] * from[2] * from[3]} ||
        !takes_any_order(node.outputs[0], kMaxLookAhead)) {
      return false;
    }
    const ir::ValueId flat = r_.reshape(moved_[x], to, node.name);
    flattened_.emplace(flat, from);
    r_.replace(node, flat);
    return true;
  }

  /// Whether all readers can have the elements of a row in another order: fully connected layers,
  /// whose weights can be sorted the same way, also behind elementwise operators.
  bool takes_any_order(ir::ValueId id, int look_ahead) const {
    const auto readers = readers_.find(id);
    if (readers == readers_.end() || look_ahead == 0 ||
        std::find(outputs_.begin(), outputs_.end(), id) != outputs_.end()) {
      return false;
    }
    return std::all_of(readers->second.begin(), readers->second.end(), [&](std::size_t i) {
      const ir::Node &node = original_[i];
      if (is_unary_elementwise(node.op)) {
        return takes_any_order(node.outputs[0], look_ahead - 1);
      }
      return node.op == Op::kFullyConnected && node.inputs[0] == id &&
             r_.is_float_constant(node.inputs[1]);
    });
  }

  /// Sorts the weights' columns from C, H, W to H, W, C.
  bool fully_connected(const ir::Node &node) {
    const ir::Shape image = flattened_[node.inputs[0]];
    const ir::Value weights = r_.value(node.inputs[1]);
    const std::int64_t outputs = weights.type.shape[0];
    const ir::ValueId cube = with_axis_of(
        weights, r_.reshape(node.inputs[1], {outputs, image[1], image[2], image[3]}, weights.name));
    const ir::ValueId sorted = r_.transpose(cube, to_channels_last(), weights.name);
    std::vector<ir::ValueId> inputs = node.inputs;
    inputs[1] = with_axis_of(weights, r_.reshape(sorted, weights.type.shape, weights.name));
    r_.replace(node, emit_like(node, inputs, node.attributes));
    return true;
  }

  /// A reshape forgets which axis has the scales; here it is the first one all the way.
  ir::ValueId with_axis_of(const ir::Value &weights, ir::ValueId id) {
    if (id != ir::kNoValue && weights.type.quantization && weights.type.quantization->axis <= 0) {
      r_.graph().values[id].type.quantization = weights.type.quantization;
    }
    return id;
  }

  Rewriter &r_;
  const std::vector<ir::Node> original_;
  const std::vector<ir::ValueId> outputs_;
  std::unordered_map<ir::ValueId, std::vector<std::size_t>> readers_;
  std::unordered_map<ir::ValueId, ir::ValueId> moved_; ///< channels-first → channels-last
  std::unordered_map<ir::ValueId, bool> made_;
  std::unordered_map<ir::ValueId, ir::Shape> flattened_; ///< rows in H, W, C order; N, C, H, W
};

} // namespace

Expected<void> convert_layout(ir::Graph &graph) {
  Rewriter rewriter(graph);
  LayoutConverter converter(rewriter);
  return rewriter.run([&](ir::Node &node) { return converter(node); });
}

} // namespace tinyml::passes
