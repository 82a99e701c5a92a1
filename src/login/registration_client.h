#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "login/answers.h"
#include "login/failure.h"
#include "login/https_client.h"
#include "login/passkey.h"
#include "pki/public_key.h"

namespace ferryman::login {

// A tenant's registration of devices and keys ([MS-DVRJ], [MS-KPP]). Faults of all calls: refused,
// not_reachable.
class RegistrationClient {
 public:
  // https: must outlive it.
  static Outcome<RegistrationClient> discover(HttpsClient& https, const std::string& url,
                                              const std::string& tenant_id);

  const Registration& registration() const { return registration_; }

  struct NewDevice {
    Bytes certificate_request;  // PKCS #10
    const pki::PublicKey& key;  // that it is for
    const pki::PublicKey& transport_key;
    std::string name;    // the computer's
    std::string system;  // its operating system and version
    std::string domain;  // of the user's UPN
  };
  // The certificate is for that key.
  Outcome<JoinAnswer> join(std::string_view access_token, const NewDevice& device);
  // What a TPM is to be asked, so that the server believes it: its answer.
  Outcome<Secret> attestation_challenge(std::string_view access_token, const json::Json& endorsement);
  // attestation: of key_attestation.h; null: none.
  Outcome<void> register_key(std::string_view access_token, const pki::PublicKey& key,
                             const json::Json& attestation);
  // A key that is in a security key: what is wanted of it, and what it said.
  Outcome<PasskeyOptions> passkey_options(std::string_view access_token);
  Outcome<void> register_passkey(std::string_view access_token, const json::Json& registration);
  // access_token: of that device. Well, too, where it is gone already.
  Outcome<void> leave(std::string_view access_token, const std::string& device_id);

 private:
  RegistrationClient(HttpsClient& https, Registration registration)
      : https_(&https), registration_(std::move(registration)) {}
  Outcome<Secret> post(const std::string& url, std::string_view access_token, const std::string& body,
                       std::string_view asked);

  HttpsClient* https_;
  Registration registration_;
};

}  // namespace ferryman::login
