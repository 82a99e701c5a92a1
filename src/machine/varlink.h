#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace ferryman::machine {

// A call of systemd's io.systemd.UserDatabase, by varlink (https://varlink.org): JSON with a NUL behind it.
struct Call {
  enum class Method : std::uint8_t { get_user_record, get_group_record, get_memberships, unknown };

  Method method = Method::unknown;
  std::string service{};  // whom it is for
  std::optional<std::string> user_name{}, group_name{};
  std::optional<std::uint64_t> uid{}, gid{};
  bool more = false;    // several replies are understood
  bool oneway = false;  // none is wanted
};

inline constexpr std::size_t max_call = 4096;  // octets

// text: without the NUL, at most max_call octets. Nothing for what is no call, or says a parameter that the
// methods have in another type.
std::optional<Call> parse_call(std::string_view text);

// Replies, with their NUL.
std::string reply(const nlohmann::json& parameters, bool continues);
std::string error_reply(std::string_view error);

inline constexpr std::string_view no_record_found = "io.systemd.UserDatabase.NoRecordFound",
                                  bad_service = "io.systemd.UserDatabase.BadService",
                                  conflicting_record = "io.systemd.UserDatabase.ConflictingRecordFound",
                                  method_not_found = "org.varlink.service.MethodNotFound",
                                  invalid_parameter = "org.varlink.service.InvalidParameter",
                                  expected_more = "org.varlink.service.ExpectedMore";

}  // namespace ferryman::machine
