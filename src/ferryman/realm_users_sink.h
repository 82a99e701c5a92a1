#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ad/sync.h"
#include "admin/message.h"
#include "ferryman/realm_service.h"

namespace ferryman {

// The realm as a synchronisation writes to it: by its socket. Of a dry run nothing is sent but questions, and
// what would have been is told line by line. Who is refused is told on standard error.
class RealmUsersSink : public ad::UserSink {
 public:
  RealmUsersSink(RealmService& service, std::string domain, bool dry_run)
      : service_(service), domain_(std::move(domain)), dry_run_(dry_run) {}

  std::optional<std::vector<Taken>> upsert(const std::vector<ad::User>& users) override;
  std::optional<std::vector<Taken>> disable(const std::vector<std::string>& sids) override;
  bool each_user(const EachUser& each) override;
  void refused(const std::string& sid, const std::string& name, const std::string& text) override;

  // The exit code of what has been told, where the service did not answer.
  int code() const { return code_; }
  // For JSON: who was refused, and of a dry run what would have been sent.
  const admin::Json& refusals() const { return refusals_; }
  const admin::Json& would_upsert() const { return would_upsert_; }
  const admin::Json& would_disable() const { return would_disable_; }
  std::size_t upserts() const { return upserts_; }
  std::size_t disables() const { return disables_; }

 private:
  std::optional<admin::Json> call(const std::string& command, admin::Json arguments);
  std::optional<std::vector<Taken>> outcomes_of(const std::optional<admin::Json>& result, std::size_t count);

  RealmService& service_;
  const std::string domain_;
  const bool dry_run_;
  int code_ = 0;
  std::size_t upserts_ = 0, disables_ = 0;
  std::chrono::steady_clock::time_point called_{};
  admin::Json refusals_ = admin::Json::array(), would_upsert_ = admin::Json::array(),
              would_disable_ = admin::Json::array();
};

}  // namespace ferryman
