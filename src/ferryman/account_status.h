#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "login/accounts.h"
#include "login/session_record.h"

namespace ferryman {

// What is known of an account, from here alone: nobody is asked over the network.
struct AccountStatus {
  const login::Account& account;
  std::string keys{};     // where they are, and the tries that a PIN has
  std::string trouble{};  // why they cannot be used
  std::optional<login::SessionRecord> record{};
  bool has_ticket = false, has_on_premises_ticket = false;
  std::optional<login::LastError> last_error{};
  std::string next{};  // what to do; empty: nothing
};

// now: seconds since 1970.
AccountStatus status_of(const login::EnrolledAccount& account, std::int64_t now);

// Of the Active Directory's ticket: whether there is one, and why there is none, or no newer one.
std::string on_premises_text(const AccountStatus& status);

void print(const AccountStatus& status, std::int64_t now);
nlohmann::ordered_json json_of(const AccountStatus& status);

}  // namespace ferryman
