// SPDX-License-Identifier: Apache-2.0
#include "host/files.hpp"
#include "host/process.hpp"
#include "training/data/idx.hpp"
#include "training/data/image_set.hpp"

#include <array>
#include <cstdlib>
#include <mbedtls/sha256.h>
#include <unistd.h>

namespace tinyml::datasets {
namespace {

/// One published file: its name, and size and SHA-256 once unpacked (the gzip headers of mirrors
/// differ).
struct PublishedFile {
  const char *name;
  std::size_t size_bytes;
  const char *sha256;
};

struct PublishedSet {
  const char *name;
  std::array<const char *, 2> mirrors;
  std::array<PublishedFile, 2> train; ///< images, labels
  std::array<PublishedFile, 2> test;
};

constexpr std::array<PublishedSet, 2> kPublished = {{
    {"mnist",
     {"https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/"},
     {{{"train-images-idx3-ubyte.gz", 47040016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
       {"train-labels-idx1-ubyte.gz", 60008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"}}},
     {{{"t10k-images-idx3-ubyte.gz", 7840016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
       {"t10k-labels-idx1-ubyte.gz", 10008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}}},
    {"fashion-mnist",
     {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"},
     {{{"train-images-idx3-ubyte.gz", 47040016,
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
       {"train-labels-idx1-ubyte.gz", 60008,
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"}}},
     {{{"t10k-images-idx3-ubyte.gz", 7840016,
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
       {"t10k-labels-idx1-ubyte.gz", 10008,
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}}}},
}};

const PublishedSet *find(const std::string &name) {
  for (const PublishedSet &set : kPublished) {
    if (name == set.name || (name == "fashion" && std::string(set.name) == "fashion-mnist")) {
      return &set;
    }
  }
  return nullptr;
}

std::string sha256_hex(ByteView bytes) {
  std::array<std::uint8_t, 32> digest{};
  mbedtls_sha256_ret(bytes.data(), bytes.size(), digest.data(), 0);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

Expected<std::vector<std::uint8_t>> unpack_checked(const std::filesystem::path &path,
                                                   const PublishedFile &file) {
  constexpr std::uint64_t kMaxPackedBytes = 64ULL << 20;
  const auto packed = host::read_file(path, kMaxPackedBytes);
  if (!packed.ok()) {
    return Failure{packed.error()};
  }
  auto unpacked = gunzip(*packed, file.size_bytes);
  if (!unpacked.ok() || sha256_hex(*unpacked) != file.sha256) {
    return fail(ErrorCode::kInvalidInput,
                "'" + path.string() +
                    "' is not the published file (its checksum differs); delete it");
  }
  return unpacked;
}

std::filesystem::path environment_folder(const char *variable) {
  const char *value = std::getenv(variable);
  return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

std::filesystem::path cache_folder(const LoadOptions &options) {
  if (!options.cache_folder.empty()) {
    return options.cache_folder;
  }
  if (const auto cache = environment_folder("XDG_CACHE_HOME"); !cache.empty()) {
    return cache / "tinyml" / "data";
  }
  const auto home = environment_folder("HOME");
  return (home.empty() ? std::filesystem::temp_directory_path() : home / ".cache") / "tinyml" /
         "data";
}

/// Downloads beside the target, and only the published file gets the target's name: a transfer that
/// was cut short, or a page that says "please log in", is never taken for the data.
Expected<std::vector<std::uint8_t>> download(const std::string &url, const PublishedFile &file,
                                             const std::filesystem::path &to) {
  std::error_code error;
  std::filesystem::create_directories(to.parent_path(), error);
  const std::string part = to.string() + ".part-" + std::to_string(getpid());
  host::Command command;
  command.argv = {
      "curl", "--fail",     "--location", "--silent", "--show-error", "--connect-timeout",
      "10",   "--max-time", "300",        "--output", part,           url};
  command.timeout = std::chrono::seconds(310);
  const auto outcome = host::run(command);
  if (!outcome.ok() || !outcome->succeeded()) {
    std::filesystem::remove(part, error);
    const std::string said = outcome.ok() ? outcome->output : outcome.error().message;
    return fail(ErrorCode::kUnavailable, said.substr(0, said.find('\n')));
  }
  auto unpacked = unpack_checked(part, file);
  if (unpacked.ok()) {
    std::filesystem::rename(part, to, error);
  }
  std::filesystem::remove(part, error);
  return unpacked.ok() ? std::move(unpacked)
                       : fail(ErrorCode::kUnavailable, url + " is not the published file");
}

Expected<std::vector<std::uint8_t>> obtain(const PublishedSet &set, const PublishedFile &file,
                                           const LoadOptions &options) {
  const auto local_root =
      options.data_folder.empty() ? environment_folder("TINYML_DATA_DIR") : options.data_folder;
  const auto cached = cache_folder(options) / set.name / file.name;
  std::error_code error;
  for (const auto &path : {local_root / set.name / file.name, cached}) {
    if (std::filesystem::exists(path, error)) {
      return unpack_checked(path, file);
    }
  }
  std::string reason = "downloads are switched off";
  for (const char *mirror : set.mirrors) {
    if (!options.download) {
      break;
    }
    auto unpacked = download(std::string(mirror) + file.name, file, cached);
    if (unpacked.ok()) {
      return unpacked;
    }
    reason = unpacked.error().message;
  }
  return fail(ErrorCode::kUnavailable,
              "the data set '" + std::string(set.name) + "' is not on this machine (" + reason +
                  "); put its four files into $TINYML_DATA_DIR/" + set.name + "/");
}

} // namespace

Expected<ImageSet> load(const std::string &name, Split split, const LoadOptions &options) {
  const PublishedSet *set = find(name);
  if (set == nullptr) {
    return fail(ErrorCode::kNotFound,
                "no data set '" + name + "'; there are: mnist, fashion-mnist");
  }
  const auto &files = split == Split::kTrain ? set->train : set->test;
  const auto images = obtain(*set, files[0], options);
  if (!images.ok()) {
    return Failure{images.error()};
  }
  const auto labels = obtain(*set, files[1], options);
  if (!labels.ok()) {
    return Failure{labels.error()};
  }
  return parse_idx(*images, *labels);
}

} // namespace tinyml::datasets
