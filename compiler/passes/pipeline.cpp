// SPDX-License-Identifier: Apache-2.0
#include "compiler/ir/verify.hpp"
#include "compiler/passes/passes.hpp"

#include <array>

namespace tinyml::passes {
namespace {

constexpr std::array kPasses = {
    NamedPass{"absorb_fake_quantization", absorb_fake_quantization},
    NamedPass{"fold_constants", fold_constants},
    NamedPass{"simplify", simplify},
    NamedPass{"make_fully_connected", make_fully_connected},
    NamedPass{"fold_constants", fold_constants}, // the transposed weights
    NamedPass{"fuse_bias", fuse_bias},
    NamedPass{"fuse_batch_norm", fuse_batch_norm},
    NamedPass{"lower_batch_norm", lower_batch_norm},
    NamedPass{"fold_pad", fold_pad},
    NamedPass{"fuse_activation", fuse_activation},
    NamedPass{"convert_layout", convert_layout},
    NamedPass{"normalize_softmax", normalize_softmax},
    NamedPass{"fold_constants", fold_constants}, // filters and weights in their new layout
    NamedPass{"simplify", simplify},
    NamedPass{"fold_pad", fold_pad},
    NamedPass{"fuse_activation", fuse_activation},
    NamedPass{"settle_constant_channels", settle_constant_channels},
    NamedPass{"remove_dead_code", remove_dead_code},
};

bool takes_batch_norm(const NamedPass &pass) {
  return pass.run == fuse_batch_norm || pass.run == lower_batch_norm;
}

Expected<void> run(const NamedPass &pass, ir::Graph &graph) {
  const auto done = pass.run(graph);
  return done ? done
              : fail(done.error().code,
                     "pass " + std::string(pass.name) + ": " + done.error().message);
}

} // namespace

std::span<const NamedPass> default_passes() { return kPasses; }

Expected<void> run_default_passes(ir::Graph &graph) {
  for (const NamedPass &pass : kPasses) {
    if (auto done = run(pass, graph); !done) {
      return done;
    }
  }
  return ir::verify(graph);
}

Expected<void> run_training_passes(ir::Graph &graph) {
  for (const NamedPass &pass : kPasses) {
    if (takes_batch_norm(pass)) {
      continue;
    }
    if (auto done = run(pass, graph); !done) {
      return done;
    }
  }
  return ir::verify(graph);
}

} // namespace tinyml::passes
