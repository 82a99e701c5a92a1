#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace ferryman::directory {

// Why the directory did not do what it was asked.
enum class Reason : std::uint8_t {
  not_found,         // nothing of that name or id in this tenant
  already_exists,    // another object of the tenant has the name, SPN, UPN, uid or gid
  invalid,           // what was asked for breaks a rule of names, keys or accounts
  wrong_master_key,  // the keys at rest are sealed under another one
  damaged,           // the database, or a sealed key in it, is not as it was written
  wrong_version,     // of a newer ferryman, or no database of ferryman at all
  full,              // no space left for a change
  read_only,         // the database cannot be written
  busy,              // others kept it longer than this one waits
  unavailable,       // cannot be opened, read or reached
};

// As in logs: "not_found", ...
std::string_view name(Reason reason);

struct Failure {
  Reason reason;
  std::string text{};  // one sentence for an administrator; empty for not_found
};

template <typename T>
using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> fail(Reason reason, std::string text = {}) {
  return tl::unexpected(Failure{reason, std::move(text)});
}

}  // namespace ferryman::directory
