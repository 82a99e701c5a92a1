#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin/message.h"
#include "kdb/dump.h"
#include "kdb/master_keys.h"

namespace ferryman {

struct MitOptions {
  std::string realm{};  // whose principals are imported
  bool rc4 = false;     // keys of RC4 as well
  // Names without their realm that are taken for users and for services, whatever they look like.
  std::set<std::string, std::less<>> users{}, services{};
};

// What becomes of a principal.
struct MitAccount {
  std::string name;     // without its realm
  std::string skipped;  // why nothing does; else it is empty
  // The member of `accounts` of import.accounts. It has keys: wipe its texts.
  admin::Json account{};
  std::string details{};  // its keys, for people
  std::vector<std::string> notes{};
  bool without_preauth = false;
};

// The components with "/" between.
std::string text_of(const kdb::PrincipalName& name);

MitAccount mit_account(const kdb::DumpedPrincipal& principal, const kdb::MasterKeys& master,
                       const MitOptions& options);

}  // namespace ferryman
