// libkrb5 as the client: it makes the requests, checks the replies and verifies the tickets.
#include <gtest/gtest.h>
#include <krb5/krb5.h>

#include <cstdlib>
#include <ctime>

#include "kdc/test_client.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb5_codecs.h"

// Exported by libkrb5 but declared in no header of it.
extern "C" krb5_error_code krb5_decrypt_tkt_part(krb5_context, const krb5_keyblock*, krb5_ticket*);

namespace ferryman::kdc {
namespace {

class Libkrb5Client : public testing::Test {
 protected:
  Libkrb5Client() {
    setenv("KRB5_CONFIG", "/dev/null", 1);
    EXPECT_EQ(krb5_init_context(&context_), 0);
    EXPECT_EQ(krb5_set_default_realm(context_, "R.TEST"), 0);
    EXPECT_EQ(krb5_parse_name(context_, "alice@R.TEST", &alice_), 0);
    EXPECT_EQ(krb5_get_init_creds_opt_alloc(context_, &options_), 0);
    EXPECT_EQ(krb5_cc_new_unique(context_, "MEMORY", nullptr, &cache_), 0);
    realm_.now = {std::time(nullptr), 0};  // libkrb5 looks at the clock itself
  }
  ~Libkrb5Client() override {
    krb5_cc_destroy(context_, cache_);
    krb5_get_init_creds_opt_free(context_, options_);
    krb5_free_principal(context_, alice_);
    krb5_free_context(context_);
  }

  template <typename Context, typename Step>
  krb5_error_code run(Context* context, Step step) {
    krb5_data in{}, out{}, realm{};
    unsigned flags = 0;
    Octets answered;
    for (legs_ = 0; legs_ < 10; ++legs_) {
      const krb5_error_code code = step(context_, context, &in, &out, &realm, &flags);
      if (code != 0) return code;
      if ((flags & 1) == 0) return 0;
      const Answer answer = realm_.ask(as_bytes({out.data, out.length}));
      answered = answer.message;
      in.data = const_cast<char*>(as_text(answered).data());
      in.length = static_cast<unsigned>(answered.size());
      krb5_free_data_contents(context_, &out);
      krb5_free_data_contents(context_, &realm);
    }
    return KRB5_KDC_UNREACH;
  }
  krb5_error_code kinit(std::string_view password, const char* service = nullptr) {
    krb5_init_creds_context context = nullptr;
    EXPECT_EQ(krb5_init_creds_init(context_, alice_, nullptr, nullptr, 0, options_, &context), 0);
    EXPECT_EQ(krb5_init_creds_set_password(context_, context, std::string(password).c_str()), 0);
    if (service != nullptr) {
      EXPECT_EQ(krb5_init_creds_set_service(context_, context, service), 0);
    }
    krb5_error_code code = run(context, krb5_init_creds_step);
    krb5_creds creds{};
    if (code == 0) code = krb5_init_creds_get_creds(context_, context, &creds);
    if (code == 0) code = krb5_cc_initialize(context_, cache_, alice_);
    if (code == 0) code = krb5_cc_store_cred(context_, cache_, &creds);
    krb5_free_cred_contents(context_, &creds);
    krb5_init_creds_free(context_, context);
    return code;
  }
  // A service ticket by libkrb5's TGS client; verified as the KDC and as the service would.
  krb5_error_code get_service_ticket(const char* name, krb5_flags tgs_flags = 0) {
    krb5_creds wanted{};
    wanted.client = alice_;
    EXPECT_EQ(krb5_parse_name(context_, name, &wanted.server), 0);
    krb5_tkt_creds_context context = nullptr;
    EXPECT_EQ(krb5_tkt_creds_init(context_, cache_, &wanted, tgs_flags, &context), 0);
    krb5_error_code code = run(context, krb5_tkt_creds_step);
    krb5_creds creds{};
    if (code == 0) code = krb5_tkt_creds_get_creds(context_, context, &creds);
    if (code == 0) code = verify(creds);
    krb5_free_cred_contents(context_, &creds);
    krb5_tkt_creds_free(context_, context);
    krb5_free_principal(context_, wanted.server);
    return code;
  }
  krb5_error_code verify(const krb5_creds& creds) {
    krb5_ticket* ticket = nullptr;
    EXPECT_EQ(decode_krb5_ticket(&creds.ticket, &ticket), 0);
    const crypto::Key key = realm_.directory.key("WEB$", 18),
                      krbtgt = realm_.directory.key("krbtgt/R.TEST", 18);
    const krb5_keyblock service_block = crypto_block(key), krbtgt_block = crypto_block(krbtgt);
    EXPECT_EQ(krb5_decrypt_tkt_part(context_, &service_block, ticket), 0);
    krb5_pac pac = nullptr;
    const krb5_error_code code = krb5_kdc_verify_ticket(context_, ticket->enc_part2, creds.server,
                                                        &service_block, &krbtgt_block, &pac);
    EXPECT_NE(pac, nullptr);
    if (code == 0) {
      EXPECT_EQ(krb5_pac_verify(context_, pac, ticket->enc_part2->times.authtime, alice_, &service_block,
                                &krbtgt_block),
                0);
    }
    krb5_pac_free(context_, pac);
    krb5_free_ticket(context_, ticket);
    return code;
  }
  static krb5_keyblock crypto_block(const crypto::Key& key) {
    krb5_keyblock block{};
    block.enctype = key.etype();
    block.length = static_cast<unsigned>(key.octets().size());
    block.contents = const_cast<krb5_octet*>(key.octets().data());
    return block;
  }
  // From now on the password goes inside FAST, armored with the TGT that is there.
  void use_fast(krb5_ccache armor) {
    char* type_and_name = nullptr;
    EXPECT_EQ(krb5_cc_get_full_name(context_, armor, &type_and_name), 0);
    EXPECT_EQ(krb5_get_init_creds_opt_set_fast_ccache_name(context_, options_, type_and_name), 0);
    EXPECT_EQ(krb5_get_init_creds_opt_set_fast_flags(context_, options_, KRB5_FAST_REQUIRED), 0);
    krb5_free_string(context_, type_and_name);
  }

  TestRealm realm_;
  krb5_context context_ = nullptr;
  krb5_principal alice_ = nullptr;
  krb5_get_init_creds_opt* options_ = nullptr;
  krb5_ccache cache_ = nullptr;
  int legs_ = 0;
};

TEST_F(Libkrb5Client, GetsATgtAndAServiceTicket) {
  krb5_get_init_creds_opt_set_forwardable(options_, 1);
  krb5_get_init_creds_opt_set_renew_life(options_, 86400);
  ASSERT_EQ(kinit(test_password), 0);
  EXPECT_EQ(legs_, 2);
  EXPECT_EQ(get_service_ticket("HTTP/www.r.test@R.TEST"), 0);
  EXPECT_EQ(legs_, 1);
  EXPECT_EQ(get_service_ticket("HTTP/nowhere@R.TEST"), KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN);
}

TEST_F(Libkrb5Client, GetsATgtByACanonicalName) {
  krb5_get_init_creds_opt_set_canonicalize(options_, 1);
  EXPECT_EQ(kinit(test_password), 0);
  EXPECT_EQ(get_service_ticket("HTTP/www.r.test@R.TEST", KRB5_GC_CANONICALIZE), 0);
}

TEST_F(Libkrb5Client, IsToldThatThePasswordIsWrong) {
  EXPECT_EQ(kinit("another"), KRB5KDC_ERR_PREAUTH_FAILED);
}

TEST_F(Libkrb5Client, IsToldThatThePasswordMustBeChanged) {
  realm_.account("alice").settings.flags.must_change = true;
  EXPECT_EQ(kinit(test_password), KRB5KDC_ERR_KEY_EXP);
  EXPECT_EQ(kinit(test_password, "kadmin/changepw"), 0);
}

TEST_F(Libkrb5Client, UsesEachEtypeOfThePassword) {
  for (krb5_enctype etype : {18, 17}) {
    krb5_get_init_creds_opt_set_etype_list(options_, &etype, 1);
    EXPECT_EQ(kinit(test_password), 0) << etype;
  }
}

TEST_F(Libkrb5Client, ProvesItsPasswordInsideFast) {
  ASSERT_EQ(kinit(test_password), 0);
  krb5_ccache armor = cache_;
  ASSERT_EQ(krb5_cc_new_unique(context_, "MEMORY", nullptr, &cache_), 0);
  use_fast(armor);
  EXPECT_EQ(kinit(test_password), 0);
  EXPECT_EQ(get_service_ticket("HTTP/www.r.test@R.TEST"), 0);
  EXPECT_EQ(kinit("another"), KRB5KDC_ERR_PREAUTH_FAILED);
  krb5_cc_destroy(context_, armor);
}

TEST_F(Libkrb5Client, ChangesItsPassword) {
  constexpr std::string_view chosen = "Zug-quoll 93 marmelade";
  ASSERT_EQ(kinit(test_password, "kadmin/changepw"), 0);
  krb5_creds wanted{}, *creds = nullptr;
  wanted.client = alice_;
  ASSERT_EQ(krb5_parse_name(context_, "kadmin/changepw@R.TEST", &wanted.server), 0);
  ASSERT_EQ(krb5_get_credentials(context_, KRB5_GC_CACHED, cache_, &wanted, &creds), 0);
  krb5_auth_context auth = nullptr;
  ASSERT_EQ(krb5_auth_con_init(context_, &auth), 0);
  krb5_auth_con_setflags(context_, auth, KRB5_AUTH_CONTEXT_DO_SEQUENCE);
  krb5_data ap_req{}, priv{};
  ASSERT_EQ(krb5_mk_req_extended(context_, &auth, AP_OPTS_USE_SUBKEY, nullptr, creds, &ap_req), 0);
  krb5_octet no_address[4] = {};
  krb5_address address{KV5M_ADDRESS, ADDRTYPE_INET, sizeof no_address, no_address};
  krb5_auth_con_setaddrs(context_, auth, &address, nullptr);
  krb5_data text{KV5M_DATA, static_cast<unsigned>(chosen.size()), const_cast<char*>(chosen.data())};
  ASSERT_EQ(krb5_mk_priv(context_, auth, &text, &priv, nullptr), 0);

  const Answer answer = realm_.ask(kerberos::encode(
      kerberos::KpasswdFrame{kerberos::kpasswd_version::change, as_bytes({ap_req.data, ap_req.length}),
                             as_bytes({priv.data, priv.length})}));
  EXPECT_EQ(answer.code, 0);
  const std::size_t ap_size = static_cast<std::size_t>(answer.message[4] << 8 | answer.message[5]);
  const auto part = [&](std::size_t at, std::size_t size) {
    krb5_data data{};
    data.length = static_cast<unsigned>(size);
    data.data = const_cast<char*>(as_text(answer.message).data()) + at;
    return data;
  };
  const krb5_data ap_rep = part(6, ap_size), reply = part(6 + ap_size, answer.message.size() - 6 - ap_size);
  krb5_ap_rep_enc_part* ap_part = nullptr;
  EXPECT_EQ(krb5_rd_rep(context_, auth, &ap_rep, &ap_part), 0);
  krb5_data told{};
  EXPECT_EQ(krb5_rd_priv(context_, auth, &reply, &told, nullptr), 0);
  EXPECT_EQ(told.length, 2U);
  EXPECT_EQ(kinit(chosen), 0);

  krb5_free_data_contents(context_, &told);
  krb5_free_ap_rep_enc_part(context_, ap_part);
  krb5_free_data_contents(context_, &priv);
  krb5_free_data_contents(context_, &ap_req);
  krb5_auth_con_free(context_, auth);
  krb5_free_creds(context_, creds);
  krb5_free_principal(context_, wanted.server);
}

}  // namespace
}  // namespace ferryman::kdc
