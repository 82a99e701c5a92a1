#include "login/enrolment.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/text.h"
#include "keys/certificate_request.h"
#include "login/key_attestation.h"
#include "login/refusal.h"
#include "login/registration_client.h"
#include "login/token_client.h"

namespace ferryman::login {
namespace {

using keys::KeyUse;

// As Windows names a device that has no name yet.
constexpr char request_name[] = "7E980AD9-B86D-4306-9425-9AC066FB014A";

tl::unexpected<Failure> already(const EnrolledAccount& there) {
  return fail(
      Fault::failed,
      fmt::format("{} is enrolled here already: \"ferryman login\" signs in; \"ferryman unenroll --user {}\" "
                  "comes first where the keys are to be new",
                  printable(there.account().person.upn), printable(there.account().person.upn)));
}

std::string system_version() {
  std::ifstream release("/etc/os-release");
  constexpr std::string_view name = "PRETTY_NAME=";
  for (std::string line; std::getline(release, line) && line.size() < 256;) {
    if (!line.starts_with(name)) continue;
    line.erase(0, name.size());
    std::erase(line, '"');
    if (is_utf8(line)) return line;
  }
  return "Linux";
}

std::string computer_name() {
  utsname system{};
  return ::uname(&system) == 0 && is_utf8(system.nodename) ? system.nodename : "computer";
}

std::string domain_of(const NewAccount& wanted) {
  const auto at = wanted.user.rfind('@');
  return at == std::string::npos ? wanted.tenant : wanted.user.substr(at + 1);
}

struct NewKeys {
  keys::NewKey device, transport;
  std::optional<keys::NewKey> user{};  // where it is not in a security key
};

// The user's key is of RSA in every store: each TPM 2.0 has that, and msDS-KeyCredentialLink's readers know
// it.
Outcome<NewKeys> make_keys(const Keys& with, const Progress& progress) {
  keys::KeyStore& store = with.store;
  progress("The computer's keys are being made.");
  auto device = store.create(KeyUse::sign_rsa, {});
  if (!device) return tl::unexpected(failure_of(device.error()));
  auto transport = store.create(KeyUse::decrypt_rsa, {});
  if (!transport) return tl::unexpected(failure_of(transport.error()));
  NewKeys made{std::move(*device), std::move(*transport)};
  if (with.security_key != nullptr) return made;
  progress("Your own key is being made.");
  auto user = store.create(KeyUse::sign_rsa, with.pin);
  if (!user) return tl::unexpected(failure_of(user.error()));
  made.user = std::move(*user);
  return made;
}

// One enrolment, from the tenant's first answer to the sign-in.
class Enrolment {
 public:
  Enrolment(const NewAccount& wanted, const Keys& with, const Progress& progress, TokenClient tokens,
            RegistrationClient registration)
      : wanted_(wanted),
        with_(with),
        progress_(progress),
        tokens_(std::move(tokens)),
        registration_(std::move(registration)) {}

  // Before this nothing is used up.
  Outcome<void> prepare();
  Outcome<SignIn> run(Bytes code, std::int64_t now);
  // What a failure after it had joined leaves at the tenant, as far as that can be reached.
  void take_back(std::int64_t now);

  Account account(std::int64_t now) const;
  AccountKeys take_keys();
  const std::string& kerberos_url() const { return tokens_.endpoints().kerberos; }

 private:
  Outcome<Secret> join(Bytes code);
  // What the TPM says of the user's key; many servers do without.
  Outcome<json::Json> attested(std::string_view access_token);
  // Registers the user's key and signs in with it.
  Outcome<SignIn> by_stored_key(std::string_view access_token, std::int64_t now);
  Outcome<SignIn> by_security_key(std::string_view access_token);

  Device device() const {
    return {with_.store, keys_->device.kept.bytes(), keys_->transport.kept.bytes(), certificate_};
  }

  const NewAccount& wanted_;
  const Keys& with_;
  const Progress& progress_;
  TokenClient tokens_;
  RegistrationClient registration_;
  std::optional<NewKeys> keys_;
  std::optional<Passkey> passkey_;
  Octets request_, certificate_;
  std::string device_id_, device_name_ = computer_name();
  Person person_;
  std::optional<Session> session_;
};

Outcome<void> Enrolment::prepare() {
  auto made = make_keys(with_, progress_);
  if (!made) return tl::unexpected(made.error());
  keys_ = std::move(*made);
  auto request = keys::certificate_request(with_.store, keys_->device, request_name);
  if (!request) return tl::unexpected(failure_of(request.error()));
  request_ = std::move(*request);
  return {};
}

// Its refresh token is what the first session is got with.
Outcome<Secret> Enrolment::join(Bytes code) {
  auto token = tokens_.by_password(wanted_.user, code, registration_.registration().join.resource);
  if (!token) return tl::unexpected(token.error());
  if (!token->refresh_token) return fail(Fault::refused, "the server's answer has no refresh token");
  const auto joined = registration_.join(as_text(token->access_token.bytes()),
                                         {request_, keys_->device.public_key, keys_->transport.public_key,
                                          device_name_, system_version(), domain_of(wanted_)});
  if (!joined) return tl::unexpected(joined.error());
  device_id_ = joined->device_id;
  certificate_ = joined->certificate.der();
  return std::move(*token->refresh_token);
}

Outcome<SignIn> Enrolment::run(Bytes code, std::int64_t now) {
  progress_("The computer joins the tenant.");
  const auto refresh_token = join(code);
  if (!refresh_token) return tl::unexpected(refresh_token.error());
  progress_("The computer signs in.");
  auto first = tokens_.by_refresh_token(device(), refresh_token->bytes());
  if (!first) return first;
  person_ = first->person;
  session_ = std::move(first->session);
  if (person_.tenant_id != tokens_.endpoints().tenant_id)
    return fail(Fault::refused, "the server's answer is of another tenant than was asked");
  const auto token = tokens_.access_token(*session_, registration_.registration().key.resource, now);
  if (!token) return tl::unexpected(token.error());
  const std::string_view access_token = as_text(token->bytes());
  return with_.security_key == nullptr ? by_stored_key(access_token, now) : by_security_key(access_token);
}

Outcome<json::Json> Enrolment::attested(std::string_view access_token) {
  keys::Attester* attester = with_.store.attester();
  if (attester == nullptr) return fail(Fault::failed, "the key is in no TPM");
  if (!registration_.registration().attestation) return fail(Fault::refused, "the server asks for none");
  return attest_key(*attester, registration_, access_token, keys_->user->kept.bytes(), with_.pin);
}

Outcome<SignIn> Enrolment::by_stored_key(std::string_view access_token, std::int64_t now) {
  progress_("Your key is being registered.");
  const auto attestation = attested(access_token);
  const auto registered = registration_.register_key(access_token, keys_->user->public_key,
                                                     attestation ? *attestation : json::Json());
  if (!registered && !attestation) {
    Failure failure = registered.error();
    failure.text += " (attestation: " + attestation.error().text + ")";
    return tl::unexpected(std::move(failure));
  }
  if (!registered) return tl::unexpected(registered.error());
  progress_("You are being signed in.");
  const UserKey user{with_.store, keys_->user->kept.bytes(), keys_->user->public_key, with_.pin};
  return tokens_.by_key(device(), tokens_.by_stored_key(user, person_.upn, now));
}

Outcome<SignIn> Enrolment::by_security_key(std::string_view access_token) {
  const auto options = registration_.passkey_options(access_token);
  if (!options) return tl::unexpected(options.error());
  auto made = make_passkey(*with_.security_key, *options, wanted_.url, with_.pin);
  if (!made) return tl::unexpected(made.error());
  if (made->registration) {
    const auto registered = registration_.register_passkey(access_token, *made->registration);
    if (!registered) return tl::unexpected(registered.error());
  }
  passkey_ = std::move(made->passkey);
  return tokens_.by_key(device(),
                        by_passkey(*with_.security_key, *passkey_, wanted_.url, person_.upn, with_.pin));
}

void Enrolment::take_back(std::int64_t now) {
  if (!session_) return;
  const auto token = tokens_.access_token(*session_, registration_.registration().join.resource, now);
  if (token) static_cast<void>(registration_.leave(as_text(token->bytes()), device_id_));
}

Account Enrolment::account(std::int64_t now) const {
  return {.url = wanted_.url,
          .tenant = wanted_.tenant,
          .ca_file = wanted_.ca_file,
          .person = person_,
          .tenant_name = registration_.registration().tenant_name,
          .device_id = device_id_,
          .device_name = device_name_,
          .place = wanted_.place,
          .user_key = keys_->user ? std::optional(keys_->user->public_key) : std::nullopt,
          .enrolled = now};
}

AccountKeys Enrolment::take_keys() {
  return {passkey_ ? passkey_->kept() : std::move(keys_->user->kept), std::move(keys_->device.kept),
          std::move(keys_->transport.kept), std::move(certificate_)};
}

Outcome<Enrolment> begin(const NewAccount& wanted, const Keys& with, const Progress& progress,
                         HttpsClient& https) {
  auto tokens = TokenClient::discover(https, wanted.url, wanted.tenant);
  if (!tokens) return tl::unexpected(tokens.error());
  auto registration = RegistrationClient::discover(https, wanted.url, tokens->endpoints().tenant_id);
  if (!registration) return tl::unexpected(registration.error());
  return Enrolment(wanted, with, progress, std::move(*tokens), std::move(*registration));
}

// What makes it an account is the last of its files.
Outcome<const EnrolledAccount*> write_account(Accounts& accounts, Enrolment& enrolment, std::int64_t now) {
  auto made = EnrolledAccount::make(accounts.path(), enrolment.account(now));
  if (!made) return tl::unexpected(made.error());
  auto written = made->write_keys(enrolment.take_keys());
  if (written) written = made->write_account();
  if (written) return &accounts.add(std::move(*made));
  static_cast<void>(std::move(*made).remove());
  return tl::unexpected(written.error());
}

}  // namespace

Outcome<std::string> service_url(const std::string& text) {
  std::string url = text.find("://") == std::string::npos ? "https://" + text : text;
  while (url.ends_with('/')) url.pop_back();
  constexpr std::string_view scheme = "https://";
  const bool plain = std::ranges::all_of(url, [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '?' && c != '#' && c != '@';
  });
  if (!url.starts_with(scheme) || url.size() == scheme.size() || url[scheme.size()] == '/' || !plain)
    return fail(
        Fault::failed,
        fmt::format("{} is no URL of a gateway: https://gateway.example.com would be one", printable(text)));
  return url;
}

bool is_code(Bytes text) {
  constexpr std::size_t characters = 16;
  std::size_t count = 0;
  for (const std::uint8_t octet : text) {
    const char c = static_cast<char>(octet);
    const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!letter && c != '-' && c != ' ') return false;
    count += letter ? 1 : 0;
  }
  return count == characters;
}

const EnrolledAccount* find_enrolled(const Accounts& accounts, const NewAccount& wanted) {
  const auto found = std::ranges::find_if(accounts.all(), [&](const EnrolledAccount& each) {
    const Account& there = each.account();
    return there.url == wanted.url && equal_without_case(there.tenant, wanted.tenant) &&
           there.is(wanted.user);
  });
  return found == accounts.all().end() ? nullptr : &*found;
}

Outcome<void> check_is_new(const Accounts& accounts, const NewAccount& wanted) {
  if (const EnrolledAccount* there = find_enrolled(accounts, wanted)) return already(*there);
  return {};
}

Outcome<SignedIn> enroll(Accounts& accounts, const NewAccount& wanted, const Keys& with, Bytes code,
                         std::int64_t now, const Progress& progress) {
  HttpsClient https(wanted.ca_file);
  auto enrolment = begin(wanted, with, progress, https);
  if (!enrolment) return tl::unexpected(enrolment.error());
  if (const auto prepared = enrolment->prepare(); !prepared) return tl::unexpected(prepared.error());
  auto sign_in = enrolment->run(code, now);
  if (sign_in)
    if (const EnrolledAccount* same = accounts.find(sign_in->person)) sign_in = already(*same);
  const auto written =
      sign_in ? write_account(accounts, *enrolment, now) : tl::unexpected(std::move(sign_in.error()));
  if (!written) {
    enrolment->take_back(now);
    return tl::unexpected(written.error());
  }
  return keep(accounts, **written, with.store, std::move(*sign_in), {enrolment->kerberos_url(), now, now});
}

Outcome<void> leave_tenant(const EnrolledAccount& account, keys::KeyStore& store, std::int64_t now) {
  const Account& who = account.account();
  const auto session = account.session(store);
  if (!session) return tl::unexpected(session.error());
  if (!*session)
    return fail(Fault::failed, "nobody is signed in, and the tenant removes the device only then");
  HttpsClient https(who.ca_file);
  auto tokens = TokenClient::discover(https, who.url, who.person.tenant_id);
  if (!tokens) return tl::unexpected(tokens.error());
  auto registration = RegistrationClient::discover(https, who.url, who.person.tenant_id);
  if (!registration) return tl::unexpected(registration.error());
  const auto token = tokens->access_token(**session, registration->registration().join.resource, now);
  if (!token && token.error().code == refusal_code::device_gone) return {};
  if (!token) return tl::unexpected(token.error());
  return registration->leave(as_text(token->bytes()), who.device_id);
}

}  // namespace ferryman::login
