// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/quantize.hpp"

#include "compiler/ir/verify.hpp"
#include "compiler/quantize/contributions.hpp"
#include "compiler/quantize/converter.hpp"
#include "compiler/quantize/forms.hpp"
#include "compiler/quantize/report.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tinyml::quantize {
namespace {

using ir::ElementType;

/// One model on its way: what calibration saw and what was decided from it.
class Quantizer {
public:
  Quantizer(const ir::Graph &graph, const CalibrationSamples &samples,
            const QuantizeOptions &options, QuantizeReport &report)
      : graph_(graph), samples_(samples), options_(options), report_(report) {}

  Expected<ir::Graph> run() {
    if (const auto prepared = prepare(); !prepared) {
      return Failure{prepared.error()};
    }
    auto result = convert();
    if (result && options_.least_output_sqnr_db &&
        report_.output_sqnr_db < *options_.least_output_sqnr_db) {
      result = improve();
    }
    if (result && options_.contribution_samples > 0) {
      const auto added = add_shares();
      return added ? std::move(result) : Failure{added.error()};
    }
    return result;
  }

private:
  Expected<void> prepare() {
    auto forms = choose_forms(graph_, options_, report_.notes);
    if (!forms) {
      return Failure{forms.error()};
    }
    forms_ = *std::move(forms);
    const auto statistics = calibrate(graph_, samples_);
    if (!statistics) {
      return Failure{statistics.error()};
    }
    auto assignment = assign(graph_, *statistics, options_);
    if (!assignment) {
      return Failure{assignment.error()};
    }
    assignment_ = *std::move(assignment);
    report_.range = options_.range;
    report_.calibration_samples = samples_.count;
    return {};
  }

  /// Makes the graph from what is decided and measures it.
  Expected<ir::Graph> convert() {
    Converter converter(graph_, assignment_, forms_, options_);
    auto result = converter.run();
    if (!result) {
      return result;
    }
    const std::vector<ir::ValueId> moved = ir::remove_dead(*result);
    if (const auto verified = ir::verify(*result); !verified) {
      return Failure{verified.error()};
    }
    std::vector<ir::ValueId> ids = converter.made();
    for (ir::ValueId &id : ids) {
      id = id == ir::kNoValue ? id : moved[id];
    }
    auto errors = measure_errors({graph_, *result, ids, assignment_.clamped_by_reader}, samples_,
                                 options_.report_samples);
    if (!errors) {
      return Failure{errors.error()};
    }
    report_.layers = std::move(errors->layers);
    report_.output_sqnr_db = errors->output_sqnr_db;
    return result;
  }

  QuantizeOptions contribution_options() const {
    constexpr std::size_t kFewSamples = 4;
    QuantizeOptions options = options_;
    options.contribution_samples = std::max(options.contribution_samples, kFewSamples);
    return options;
  }

  /// Layers become float32, the noisiest first, until the outputs are good enough. How many are
  /// needed is foretold from their contributions, then measured.
  Expected<ir::Graph> improve() {
    const auto noise =
        measure_contributions(graph_, assignment_, forms_, samples_, contribution_options());
    if (!noise) {
      return Failure{noise.error()};
    }
    std::vector<std::size_t> order(noise->size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return (*noise)[a] > (*noise)[b]; });
    double left = std::accumulate(noise->begin(), noise->end(), 0.0);
    const double allowed = std::pow(10, -*options_.least_output_sqnr_db / 10);
    bool good = false;
    for (std::size_t i = 0; i < order.size() && (*noise)[order[i]] > 0 && !good; ++i) {
      make_float(order[i]);
      left -= (*noise)[order[i]];
      if (left <= allowed) {
        const auto tried = convert();
        if (!tried) {
          return tried;
        }
        good = report_.output_sqnr_db >= *options_.least_output_sqnr_db;
      }
    }
    auto result = convert();
    if (result && report_.output_sqnr_db < *options_.least_output_sqnr_db) {
      report_.notes.emplace_back(
          "the wanted quality is out of reach: the model's inputs and outputs are integers");
    }
    return result;
  }

  void make_float(std::size_t node) {
    forms_[node] = ElementType::kFloat32;
    report_.notes.push_back(ir::describe(graph_.nodes[node]) +
                            " became float32: it added most of the noise that was left");
  }

  Expected<void> add_shares() {
    const auto noise =
        measure_contributions(graph_, assignment_, forms_, samples_, contribution_options());
    if (!noise) {
      return Failure{noise.error()};
    }
    const double sum = std::accumulate(noise->begin(), noise->end(), 0.0);
    for (std::size_t i = 0; i < noise->size() && sum > 0; ++i) {
      for (LayerError &layer : report_.layers) {
        if (layer.node == graph_.nodes[i].name) {
          layer.noise_share = (*noise)[i] / sum;
        }
      }
    }
    return {};
  }

  const ir::Graph &graph_;
  const CalibrationSamples &samples_;
  const QuantizeOptions &options_;
  QuantizeReport &report_;
  std::vector<ElementType> forms_;
  Assignment assignment_;
};

} // namespace

Expected<ir::Graph> quantize(const ir::Graph &float_graph, const CalibrationSamples &samples,
                             const QuantizeOptions &options, QuantizeReport &report) {
  return Quantizer(float_graph, samples, options, report).run();
}

} // namespace tinyml::quantize
