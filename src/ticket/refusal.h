#pragma once

#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "base/bytes.h"
#include "kerberos/numbers.h"

namespace ferryman {

// Why a KDC does not do what it was asked: what the client is told, and what the log says of it.
struct Refusal {
  std::int32_t code = kerberos::error_code::generic;  // of the KRB-ERROR
  std::string_view reason;                            // for the log: a constant text that nobody outside sees
  Octets e_data;                                      // of the KRB-ERROR; empty: none
};

// What a step of an exchange found out, or why it ends here.
template <typename T>
using Judged = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(std::int32_t code, std::string_view reason, Octets e_data = {}) {
  return tl::unexpected(Refusal{code, reason, std::move(e_data)});
}

}  // namespace ferryman
