#pragma once

#include <optional>
#include <string>

#include "admin/client.h"
#include "explain/account.h"

namespace ferryman {

// The realm's side, where it is ours: a ferryman-realm's administration.
class RealmView {
 public:
  // Nothing where none listens to this user there, or it is of another realm.
  static std::optional<RealmView> open(const std::string& socket, const std::string& tenant,
                                       const std::string& realm);

  struct User {
    explain::RealmAccount account;
    std::string domain, domain_name;  // of an Active Directory that it was taken from; empty: of none
  };
  struct Service {
    explain::RealmAccount account;
    std::string etypes;
  };
  // Nothing: there is none. `asked` is false where the service did not say.
  struct Answers {
    bool asked_user = false, asked_service = false;
    std::optional<User> user;
    std::optional<Service> service;
  };
  Answers ask(const std::string& user, const std::string& spn);

 private:
  RealmView(admin::Client client, std::string tenant)
      : client_(std::move(client)), tenant_(std::move(tenant)) {}

  admin::Client client_;
  std::string tenant_;
};

}  // namespace ferryman
