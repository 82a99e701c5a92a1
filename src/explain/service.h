#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crypto/keytab.h"
#include "explain/account.h"
#include "explain/requests.h"
#include "explain/step.h"

// The service, its ticket, and the keytab that has to open it.
namespace ferryman::explain {

// What came of the TGS-REQ.
struct ServiceSeen {
  Principal service;                  // of the realm whose KDC was asked last
  std::optional<std::int32_t> error;  // nothing: a ticket
  std::string trouble{};              // why there is no answer, or none that can be used
  Etypes etypes;                      // that were asked for
  std::int32_t ticket_etype = 0;
  std::optional<std::uint32_t> ticket_kvno;
  // The realm's side, where it was looked at.
  bool realm_was_asked = false;
  std::optional<RealmAccount> realm;  // nothing: it has no such service
  std::string realm_etypes{};         // of the service's keys
  std::vector<std::string> owners{};  // in an Active Directory: who has this name
  bool is_samba = false;
};
Step judge_service(const ServiceSeen& seen, std::int64_t now);

// ticket: of the service, DER.
Step judge_keytab(const std::string& file, const std::vector<crypto::KeytabEntry>& keytab,
                  const Principal& service, Bytes ticket);

}  // namespace ferryman::explain
