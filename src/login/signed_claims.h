#pragma once

#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/secret.h"
#include "json/parse.h"
#include "keys/key_store.h"
#include "login/failure.h"
#include "pki/public_key.h"

// The JWTs that a client signs ([MS-OAPXBC] 3.1.5.1). They may have tokens in them, and so are secret.
namespace ferryman::login {

// As what a device joins. A view.
struct Device {
  keys::KeyStore& store;
  Bytes key, transport_key;  // as the store gave them
  Bytes certificate;         // DER
};

// With the certificate in the header (x5c).
Outcome<Secret> sign_by_device(const Device& device, const json::Json& claims);

// The user's own key. A view.
struct UserKey {
  keys::KeyStore& store;
  Bytes key;
  const pki::PublicKey& public_key;
  Bytes pin;
};

// Faults: pin, failed.
Outcome<Secret> sign_by_user(const UserKey& user, const json::Json& claims);

// How a user shows her key over a nonce: the claims that do it, in a device's request.
using ShowKey = std::function<Outcome<json::Json>(const std::string& nonce)>;

// By a key of the session key.
Secret sign_by_session(Bytes session_key, const json::Json& claims);

// The failure that a store of keys tells.
Failure failure_of(const keys::KeyError& error);

}  // namespace ferryman::login
