// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "compiler/driver/compile_training.hpp"
#include "compiler/link/kit.hpp"
#include "image/signer.hpp"
#include "training/run/recipe.hpp"

#include <filesystem>

namespace tinyml::coordinator {

/// A signed image for one board, with what is known of it.
struct BuiltImage {
  std::vector<std::uint8_t> bytes;
  std::uint64_t rom_bytes = 0;
  std::uint64_t ram_bytes = 0; ///< static and stack
  std::uint32_t batch = 0;     ///< of a worker's step
  bool half = false;           ///< its parameters are stored as float16
  std::string note;            ///< what a person should know; may be empty
};

/// kUnsupported, naming boards that do, when the board's kit has no worker.
[[nodiscard]] Expected<void> check_trains(const std::filesystem::path &kits,
                                          const std::string &board);

/// Builds the images of a run: workers with the model's training step, and parameter servers.
class ImageBuilder {
public:
  /// `model` is a float model that learns (driver::load_trainable_model).
  ImageBuilder(std::filesystem::path kits, ir::Graph model, std::string model_name,
               image::SigningKey key)
      : kits_(std::move(kits)), model_(std::move(model)), name_(std::move(model_name)),
        key_(std::move(key)) {}

  /// With the batch that is asked for, or (0) the largest that fits the board; with parameters as
  /// float16 only where float32 does not fit. Where the batch is ours to choose, ROM and RAM are
  /// not more than `most_bytes` (0: no limit) if that can be. kDoesNotFit says what would fit.
  [[nodiscard]] Expected<BuiltImage> worker(const std::string &board, const Recipe &recipe,
                                            std::uint32_t batch, std::uint64_t most_bytes) const;
  [[nodiscard]] Expected<BuiltImage> server(const std::string &board) const;

  /// The step for the host, by the kernel set `isa`; also what initial models are drawn from.
  [[nodiscard]] Expected<driver::CompiledTraining>
  host_step(const std::string &isa, const Recipe &recipe, std::uint32_t batch) const;

  [[nodiscard]] const image::SigningKey &key() const { return key_; }
  [[nodiscard]] const std::filesystem::path &kits() const { return kits_; }

private:
  struct Variant {
    std::uint32_t batch = 0; ///< 0: the kernel set's own
    bool half = false;
  };
  [[nodiscard]] Expected<BuiltImage> build_worker(const link::Kit &kit, const Recipe &recipe,
                                                  const Variant &variant) const;
  [[nodiscard]] Expected<BuiltImage> build(const driver::CompiledModel *model, const link::Kit &kit,
                                           const std::string &program) const;
  [[nodiscard]] std::string what_fits(const link::Kit &kit, const Recipe &recipe,
                                      std::uint32_t below) const;

  std::filesystem::path kits_;
  ir::Graph model_;
  std::string name_;
  image::SigningKey key_;
};

} // namespace tinyml::coordinator
