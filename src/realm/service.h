#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "account/attempts.h"
#include "account/policy.h"
#include "directory/directory.h"
#include "kdc/kdc.h"
#include "kdc/public_keys.h"
#include "local/message.h"
#include "realm/kdc_identities.h"
#include "realm/public_key_settings.h"
#include "signin/sign_in.h"

namespace ferryman::realm {

// What answers depend on; a reload replaces it whole.
struct Settings {
  std::string realm;
  signin::Settings sign_in;
  account::Policy policy;
  PublicKeySettings public_keys{};
};

// Answers the requests that ferrymand passes on: Kerberos and HTTP. Thread-safe; each request keeps the
// settings that it began with. The directory must outlive it.
class Service {
 public:
  using Time = std::chrono::system_clock::time_point;

  Service(directory::Directory& directory, directory::SignInRecords& records, Settings settings);
  void configure(Settings settings);
  std::shared_ptr<const Settings> settings() const;

  // The request's tenant, or the default one, answers. The message is empty where nothing goes back: to what
  // is no Kerberos over UDP.
  kdc::Answer answer(const local::KerberosRequest& request, Time now);
  signin::Answer answer(const local::HttpRequest& request, Time now);

  // Failed logons that only this process counts.
  account::Attempts& attempts() { return attempts_; }

 private:
  signin::Answer answer_of(const local::HttpRequest& request, const Settings& settings, Time now);

  // Of what and when all is that is read for one request.
  struct Reading {
    const Settings& settings;
    const directory::Tenant& tenant;
    std::uint64_t failures_seen;
    std::unique_ptr<directory::Directory::Moment> moment;
    kdc::Now now;
  };
  kdc::Answer answer_kerberos(Bytes message, Reading& reading);

  directory::Directory& directory_;
  directory::SignInRecords& records_;
  account::Attempts attempts_;
  KdcIdentities identities_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Settings> settings_;
  signin::SignIn sign_in_;
};

}  // namespace ferryman::realm
