// SPDX-License-Identifier: Apache-2.0
#include "compiler/quantize/calibration.hpp"

#include "compiler/ir/types.hpp"
#include "kernels/reference/unary.hpp"

#include <algorithm>
#include <cmath>

namespace tinyml::quantize {
namespace {

std::vector<float> floats_in(ByteView bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!values.empty()) {
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  }
  return values;
}

/// Runs all samples and calls `take(value id, numbers)` for every float value.
template <typename Take>
Expected<void> observe(const ir::Graph &graph, const CalibrationSamples &samples,
                       const Take &take) {
  auto interpreter = interpret::Interpreter::prepare(graph);
  auto feeder = SampleFeeder::prepare(graph, samples);
  if (!interpreter || !feeder) {
    return Failure{interpreter ? feeder.error() : interpreter.error()};
  }
  for (std::size_t sample = 0; sample < samples.count; ++sample) {
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
      take(graph.inputs[i], feeder->numbers(i, sample));
    }
    const auto ran = feeder->run(*interpreter, sample, [&](ir::ValueId id, ByteView bytes) {
      if (graph.values[id].type.element == ir::ElementType::kFloat32) {
        take(id, std::span<const float>(floats_in(bytes)));
      }
    });
    if (!ran) {
      return ran;
    }
  }
  return {};
}

/// Error of one histogram bin when [low, high] is what int8 holds.
double squared_error(double value, const ir::Quantization &q) {
  const auto scale = static_cast<double>(q.scales[0]);
  const double zero = q.zero_points[0];
  const double code = std::clamp(std::round(value / scale) + zero, -128.0, 127.0);
  const double difference = value - (code - zero) * scale;
  return difference * difference;
}

double total_error(const Statistics &s, RealRange range) {
  const ir::Quantization q = quantization_for(range.low, range.high);
  double sum = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    if (s.histogram[bin] != 0) {
      sum += static_cast<double>(s.histogram[bin]) * squared_error(s.bin_center(bin), q);
    }
  }
  return sum;
}

RealRange least_error_range(const Statistics &s) {
  constexpr int kSteps = 50;
  RealRange best{s.low, s.high};
  double least = total_error(s, best);
  for (int step = 1; step <= kSteps; ++step) {
    const double part = 1.0 - 0.8 * step / kSteps;
    const RealRange range{s.low * part, s.high * part};
    if (const double error = total_error(s, range); error < least) {
      least = error;
      best = range;
    }
  }
  return best;
}

RealRange percentile_range(const Statistics &s, double percentile) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : s.histogram) {
    total += count;
  }
  const auto dropped =
      static_cast<std::uint64_t>(static_cast<double>(total) * (1.0 - percentile / 100.0));
  std::size_t first = 0;
  std::size_t last = kBins - 1;
  for (std::uint64_t seen = s.histogram[first]; seen <= dropped && first < last;) {
    seen += s.histogram[++first];
  }
  for (std::uint64_t seen = s.histogram[last]; seen <= dropped && last > first;) {
    seen += s.histogram[--last];
  }
  return {s.low + static_cast<double>(first) * s.bin_width(),
          s.low + static_cast<double>(last + 1) * s.bin_width()};
}

} // namespace

void Statistics::widen(std::span<const float> values) {
  for (const float value : values) {
    low = std::min(low, static_cast<double>(value));
    high = std::max(high, static_cast<double>(value));
  }
}

void Statistics::count(std::span<const float> values) {
  histogram.resize(kBins, 0);
  const double per_unit = high > low ? static_cast<double>(kBins) / (high - low) : 0;
  for (const float value : values) {
    const auto bin = static_cast<std::size_t>((static_cast<double>(value) - low) * per_unit);
    ++histogram[std::min(bin, kBins - 1)];
  }
}

RealRange choose_range(const Statistics &s, const QuantizeOptions &options) {
  if (s.histogram.empty() || s.high <= s.low) {
    return {s.low, s.high};
  }
  switch (options.range) {
  case RangeMethod::kPercentile:
    return percentile_range(s, options.percentile);
  case RangeMethod::kMse:
    return least_error_range(s);
  case RangeMethod::kMinMax:
    break;
  }
  return {s.low, s.high};
}

Expected<SampleFeeder> SampleFeeder::prepare(const ir::Graph &graph,
                                             const CalibrationSamples &samples) {
  if (samples.count == 0 || samples.inputs.size() != graph.inputs.size()) {
    return fail(ErrorCode::kInvalidInput,
                "quantisation needs at least one calibration sample for each of the model's " +
                    std::to_string(graph.inputs.size()) + " inputs");
  }
  for (std::size_t i = 0; i < samples.inputs.size(); ++i) {
    const auto count =
        static_cast<std::size_t>(ir::element_count(graph.values[graph.inputs[i]].type.shape));
    if (samples.inputs[i].size() != count * samples.count) {
      return fail(ErrorCode::kInvalidInput, "calibration data for input " + std::to_string(i) +
                                                " has " + std::to_string(samples.inputs[i].size()) +
                                                " numbers; " + std::to_string(samples.count) +
                                                " samples need " +
                                                std::to_string(count * samples.count));
    }
  }
  SampleFeeder feeder(graph, samples);
  for (const ir::ValueId input : graph.inputs) {
    feeder.raw_.emplace_back(ir::byte_size(graph.values[input].type));
  }
  return feeder;
}

std::span<const float> SampleFeeder::numbers(std::size_t input, std::size_t sample) const {
  const std::size_t count = samples_->inputs[input].size() / samples_->count;
  return std::span(samples_->inputs[input]).subspan(sample * count, count);
}

Expected<void> SampleFeeder::run(interpret::Interpreter &interpreter, std::size_t sample,
                                 const interpret::Interpreter::Observer &observer) {
  std::vector<ByteView> views;
  for (std::size_t i = 0; i < raw_.size(); ++i) {
    const std::span<const float> values = numbers(i, sample);
    const ir::TensorType &type = graph_->values[graph_->inputs[i]].type;
    if (type.element == ir::ElementType::kInt8) {
      kernels::reference::quantize(static_cast<std::int64_t>(values.size()), values.data(),
                                   type.quantization->scales[0], type.quantization->zero_points[0],
                                   reinterpret_cast<std::int8_t *>(raw_[i].data()));
    } else {
      std::memcpy(raw_[i].data(), values.data(), raw_[i].size());
    }
    views.emplace_back(raw_[i]);
  }
  return interpreter.run(views, observer);
}

Expected<std::vector<Statistics>> calibrate(const ir::Graph &graph,
                                            const CalibrationSamples &samples,
                                            const QuantizeOptions &options) {
  std::vector<Statistics> all(graph.values.size());
  auto done = observe(graph, samples, [&](ir::ValueId id, std::span<const float> values) {
    all[id].widen(values);
  });
  for (ir::ValueId id = 0; done && id < all.size(); ++id) {
    if (!std::isfinite(all[id].high - all[id].low)) {
      return fail(ErrorCode::kInvalidInput,
                  "value '" + graph.values[id].name + "' becomes infinite on the calibration data");
    }
  }
  if (done && options.range != RangeMethod::kMinMax) {
    done = observe(graph, samples,
                   [&](ir::ValueId id, std::span<const float> values) { all[id].count(values); });
  }
  if (!done) {
    return Failure{done.error()};
  }
  return all;
}

} // namespace tinyml::quantize
