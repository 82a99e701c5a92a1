#pragma once

#include <cstdint>
#include <string>

#include "ad/connection.h"
#include "ad/domain.h"
#include "ad/sync_keys.h"
#include "admin/message.h"
#include "ferryman/realm_service.h"

namespace ferryman {

// Users' keys on their way from the realm into a domain. Of a dry run nothing is written, and what would be
// is told line by line. For whom the domain refuses it is told on standard error.
class RealmKeys {
 public:
  RealmKeys(RealmService& service, ad::Connection& connection, bool dry_run)
      : service_(service), connection_(connection), dry_run_(dry_run) {}

  // name: of the domain, as the realm has it. written: what was written before, and afterwards what is.
  // Returns the exit code of what has been told; exit_refused where the domain did not take all.
  int run(const std::string& name, const ad::Domain& domain, std::int64_t now, ad::WrittenKeys& written);

  void add_to(admin::Json& json) const;
  void print_summary() const;

 private:
  int read_and_write(const std::string& name, ad::KeySync& sync);
  ad::Outcome<void> apply(const ad::KeyStep& step);
  void tell_step(const ad::KeyStep& step);

  RealmService& service_;
  ad::Connection& connection_;
  const bool dry_run_;
  ad::KeyCounts counts_;
  admin::Json would_write_ = admin::Json::array(), would_remove_ = admin::Json::array();
};

}  // namespace ferryman
