#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace ferryman::login {

// The ticket of an Active Directory that a sign-in has led to besides its own.
struct OnPremises {
  std::vector<std::string> client{};  // a name's components; empty: there was none yet
  std::string realm{};
  std::string kdc_url{};  // of the KDC proxy by which it came
  // Whom to trust there; empty: as the system does; nothing: as the account does, of older versions' records.
  std::optional<std::string> ca_file{};
  std::int64_t ticket_expires = 0;
  std::string cache{};
  std::string no_ticket{};  // why the last sign-in or renewal brought none; an earlier one may still be good

  // "alice@AD.EXAMPLE.COM"; empty where there was no ticket.
  std::string principal() const;
  bool operator==(const OnPremises&) const = default;
};

// What is kept of a sign-in besides its tokens, none of it secret. Times are seconds since 1970.
struct SessionRecord {
  std::int64_t signed_in = 0;    // with the key
  std::int64_t renewed = 0;      // or signed in, whichever was the last
  std::int64_t prt_expires = 0;  // unless it is renewed
  std::string kerberos_url{};    // the KDC proxy's
  std::vector<std::string> top_level_names{};

  std::vector<std::string> client{};  // the last ticket's, a name's components; empty: there was none yet
  std::string realm{};                // the ticket's
  std::int64_t ticket_expires = 0;    // 0: there was none
  std::string no_ticket{};  // why the last sign-in or renewal brought none; an earlier one may still be good
  std::string cache{};      // where the ticket was put
  std::optional<std::string> ccname{};  // $KRB5CCNAME at that time

  OnPremises on_premises{};

  // "alice@CLOUD.EXAMPLE.COM"; empty where there was no ticket.
  std::string principal() const;
};

std::string record_text(const SessionRecord& record);
// Nothing for what record_text() did not write.
std::optional<SessionRecord> parse_record(Bytes text);

// What went wrong last, until something goes well.
struct LastError {
  std::int64_t time = 0;
  std::string text{};
};
std::string last_error_text(const LastError& error);
std::optional<LastError> parse_last_error(Bytes text);

}  // namespace ferryman::login
