// SPDX-License-Identifier: Apache-2.0
#include "training/data/image_folder.hpp"

#include "training/data/picture.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace tinyml::datasets {
namespace {

namespace fs = std::filesystem;

bool has_picture_name(const fs::path &path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" ||
         extension == ".pgm" || extension == ".ppm";
}

/// Entries in alphabetical order: the file system's own differs from machine to machine.
std::vector<fs::path> entries(const fs::path &folder, bool folders) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(folder, error)) {
    const bool is_hidden = entry.path().filename().string().starts_with('.');
    const bool is_wanted = folders ? entry.is_directory(error)
                                   : entry.is_regular_file(error) && has_picture_name(entry.path());
    if (!is_hidden && is_wanted) {
      found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

Expected<std::vector<std::string>> class_names(const fs::path &folder) {
  std::vector<std::string> names;
  for (const fs::path &path : entries(folder, true)) {
    names.push_back(path.filename().string());
  }
  if (names.size() < 2) {
    return fail(ErrorCode::kInvalidInput,
                "'" + folder.string() +
                    "' has not two folders or more: it needs one for each class, with pictures");
  }
  return names;
}

Expected<void> add_picture(DataSet &set, Samples &part, const fs::path &file, std::size_t label) {
  auto picture = read_picture(file, set.shape.channels);
  if (!picture) {
    return Failure{picture.error()};
  }
  const Picture fitting = resized(*picture, set.shape.height, set.shape.width);
  part.bytes.insert(part.bytes.end(), fitting.pixels.begin(), fitting.pixels.end());
  part.labels.push_back(static_cast<std::uint32_t>(label));
  return {};
}

Expected<std::vector<fs::path>> pictures_of(const fs::path &class_folder) {
  auto files = entries(class_folder, false);
  if (files.empty()) {
    return fail(ErrorCode::kInvalidInput, "the class folder '" + class_folder.string() +
                                              "' has no pictures (.png, .jpg, .pgm, .ppm)");
  }
  return files;
}

/// All pictures of the classes' folders in `root`.
Expected<void> read_part(DataSet &set, Samples &part, const fs::path &root) {
  for (std::size_t label = 0; label < set.classes.size(); ++label) {
    const auto files = pictures_of(root / set.classes[label]);
    if (!files) {
      return Failure{files.error()};
    }
    for (const fs::path &file : *files) {
      if (auto added = add_picture(set, part, file, label); !added) {
        return added;
      }
    }
  }
  return {};
}

/// The same, and a share of each class drawn for tests.
Expected<void> read_and_divide(DataSet &set, const fs::path &root, const DataWish &wish) {
  std::mt19937_64 random(wish.seed);
  for (std::size_t label = 0; label < set.classes.size(); ++label) {
    auto files = pictures_of(root / set.classes[label]);
    if (!files) {
      return Failure{files.error()};
    }
    if (files->size() < 2) {
      return fail(ErrorCode::kInvalidInput, "the class '" + set.classes[label] +
                                                "' has one picture; it takes one to learn from "
                                                "and one for tests at least");
    }
    for (std::size_t i = files->size() - 1; i > 0; --i) {
      std::swap((*files)[i], (*files)[random() % (i + 1)]);
    }
    const auto wanted = std::llround(wish.test_share * static_cast<double>(files->size()));
    const auto tests = static_cast<std::size_t>(
        std::clamp<long long>(wanted, 1, static_cast<long long>(files->size()) - 1));
    for (std::size_t i = 0; i < files->size(); ++i) {
      auto added = add_picture(set, i < tests ? set.test : set.train, (*files)[i], label);
      if (!added) {
        return added;
      }
    }
  }
  return {};
}

} // namespace

Expected<DataSet> load_image_folder(const DataWish &wish) {
  const fs::path root = wish.source;
  std::error_code error;
  const bool is_divided =
      fs::is_directory(root / "train", error) && fs::is_directory(root / "test", error);
  auto classes = class_names(is_divided ? root / "train" : root);
  if (!classes) {
    return Failure{classes.error()};
  }
  const std::uint32_t channels = wish.model_input.channels;
  if (channels != 1 && channels != 3) {
    return fail(ErrorCode::kDoesNotFit,
                "pictures have 1 or 3 channels, the model takes " + std::to_string(channels));
  }
  DataSet set{.name = root.string(), .shape = wish.model_input, .classes = *std::move(classes)};
  if (!is_divided) {
    auto read = read_and_divide(set, root, wish);
    return read ? Expected<DataSet>(std::move(set)) : Failure{read.error()};
  }
  for (const auto &[part, name] : {std::pair(&set.train, "train"), {&set.test, "test"}}) {
    if (auto read = read_part(set, *part, root / name); !read) {
      return Failure{read.error()};
    }
  }
  return set;
}

} // namespace tinyml::datasets
