// SPDX-License-Identifier: Apache-2.0
// Host only.
#include "image/signer.hpp"

#include "image/verify.hpp"

#include <cerrno>
#include <fcntl.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/entropy.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace tinyml::image {
namespace {

constexpr std::size_t kMaxPemBytes = 4096;

/// Randomness for key generation and for blinding, from the operating system.
class Randomness {
public:
  Randomness() {
    mbedtls_entropy_init(&entropy_);
    mbedtls_ctr_drbg_init(&generator_);
    seeded_ = mbedtls_ctr_drbg_seed(&generator_, mbedtls_entropy_func, &entropy_, nullptr, 0) == 0;
  }
  Randomness(const Randomness &) = delete;
  Randomness &operator=(const Randomness &) = delete;
  ~Randomness() {
    mbedtls_ctr_drbg_free(&generator_);
    mbedtls_entropy_free(&entropy_);
  }
  [[nodiscard]] bool seeded() const { return seeded_; }
  [[nodiscard]] mbedtls_ctr_drbg_context *generator() { return &generator_; }

private:
  mbedtls_entropy_context entropy_{};
  mbedtls_ctr_drbg_context generator_{};
  bool seeded_ = false;
};

class File {
public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File &) = delete;
  File &operator=(const File &) = delete;
  ~File() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

private:
  int descriptor_;
};

Failure<HostError> system_failure(const std::filesystem::path &file, const std::string &what) {
  const ErrorCode code = errno == ENOSPC   ? ErrorCode::kResourceFull
                         : errno == ENOENT ? ErrorCode::kNotFound
                         : errno == EEXIST ? ErrorCode::kConflict
                                           : ErrorCode::kUnavailable;
  return fail(code, "signing key: cannot " + what + " " + file.string() + ": " +
                        std::generic_category().message(errno));
}

/// The PEM text, terminated by a zero byte as mbedTLS wants it.
Expected<std::vector<unsigned char>> read_private_file(const std::filesystem::path &path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.descriptor(), &status) != 0) {
    return system_failure(path, "read");
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(ErrorCode::kInvalidInput,
                "signing key: others may read " + path.string() + "; run chmod 600 on it");
  }
  std::vector<unsigned char> text(kMaxPemBytes + 1);
  const ssize_t got = ::read(file.descriptor(), text.data(), kMaxPemBytes);
  if (got < 0) {
    return system_failure(path, "read");
  }
  text.resize(static_cast<std::size_t>(got));
  text.push_back(0);
  return text;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(descriptor, text.data(), text.size());
    if (wrote <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return ::fsync(descriptor) == 0;
}

} // namespace

struct SigningKey::State {
  State() { mbedtls_pk_init(&pair); }
  State(const State &) = delete;
  State &operator=(const State &) = delete;
  ~State() { mbedtls_pk_free(&pair); }

  [[nodiscard]] mbedtls_ecp_keypair *ec() const { return mbedtls_pk_ec(pair); }

  mbedtls_pk_context pair{};
};

SigningKey::SigningKey(std::unique_ptr<State> state) : state_(std::move(state)) {}
SigningKey::SigningKey(SigningKey &&) noexcept = default;
SigningKey &SigningKey::operator=(SigningKey &&) noexcept = default;
SigningKey::~SigningKey() = default;

Expected<SigningKey> SigningKey::generate() {
  Randomness randomness;
  auto state = std::make_unique<State>();
  if (!randomness.seeded() ||
      mbedtls_pk_setup(&state->pair, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) != 0 ||
      mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, state->ec(), mbedtls_ctr_drbg_random,
                          randomness.generator()) != 0) {
    return fail(ErrorCode::kUnavailable, "signing key: this machine gave no randomness for a key");
  }
  return SigningKey(std::move(state));
}

Expected<SigningKey> SigningKey::load(const std::filesystem::path &pem_file) {
  auto text = read_private_file(pem_file);
  if (!text) {
    return Failure{text.error()};
  }
  auto state = std::make_unique<State>();
  const int status = mbedtls_pk_parse_key(&state->pair, text->data(), text->size(), nullptr, 0);
  mbedtls_platform_zeroize(text->data(), text->size());
  if (status != 0 || mbedtls_pk_can_do(&state->pair, MBEDTLS_PK_ECKEY) == 0 ||
      state->ec()->grp.id != MBEDTLS_ECP_DP_SECP256R1) {
    return fail(ErrorCode::kInvalidInput, "signing key: " + pem_file.string() +
                                              " holds no unencrypted P-256 private key in PEM");
  }
  return SigningKey(std::move(state));
}

Expected<SigningKey> SigningKey::load_or_create(const std::filesystem::path &pem_file) {
  std::error_code ignored;
  if (std::filesystem::exists(pem_file, ignored)) {
    return load(pem_file);
  }
  auto key = generate();
  if (!key) {
    return key;
  }
  if (const auto saved = key->save(pem_file); !saved) {
    // Another process may have made it meanwhile: then that one is the key.
    return saved.error().code == ErrorCode::kConflict
               ? load(pem_file)
               : Expected<SigningKey>(Failure{saved.error()});
  }
  return key;
}

Expected<void> SigningKey::save(const std::filesystem::path &pem_file) const {
  std::array<unsigned char, kMaxPemBytes> pem{};
  if (mbedtls_pk_write_key_pem(&state_->pair, pem.data(), pem.size()) != 0) {
    return fail(ErrorCode::kInternal, "signing key: cannot be written as PEM");
  }
  // Written beside and linked into place, so that nobody ever reads half a key.
  const std::filesystem::path beside =
      pem_file.string() + ".new-" + std::to_string(static_cast<long>(::getpid()));
  bool written = false;
  {
    const File file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    written =
        file.is_open() && write_all(file.descriptor(), reinterpret_cast<const char *>(pem.data()));
  }
  mbedtls_platform_zeroize(pem.data(), pem.size());
  if (!written || ::link(beside.c_str(), pem_file.c_str()) != 0) {
    const auto failure = system_failure(pem_file, "write");
    ::unlink(beside.c_str());
    return failure;
  }
  ::unlink(beside.c_str());
  return {};
}

std::array<std::uint8_t, kPublicKeyBytes> SigningKey::public_key() const {
  std::array<std::uint8_t, kPublicKeyBytes> xy{};
  constexpr std::size_t kHalf = kPublicKeyBytes / 2;
  mbedtls_mpi_write_binary(&state_->ec()->Q.X, xy.data(), kHalf);
  mbedtls_mpi_write_binary(&state_->ec()->Q.Y, xy.data() + kHalf, kHalf);
  return xy;
}

std::array<std::uint8_t, kKeyIdBytes> SigningKey::key_id() const {
  std::array<std::uint8_t, kKeyIdBytes> id{};
  key_id_of(public_key(), id);
  return id;
}

Expected<std::array<std::uint8_t, kSignatureBytes>> SigningKey::sign(ByteView digest) const {
  Randomness randomness;
  mbedtls_mpi r;
  mbedtls_mpi s;
  mbedtls_mpi_init(&r);
  mbedtls_mpi_init(&s);
  std::array<std::uint8_t, kSignatureBytes> signature{};
  constexpr std::size_t kHalf = kSignatureBytes / 2;
  const bool good = digest.size() == kHashBytes && randomness.seeded() &&
                    mbedtls_ecdsa_sign_det_ext(
                        &state_->ec()->grp, &r, &s, &state_->ec()->d, digest.data(), digest.size(),
                        MBEDTLS_MD_SHA256, mbedtls_ctr_drbg_random, randomness.generator()) == 0 &&
                    mbedtls_mpi_write_binary(&r, signature.data(), kHalf) == 0 &&
                    mbedtls_mpi_write_binary(&s, signature.data() + kHalf, kHalf) == 0;
  mbedtls_mpi_free(&s);
  mbedtls_mpi_free(&r);
  if (!good) {
    return fail(ErrorCode::kInternal, "signing key: signing failed");
  }
  return signature;
}

} // namespace tinyml::image
