#pragma once

#include "account/attempts.h"
#include "account/policy.h"
#include "directory/sign_in_records.h"
#include "local/message.h"
#include "signin/answer.h"
#include "signin/keys.h"
#include "signin/realm.h"

namespace ferryman::signin {

// Answers the HTTP requests of clients that sign in, in Entra's shapes. A path names its tenant first, or
// "common"; all of it is compared without case. Errors are JSON with `error`, as RFC 6749 5.2 and Entra have
// them, and nothing of a request stands in an answer. No socket, no clock; thread-safe. What it is made of
// must outlive it.
class SignIn {
 public:
  SignIn(directory::Directory& directory, directory::SignInRecords& records, account::Attempts& attempts)
      : directory_(directory), records_(records), attempts_(attempts), keys_(records) {}

  Answer answer(const local::HttpRequest& request, const Settings& settings, const account::Policy& policy,
                Nonces::Time now);

  // What the same is answered from, for who answers other requests of a tenant's (pages/).
  Realm realm(const Settings& settings, const account::Policy& policy, Nonces::Time now) {
    return {directory_, records_, attempts_, policy, settings, keys_, now};
  }

 private:
  directory::Directory& directory_;
  directory::SignInRecords& records_;
  account::Attempts& attempts_;
  Keys keys_;
};

}  // namespace ferryman::signin
