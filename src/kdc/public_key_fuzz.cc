// The KDC behind the signatures of logons by public keys: the fuzzer has a user's key, and bends what it
// signs, what nobody signs, and the messages. Input: what is bent, then one octet for each change to it.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "crypto/openssl.h"
#include "directory/database.h"
#include "kdc/freshness.h"
#include "kdc/public_keys.h"
#include "kdc/test_client.h"
#include "kerberos/bending.h"
#include "kerberos/pkinit.h"
#include "kerberos/reply.h"
#include "pki/key_credential.h"
#include "pkinit/test_certificates.h"

namespace ferryman::kdc {
namespace {

enum Bent : std::uint8_t { signed_pack, unsigned_pack, unsigned_message, element };

// In a file that is of no use once it is open: one thread has one connection.
std::unique_ptr<directory::Database> new_directory() {
  std::string folder = "/tmp/public_key_fuzz_XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) std::abort();
  auto opened = directory::open_database({.location = folder + "/realm.db", .create = true},
                                         *directory::MasterKey::make(Octets(directory::MasterKey::size, 7)));
  if (!opened) std::abort();
  const std::array etypes{etype::aes256_sha1};
  if (!(*opened)->create_tenant({.name = "example"}, "R.TEST", etypes, 0)) std::abort();
  std::filesystem::remove_all(folder);
  return *std::move(opened);
}

// alice, and the key on P-256 that is registered with her.
directory::Tenant with_alice(directory::Database& directory) {
  const auto tenant = directory.find_tenant("example");
  directory::NewAccount wanted;
  wanted.name = "alice";
  const auto alice = directory.create_account(tenant->id, {wanted}, 0);
  directory::Device device{directory::DeviceId{directory::random_guid()}, alice->id};
  device.certificate = device.transport_key = {1};
  pki::KeyCredential credential;
  credential.material = pki::key_material(pkinit::ec_key().public_key());
  directory::KeyCredential key;
  key.id = credential.id();
  key.user = alice->id;
  key.device = device.id;
  key.blob = pki::key_credential_blob(credential);
  if (!directory.add_device(tenant->id, device) || !directory.add_key(tenant->id, key)) std::abort();
  return *tenant;
}

std::shared_ptr<const pkinit::KdcIdentity> identity() {
  constexpr pki::Validity validity{pkinit::now, pkinit::now + 1000};
  static const auto kept = std::make_shared<const pkinit::KdcIdentity>(
      pkinit::KdcAuthority::make("R.TEST", validity).issue("R.TEST", validity));
  return kept;
}

class World {
 public:
  void ask_with(Bytes input) const {
    TestRequest request;
    request.till = now_.seconds + 36000;
    ask(request, signed_by_alice(bent(signed_pack, input, pack(request))), input);
    request.cname = kerberos::Name(kerberos::name_type::wellknown, {"WELLKNOWN", "ANONYMOUS"});
    request.options = option::request_anonymous;
    const Octets of_nobody = pkinit::unsigned_message(bent(unsigned_pack, input, pack(request)));
    ask(request, bent(unsigned_message, input, of_nobody), input);
  }

 private:
  static Octets bent(Bent part, Bytes input, const Octets& valid) {
    if (input.empty() || input[0] != part) return valid;
    auto nodes = kerberos::read_nodes(valid);
    if (nodes.empty()) return valid;
    for (const std::uint8_t seed : input.subspan(1)) {
      kerberos::Random random(seed + 1U);
      kerberos::bend(nodes.front(), random);
    }
    return kerberos::written(nodes.front());
  }
  static Octets signed_by_alice(Bytes pack) {
    static const pki::OwnedCertificate certificate = pkinit::TestCertificate{}.make();
    return pkinit::TestMessage{}.of(pkinit::ec_key().openssl(), certificate.get(), pack);
  }
  Octets pack(const TestRequest& request) const {
    Octets sum(crypto::openssl::digest_size(crypto::openssl::Digest::sha1));
    crypto::openssl::hash(crypto::openssl::Digest::sha1, {request.body()}, sum);
    static const Octets token = *make_freshness_token(kdc_, now_);
    const Octets public_value = pkinit::ec_key().public_key().subject_public_key_info();
    kerberos::Made<kerberos::KdfAlgorithms> kdfs;
    kdfs.add({pkinit::oids::kdf_sha256});
    kerberos::AuthPack pack;
    pack.authenticator = {7, now_.seconds, 0x89abcdef, sum, token, {}};
    pack.client_public_value = public_value;
    pack.kdfs = kdfs.list();
    return kerberos::encode(pack);
  }
  void ask(TestRequest request, Bytes cms, Bytes input) const {
    request.with(padata::pk_as_req, bent(element, input, kerberos::encode(kerberos::PaPkAsReq{cms})));
    const Answer made = answer(request.encoded(), kdc_, now_);
    if (!kerberos::parse<kerberos::KrbError>(made.message) &&
        !kerberos::parse_kdc_rep(made.message, kerberos::msg_type::as_rep))
      std::abort();
    const bool is_whole = input.empty() || input[0] > element || input.size() == 1;
    if (is_whole && made.code != 0) std::abort();
  }

  const Now now_{pkinit::now, 500};
  const std::unique_ptr<directory::Database> directory_ = new_directory();
  const directory::Tenant tenant_ = with_alice(*directory_);
  const account::Policy policy_{};
  mutable account::Attempts attempts_;
  const PublicKeys public_keys_{*directory_, nullptr, true, true, [] { return identity(); }};
  const Kdc kdc_{*directory_, tenant_, policy_, attempts_, 0, &public_keys_};
};

}  // namespace
}  // namespace ferryman::kdc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto& world = *new ferryman::kdc::World;
  if (size <= 32) world.ask_with({data, size});
  return 0;
}
