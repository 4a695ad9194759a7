// SPDX-License-Identifier: Apache-2.0
#include "cli/arguments.hpp"
#include "cli/compilation.hpp"
#include "cli/context.hpp"
#include "cli/model_source.hpp"
#include "cli/terminal.hpp"
#include "cli/test_data.hpp"
#include "compiler/driver/accuracy.hpp"
#include "compiler/driver/quantize_model.hpp"
#include "compiler/hostrun/kernel_sets.hpp"

#include <fmt/format.h>
#include <iostream>

namespace tinyml::cli {
namespace {

using nlohmann::json;

struct QuantizeFlags {
  ModelFlags model;
  TestDataFlags data;
  bool compare = false;
};

/// What was measured of one way to quantise.
struct Judged {
  driver::CompiledModel model;
  std::optional<driver::Accuracy> accuracy;
};

/// A model with what it is judged by.
class Judge {
public:
  static Expected<Judge> prepare(const Context &context, const QuantizeFlags &flags) {
    Judge judge;
    auto source = read_model(context, flags.model);
    const auto headers = host_include_folder(context);
    auto data = read_test_data(flags.data);
    for (const HostError *error :
         {source.ok() ? nullptr : &source.error(), headers.ok() ? nullptr : &headers.error(),
          data.ok() ? nullptr : &data.error()}) {
      if (error != nullptr) {
        return Failure{*error};
      }
    }
    if (!source->note.empty()) {
      std::cerr << "tinyml: " << source->note << '\n';
    }
    judge.source_ = *std::move(source);
    judge.data_ = *std::move(data);
    judge.include_dir_ = *headers;
    if (!judge.data_.inputs.empty()) {
      driver::CompileOptions options = host_options(flags.model, judge.source_);
      options.precision = driver::Precision::kFloat32;
      auto real = driver::compile_model(judge.source_.bytes, options);
      if (!real.ok()) {
        return Failure{real.error()};
      }
      judge.real_ = *std::move(real);
    }
    return judge;
  }

  [[nodiscard]] Expected<Judged> quantize(const ModelFlags &flags) const {
    auto model = driver::compile_model(source_.bytes, host_options(flags, source_));
    if (!model.ok()) {
      return Failure{model.error()};
    }
    if (model->quantization.calibration_samples == 0) {
      return fail(ErrorCode::kInvalidInput,
                  "there is nothing to quantise: the model came quantised, "
                  "or float32 was asked for");
    }
    Judged judged{.model = *std::move(model)};
    if (!data_.inputs.empty()) {
      const driver::TestData data{data_.inputs, data_.labels};
      const auto accuracy = driver::measure_accuracy(real_, judged.model, data, include_dir_);
      if (!accuracy.ok()) {
        return Failure{accuracy.error()};
      }
      judged.accuracy = *accuracy;
    }
    return judged;
  }

private:
  static driver::CompileOptions host_options(const ModelFlags &flags, const ModelSource &source) {
    driver::CompileOptions options = compile_options(flags, source);
    options.isa = hostrun::host_kernel_set();
    return options;
  }

  ModelSource source_;
  LabelledSamples data_;
  std::filesystem::path include_dir_;
  driver::CompiledModel real_;
};

double percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

json accuracy_json(const driver::Accuracy &accuracy) {
  json result = {{"samples", accuracy.samples},
                 {"same_class_percent", percent(accuracy.same_class, accuracy.samples)},
                 {"output_sqnr_db", accuracy.output_sqnr_db}};
  if (accuracy.has_labels) {
    result["float_percent"] = percent(accuracy.right_in_float, accuracy.samples);
    result["integer_percent"] = percent(accuracy.right_in_integers, accuracy.samples);
  }
  return result;
}

json judged_json(const Judged &judged, const ModelFlags &flags) {
  json layers = json::array();
  for (const quantize::LayerError &error : judged.model.quantization.layers) {
    layers.push_back({{"name", error.node}, {"op", error.op}});
    driver::add_layer_errors(layers.back(), error);
  }
  json result = driver::quantization_report(judged.model.quantization);
  result["model"] = flags.model;
  result["precision"] = flags.precision;
  result["weight_bytes"] = judged.model.module.weight_bytes;
  result["arena_bytes"] = judged.model.module.arena_bytes;
  result["layers"] = layers;
  if (judged.accuracy) {
    result["accuracy"] = accuracy_json(*judged.accuracy);
  }
  return result;
}

std::string accuracy_text(const driver::Accuracy &accuracy, const std::string &precision) {
  std::string text = fmt::format("on {} test samples: ", grouped(accuracy.samples));
  if (accuracy.has_labels) {
    text += fmt::format("float32 {:.2f} % right, {} {:.2f} %; ",
                        percent(accuracy.right_in_float, accuracy.samples), precision,
                        percent(accuracy.right_in_integers, accuracy.samples));
  }
  return text + fmt::format("same class in {:.2f} %, outputs {:.1f} dB above the noise\n",
                            percent(accuracy.same_class, accuracy.samples),
                            accuracy.output_sqnr_db);
}

void print_report(const Judged &judged, const ModelFlags &flags) {
  const quantize::QuantizeReport &report = judged.model.quantization;
  Table table({"LAYER", "OPERATOR", "IN", ">SQNR dB", ">MEAN SQ. ERROR", ">LARGEST", ">OF NOISE"});
  for (const quantize::LayerError &error : report.layers) {
    table.add({error.node, error.op, driver::element_name(error.computed_in),
               fmt::format("{:.1f}", error.sqnr_db),
               fmt::format("{:.3g}", error.mean_squared_error),
               fmt::format("{:.3g}", error.largest_error),
               error.noise_share ? fmt::format("{:.1f} %", 100 * *error.noise_share) : "-"});
  }
  std::cout << table.text()
            << fmt::format(
                   "\noutputs {:.1f} dB above the noise; calibrated by {} with {} samples\n",
                   report.output_sqnr_db, quantize::name_of(report.range),
                   grouped(report.calibration_samples));
  if (judged.accuracy) {
    std::cout << accuracy_text(*judged.accuracy, flags.precision);
  }
  for (const std::string &note : report.notes) {
    std::cout << "note: " << note << '\n';
  }
}

Expected<void> report_one(const Context &context, const Judge &judge, ModelFlags flags) {
  constexpr std::size_t kContributionSamples = 8;
  flags.quantization.contribution_samples = kContributionSamples;
  const auto judged = judge.quantize(flags);
  if (!judged.ok()) {
    return about_model(flags, judged.error());
  }
  context.show(judged_json(*judged, flags), [&] { print_report(*judged, flags); });
  return {};
}

/// All methods beside each other.
Expected<void> compare(const Context &context, const Judge &judge, ModelFlags flags) {
  json all = json::array();
  Table table({"METHOD", ">OUTPUT SQNR dB", ">FLOAT RIGHT", ">RIGHT", ">SAME CLASS"});
  for (const char *method :
       {"min-max", "percentile:99.9", "percentile:99.99", "percentile:99.999", "mse"}) {
    flags.quantization.range = *quantize::parse_range_choice(method);
    const auto judged = judge.quantize(flags);
    if (!judged.ok()) {
      return about_model(flags, judged.error());
    }
    all.push_back(judged_json(*judged, flags));
    const auto share = [&](std::size_t driver::Accuracy::*part, bool known) {
      return known ? fmt::format("{:.2f} %",
                                 percent((*judged->accuracy).*part, judged->accuracy->samples))
                   : std::string("-");
    };
    const bool judged_at_all = judged->accuracy.has_value();
    const bool labelled = judged_at_all && judged->accuracy->has_labels;
    const double sqnr_db = judged_at_all ? judged->accuracy->output_sqnr_db
                                         : judged->model.quantization.output_sqnr_db;
    table.add({method, fmt::format("{:.1f}", sqnr_db),
               share(&driver::Accuracy::right_in_float, labelled),
               share(&driver::Accuracy::right_in_integers, labelled),
               share(&driver::Accuracy::same_class, judged_at_all)});
  }
  context.show({{"model", flags.model}, {"methods", all}}, [&] { std::cout << table.text(); });
  return {};
}

Expected<void> quantize_verb(const Context &context, const QuantizeFlags &flags) {
  const auto judge = Judge::prepare(context, flags);
  if (!judge.ok()) {
    return about_model(flags.model, judge.error());
  }
  return flags.compare ? compare(context, *judge, flags.model)
                       : report_one(context, *judge, flags.model);
}

} // namespace

void add_quantize(CLI::App &app, Context &context) {
  CLI::App *verb = app.add_subcommand(
      "quantize", "What quantising a model costs: the error of every layer, accuracy on test data");
  verb->footer(
      "Examples:\n  tinyml quantize mnist-lenet --data mnist\n"
      "  tinyml quantize mnist-lenet --data mnist --compare\n"
      "  tinyml quantize my.onnx --calibration-data samples.f32 --calibration percentile:99.9\n"
      "  tinyml quantize my.onnx --calibration-data samples.f32 --data test.f32 --labels test.txt\n"
      "  tinyml quantize my.onnx --calibration-data samples.f32 --float-layer 'softmax' "
      "--auto-fallback 35\n"
      "The flags that say how to quantise are the same as those of compile, plan and exec.");
  auto flags = std::make_shared<QuantizeFlags>();
  add_model_flags(*verb, flags->model);
  add_test_data_flags(*verb, flags->data);
  verb->add_flag("--compare", flags->compare, "All calibration methods beside each other");
  verb->callback(
      [&context, flags] { run_verb(context, [&] { return quantize_verb(context, *flags); }); });
}

} // namespace tinyml::cli
