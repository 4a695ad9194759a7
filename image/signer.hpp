// SPDX-License-Identifier: Apache-2.0
// Host only.
#pragma once

#include "base/error.hpp"
#include "image/factory.hpp"
#include "image/header.hpp"

#include <array>
#include <filesystem>
#include <memory>

namespace tinyml::image {

/// A signing key pair (ECDSA P-256). The private half never leaves this object except into its own
/// file.
class SigningKey {
public:
  /// Makes a key from the operating system's randomness.
  [[nodiscard]] static Expected<SigningKey> generate();

  /// Reads a PEM file (SEC1 or PKCS#8, unencrypted). Refuses a file that others than its owner may
  /// read.
  [[nodiscard]] static Expected<SigningKey> load(const std::filesystem::path &pem_file);

  /// Loads the file, or makes a key and writes the file (mode 0600, never over an existing one).
  [[nodiscard]] static Expected<SigningKey> load_or_create(const std::filesystem::path &pem_file);

  SigningKey(SigningKey &&) noexcept;
  SigningKey &operator=(SigningKey &&) noexcept;
  ~SigningKey();

  /// Writes PEM with mode 0600; kConflict when the file exists.
  [[nodiscard]] Expected<void> save(const std::filesystem::path &pem_file) const;

  /// X then Y, as factory pages hold it.
  [[nodiscard]] std::array<std::uint8_t, kPublicKeyBytes> public_key() const;
  [[nodiscard]] std::array<std::uint8_t, kKeyIdBytes> key_id() const;

  /// Signs a SHA-256 digest deterministically (RFC 6979): the same build has the same bytes.
  [[nodiscard]] Expected<std::array<std::uint8_t, kSignatureBytes>> sign(ByteView digest) const;

private:
  struct State;
  explicit SigningKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace tinyml::image
