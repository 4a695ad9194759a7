// SPDX-License-Identifier: Apache-2.0
#include "compiler/autodiff/training_step.hpp"

#include "compiler/autodiff/batch_innermost.hpp"
#include "compiler/autodiff/differentiate.hpp"
#include "compiler/autodiff/fuse.hpp"
#include "compiler/autodiff/rebatch.hpp"
#include "compiler/ir/verify.hpp"

#include <algorithm>

namespace tinyml::autodiff {
namespace {

using ir::Op;
using ir::ValueId;

ir::TensorType floats(ir::Shape shape) { return {ir::ElementType::kFloat32, std::move(shape), {}}; }

/// The loss of each sample and the gradient that it starts the backward pass with.
struct LossValues {
  ValueId losses, outputs, gradient;
};

class Builder {
public:
  Builder(Rebatched model, const TrainingOptions &options)
      : model_(std::move(model)), options_(options), writer_(model_.graph) {}

  Expected<TrainingStep> build(bool with_updates) {
    const LossValues loss =
        options_.loss == Loss::kCrossEntropy ? cross_entropy() : squared_error();
    const std::vector<ValueId> wanted = learning();
    const auto gradients = differentiate(writer_, loss.outputs, loss.gradient, wanted);
    model_.graph.outputs = {loss.losses};
    if (with_updates) {
      model_.graph.outputs.push_back(loss.outputs);
      update_all(gradients);
    } else {
      for (const auto &[parameter, gradient] : gradients) {
        step_.parameters.push_back({parameter, {}, {}});
        model_.graph.outputs.push_back(gradient);
      }
    }
    return finish();
  }

private:
  /// What learns: all parameters, or those of the last node that has some.
  [[nodiscard]] std::vector<ValueId> learning() const {
    if (!options_.last_layer_only) {
      return model_.parameters;
    }
    std::vector<ValueId> last;
    for (const ir::Node &node : model_.graph.nodes) {
      std::vector<ValueId> own;
      for (const ValueId id : model_.parameters) {
        if (std::find(node.inputs.begin(), node.inputs.end(), id) != node.inputs.end()) {
          own.push_back(id);
        }
      }
      last = own.empty() ? last : own;
    }
    return last;
  }

  /// The model's output in front of a softmax that ends it, as a matrix.
  ValueId logits() {
    ValueId y = model_.graph.outputs[0];
    if (!model_.graph.nodes.empty()) {
      const ir::Node &last = model_.graph.nodes.back();
      y = last.op == Op::kSoftmax && last.outputs[0] == y ? last.inputs[0] : y;
    }
    const std::int64_t count = ir::element_count(writer_.shape(y));
    return writer_.reshape(y, {options_.batch, count / options_.batch});
  }

  LossValues cross_entropy() {
    const ValueId y = logits();
    const ValueId labels =
        ir::add_input(model_.graph, "labels", {ir::ElementType::kInt32, {options_.batch}, {}});
    return {writer_.emit(Op::kSoftmaxCrossEntropy, {y, labels}), y,
            writer_.emit(Op::kSoftmaxCrossEntropyGradient, {y, labels})};
  }

  /// Mean over everything but the batch; the gradient is of the mean over the batch as well.
  LossValues squared_error() {
    const ValueId y = model_.graph.outputs[0];
    const ir::Shape shape = writer_.shape(y);
    const ValueId targets = ir::add_input(model_.graph, "targets", floats(shape));
    const ValueId error = writer_.subtract(y, targets);
    const double count = static_cast<double>(ir::element_count(shape));
    const ValueId squares =
        writer_.reshape(writer_.unary("square", error),
                        {options_.batch, ir::element_count(shape) / options_.batch});
    const ValueId sums = writer_.sum(squares, {1});
    return {writer_.scale(sums, static_cast<double>(options_.batch) / count), y,
            writer_.scale(error, 2 / count)};
  }

  ValueId new_variable(ValueId like, const char *suffix) {
    const ir::Value &value = model_.graph.values[like];
    return ir::add_variable(model_.graph, value.name + suffix, value.type.shape,
                            ir::ConstantData(value.constant->size(), 0));
  }

  void update_all(const std::map<ValueId, ValueId> &gradients) {
    const ValueId rate = ir::add_input(model_.graph, "rate", floats({1}));
    for (const ValueId id : model_.parameters) {
      if (const auto gradient = gradients.find(id); gradient != gradients.end()) {
        update(id, gradient->second, rate);
      }
    }
    for (const Rebatched::Statistic &statistic : model_.statistics) {
      follow(statistic);
    }
  }

  void update(ValueId id, ValueId gradient, ValueId rate) {
    Parameter parameter{id, {}, {}};
    gradient = corrected(parameter, gradient);
    switch (options_.optimizer) {
    case Optimizer::kSgd:
      writer_.emit(Op::kSgd, {id, gradient, rate});
      break;
    case Optimizer::kMomentum:
      parameter.moments = {new_variable(id, ".velocity")};
      writer_.emit(Op::kMomentum, {id, parameter.moments[0], gradient, rate},
                   {{"momentum", options_.momentum}});
      break;
    case Optimizer::kAdam:
      parameter.moments = {new_variable(id, ".mean"), new_variable(id, ".square")};
      writer_.emit(
          Op::kAdam, {id, parameter.moments[0], parameter.moments[1], gradient, rate},
          {{"beta1", options_.beta1}, {"beta2", options_.beta2}, {"epsilon", options_.epsilon}});
      break;
    }
    step_.parameters.push_back(std::move(parameter));
  }

  ValueId corrected(Parameter &parameter, ValueId gradient) {
    switch (options_.correction) {
    case Correction::kNone:
      return gradient;
    case Correction::kProximal: {
      parameter.correction = new_variable(parameter.value, ".anchor");
      const ValueId distance = writer_.subtract(parameter.value, *parameter.correction);
      return writer_.add(gradient, writer_.scale(distance, options_.proximal_strength));
    }
    case Correction::kControl:
      parameter.correction = new_variable(parameter.value, ".control");
      return writer_.add(gradient, *parameter.correction);
    }
    return gradient;
  }

  /// running -= 0.1 (running - of this batch).
  void follow(const Rebatched::Statistic &statistic) {
    constexpr double kStatisticsRate = 0.1;
    const ValueId distance = writer_.subtract(statistic.running, statistic.of_batch);
    writer_.emit(Op::kSgd, {statistic.running, distance, writer_.number(kStatisticsRate)});
    step_.statistics.push_back(statistic.running);
  }

  Expected<TrainingStep> finish() {
    if (!writer_.ok()) {
      return writer_.error();
    }
    freeze_the_rest();
    follow_ids(ir::remove_dead(model_.graph));
    if (options_.batch_innermost) {
      std::vector<ValueId> map;
      auto turned = turn_batch_innermost(model_.graph, map);
      if (!turned) {
        return Failure{turned.error()};
      }
      follow_ids(map);
      model_.graph = *std::move(turned);
      follow_ids(ir::remove_dead(model_.graph));
    }
    if (options_.batch_innermost && options_.fuse) {
      fuse_max_pools(model_.graph);
      fuse_sgd(model_.graph);
      follow_ids(ir::remove_dead(model_.graph));
    }
    if (const auto verified = ir::verify(model_.graph); !verified) {
      return fail(ErrorCode::kInternal, "training step: " + verified.error().message);
    }
    step_.graph = std::move(model_.graph);
    return std::move(step_);
  }

  /// Parameters that nothing updates stay what they are.
  void freeze_the_rest() {
    std::vector<bool> kept(model_.graph.values.size(), false);
    for (const Parameter &parameter : step_.parameters) {
      kept[parameter.value] = true;
    }
    for (const ValueId statistic : step_.statistics) {
      kept[statistic] = true;
    }
    for (const ValueId parameter : model_.parameters) {
      model_.graph.values[parameter].variable = kept[parameter];
    }
  }

  void follow_ids(const std::vector<ValueId> &map) {
    for (Parameter &parameter : step_.parameters) {
      parameter.value = map[parameter.value];
      for (ValueId &moment : parameter.moments) {
        moment = map[moment];
      }
      if (parameter.correction) {
        parameter.correction = map[*parameter.correction];
      }
    }
    for (ValueId &statistic : step_.statistics) {
      statistic = map[statistic];
    }
  }

  Rebatched model_;
  const TrainingOptions &options_;
  Writer writer_;
  TrainingStep step_;
};

Expected<TrainingStep> build(const ir::Graph &model, const TrainingOptions &options,
                             bool with_updates) {
  if (options.batch < 1) {
    return fail(ErrorCode::kInvalidInput, "a batch has at least one sample");
  }
  auto rebatched = rebatch(model, options.batch);
  return rebatched ? Builder(*std::move(rebatched), options).build(with_updates)
                   : Expected<TrainingStep>(Failure{rebatched.error()});
}

} // namespace

Expected<TrainingStep> make_training_step(const ir::Graph &model, const TrainingOptions &options) {
  return build(model, options, true);
}

Expected<TrainingStep> make_gradients(const ir::Graph &model, const TrainingOptions &options) {
  return build(model, options, false);
}

} // namespace tinyml::autodiff
