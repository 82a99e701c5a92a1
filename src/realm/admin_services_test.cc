#include <gmock/gmock.h>
#include <krb5.h>
#include <openssl/evp.h>

#include <fstream>
#include <map>

#include "kerberos/numbers.h"
#include "realm/admin_test_tools.h"

namespace ferryman::realm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
namespace supported = kerberos::supported_enctype;

const Json aes256_alone{"aes256-cts-hmac-sha1-96"};

std::string decoded(const std::string& base64) {
  std::string octets(base64.size() / 4 * 3, '\0');
  EXPECT_GE(
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                      reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size())),
      0);
  octets.resize(octets.size() - static_cast<std::size_t>(std::count(base64.begin(), base64.end(), '=')));
  return octets;
}

class AdminServices : public AdministrationTest {
 protected:
  // (principal, kvno, etype) and key of each entry, as libkrb5 reads them.
  using Entries = std::map<std::string, std::string>;
  Entries read_by_libkrb5(const std::string& keytab_octets) {
    std::ofstream(file("keytab"), std::ios::binary) << keytab_octets;
    krb5_context context = nullptr;
    krb5_keytab keytab = nullptr;
    krb5_kt_cursor cursor{};
    EXPECT_EQ(krb5_init_secure_context(&context), 0);
    EXPECT_EQ(krb5_kt_resolve(context, ("FILE:" + file("keytab")).c_str(), &keytab), 0);
    EXPECT_EQ(krb5_kt_start_seq_get(context, keytab, &cursor), 0);
    Entries entries;
    krb5_keytab_entry entry{};
    while (krb5_kt_next_entry(context, keytab, &entry, &cursor) == 0) {
      char* name = nullptr;
      EXPECT_EQ(krb5_unparse_name(context, entry.principal, &name), 0);
      entries[std::string(name) + " " + std::to_string(entry.vno) + " " + std::to_string(entry.key.enctype)] =
          std::string(reinterpret_cast<const char*>(entry.key.contents), entry.key.length);
      krb5_free_unparsed_name(context, name);
      krb5_free_keytab_entry_contents(context, &entry);
    }
    krb5_kt_end_seq_get(context, keytab, &cursor);
    krb5_kt_close(context, keytab);
    krb5_free_context(context);
    return entries;
  }
};

TEST_F(AdminServices, AreAddedWithRandomKeys) {
  const Json web = do_it("service.add", {{"name", "WEB$"},
                                         {"spns", {"HOST/web.example.test", "HTTP/web.example.test"}},
                                         {"display_name", "the web"},
                                         {"ok_as_delegate", true}});
  EXPECT_EQ(web["kvno"], 1);
  EXPECT_EQ(web["spns"].size(), 2U);
  EXPECT_EQ(web["ok_as_delegate"], true);
  EXPECT_EQ(web["etypes"], (Json{"aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha1-96",
                                 "aes256-cts-hmac-sha384-192", "aes128-cts-hmac-sha256-128"}));
  const auto stored = principal("WEB$");
  EXPECT_EQ(stored.account.settings.supported_enctypes, supported::aes256_sha1 | supported::aes128_sha1);
  EXPECT_EQ(stored.account.settings.primary_group, directory::rid::domain_computers);
  for (const char* member : {"id", "name", "spns", "display_name", "sid", "created", "expires", "last_used",
                             "kvno", "etypes", "disabled", "ok_as_delegate", "trusted_to_auth", "delegate_to",
                             "allow_delegation_from", "failures", "locked_until"})
    EXPECT_TRUE(web.contains(member)) << member;
  EXPECT_EQ(web.size(), 17U);
}

TEST_F(AdminServices, HaveKeysOfTheEncryptionTypesThatAreAsked) {
  const Json web = do_it("service.add", {{"name", "HTTP/www.example.test"}, {"etypes", aes256_alone}});
  EXPECT_EQ(web["etypes"], aes256_alone);
  EXPECT_EQ(principal("HTTP/www.example.test").account.settings.supported_enctypes, supported::aes256_sha1);
  const auto with = [&](Json etypes) {
    return refused("service.add", {{"name", "X$"}, {"etypes", std::move(etypes)}});
  };
  EXPECT_THAT(with({"rc4-hmac"}), HasSubstr("rc4-hmac is no encryption type that [kdc] etypes"));
  EXPECT_THAT(with(Json::array()), HasSubstr("one encryption type at least"));
  EXPECT_THAT(with({"aes256-cts-hmac-sha1-96", "aes256-cts-hmac-sha1-96"}), HasSubstr("twice"));
  EXPECT_THAT(refused("service.show", {{"name", "X$"}}), StartsWith("not_found"));
  policy_.etypes.push_back(kerberos::etype::rc4_hmac);
  EXPECT_EQ(do_it("service.add", {{"name", "OLD$"}, {"etypes", {"rc4-hmac"}}})["etypes"], Json{"rc4-hmac"});
  EXPECT_EQ(do_it("service.add", {{"name", "NEW$"}})["etypes"].size(), 4U)
      << "RC4 only where it is asked for";
}

TEST_F(AdminServices, AreShownAndListed) {
  do_it("user.add", {{"name", "alice"}});
  do_it("service.add", {{"name", "WEB$"}, {"spns", {"HTTP/www.example.test"}}});
  do_it("service.add", {{"name", "svc"}, {"spns", {"HTTP/svc.example.test"}}});
  EXPECT_EQ(do_it("service.show", {{"name", "http/WWW.example.test"}})["name"], "WEB$");
  EXPECT_THAT(refused("service.show", {{"name", "alice"}}), HasSubstr("alice is a user."));
  const Json first = do_it("service.list", {{"limit", 1}});
  EXPECT_EQ(first["services"][0]["name"], "svc");
  const Json rest = do_it("service.list", {{"after", first["next"]}});
  EXPECT_EQ(rest["services"][0]["name"], "WEB$");
  EXPECT_EQ(rest["services"][0]["etypes"].size(), 4U);
  EXPECT_EQ(rest["next"], "");
}

TEST_F(AdminServices, AreFoundAsTheKdcFindsThem) {
  do_it("user.add", {{"name", "alice"}});
  do_it("service.add", {{"name", "svc"}, {"spns", {"HTTP/svc.example.test"}}});
  do_it("service.set", {{"name", "svc"}, {"remove_spns", {"HTTP/svc.example.test"}}});
  do_it("service.add", {{"name", "WEB$"}, {"spns", {"HOST/web.example.test"}}});
  do_it("service.add", {{"name", "SQL$"}, {"spns", {"HTTP/web.example.test"}}});
  const auto find = [&](const char* spn) {
    const Json found = do_it("service.find", {{"spn", spn}});
    return found["name"].get<std::string>() + " by " + found["matched"].get<std::string>();
  };
  EXPECT_EQ(find("cifs/WEB.example.test"), "WEB$ by HOST/web.example.test");
  EXPECT_EQ(find("host/web.example.test"), "WEB$ by HOST/web.example.test");
  EXPECT_EQ(find("http/web.example.test"), "SQL$ by HTTP/web.example.test");
  EXPECT_EQ(find("WEB$"), "WEB$ by WEB$");
  EXPECT_THAT(refused("service.find", {{"spn", "cifs/other.example.test"}}),
              StartsWith("not_found There is no service for cifs/other.example.test"));
  EXPECT_THAT(refused("service.find", {{"spn", "alice"}}), HasSubstr("user-to-user"));
  EXPECT_THAT(refused("service.find", {{"spn", "svc"}}), HasSubstr("user-to-user"));
  EXPECT_THAT(refused("service.find", {{"spn", "krbtgt/EXAMPLE.COM"}}), HasSubstr("the KDC's own"));
}

TEST_F(AdminServices, AreSet) {
  do_it("service.add", {{"name", "WEB$"}, {"spns", {"HTTP/a.example.test"}}});
  const Json web = do_it("service.set", {{"name", "WEB$"},
                                         {"add_spns", {"HTTP/b.example.test"}},
                                         {"remove_spns", {"HTTP/a.example.test"}},
                                         {"expires", 1'900'000'000},
                                         {"disabled", true}});
  EXPECT_EQ(web["spns"], Json{"HTTP/b.example.test"});
  EXPECT_EQ(web["expires"], 1'900'000'000);
  EXPECT_EQ(web["disabled"], true);
  EXPECT_EQ(web["kvno"], 1) << "its keys stay";
  EXPECT_EQ(do_it("service.enable", {{"name", "WEB$"}})["disabled"], false);
  EXPECT_EQ(do_it("service.disable", {{"name", "WEB$"}})["disabled"], true);
  do_it("service.unlock", {{"name", "WEB$"}});
  EXPECT_THAT(refused("service.set", {{"name", "WEB$"}}), HasSubstr("say what is to be set"));
  EXPECT_THAT(refused("service.set", {{"name", "WEB$"}, {"add_spns", {"no SPN"}}}), StartsWith("invalid "));
  do_it("service.remove", {{"name", "WEB$"}});
  EXPECT_THAT(event_ids(), ElementsAre(4741, 4742, 4725, 4722, 4725, 4767, 4742, 4742, 4743));
}

TEST_F(AdminServices, ActForUsersWhereBothAreNamed) {
  do_it("user.add", {{"name", "alice"}});
  do_it("service.add", {{"name", "WEB$"}, {"spns", {"HTTP/www.example.test"}}, {"trusted_to_auth", true}});
  do_it("service.add", {{"name", "SQL$"}, {"spns", {"HOST/sql.example.test"}}});
  do_it("service.add", {{"name", "postgres/db.example.test"}});
  Json web = do_it("service.set", {{"name", "WEB$"},
                                   {"delegate_to", {"cifs/sql.example.test", "postgres/db.example.test"}},
                                   {"allow_delegation_from", {"SQL$"}}});
  EXPECT_EQ(web["trusted_to_auth"], true);
  EXPECT_EQ(web["delegate_to"], (Json{"postgres/db.example.test", "SQL$"}));
  EXPECT_EQ(web["allow_delegation_from"], Json{"SQL$"});
  EXPECT_EQ(last_event()["changed"], "allow_delegation_from,delegate_to");
  EXPECT_EQ(last_event()["object"], "WEB$");
  EXPECT_EQ(last_event()["event_id"], 4742);
  const auto set = [&](const char* argument, const char* service) {
    return refused("service.set", {{"name", "WEB$"}, {argument, {service}}});
  };
  EXPECT_THAT(set("delegate_to", "HTTP/nowhere.example.test"),
              StartsWith("not_found There is no service HTTP/nowhere.example.test in the tenant"));
  EXPECT_THAT(set("delegate_to", "alice"), HasSubstr("alice is no service, which alone acts for users."));
  EXPECT_THAT(set("delegate_to", "krbtgt/EXAMPLE.COM"), StartsWith("invalid "));
  EXPECT_THAT(set("delegate_to", "WEB$"), HasSubstr("does not act for users at itself"));
  EXPECT_THAT(set("remove_allow_delegation_from", "postgres/db.example.test"),
              HasSubstr("\"postgres/db.example.test\" is not among those that may act at it"));
  web = do_it("service.set", {{"name", "WEB$"},
                              {"remove_delegate_to", {"SQL$"}},
                              {"remove_allow_delegation_from", {"SQL$"}},
                              {"trusted_to_auth", false}});
  EXPECT_EQ(web["trusted_to_auth"], false);
  EXPECT_EQ(web["delegate_to"], Json{"postgres/db.example.test"});
  EXPECT_EQ(web["allow_delegation_from"], Json::array());
  do_it("service.remove", {{"name", "postgres/db.example.test"}});
  EXPECT_EQ(do_it("service.show", {{"name", "WEB$"}})["delegate_to"], Json::array());
}

TEST_F(AdminServices, GetNewKeysWithOtherEncryptionTypesOnly) {
  do_it("service.add", {{"name", "WEB$"}});
  const Json fewer = do_it("service.set", {{"name", "WEB$"}, {"etypes", aes256_alone}});
  EXPECT_EQ(fewer["etypes"], aes256_alone);
  EXPECT_EQ(fewer["kvno"], 2);
  EXPECT_EQ(fewer["new_keys"], true);
  EXPECT_EQ(principal("WEB$").account.settings.supported_enctypes, supported::aes256_sha1);
  const Json same = do_it("service.set", {{"name", "WEB$"}, {"etypes", aes256_alone}});
  EXPECT_EQ(same["kvno"], 2);
  EXPECT_EQ(same["new_keys"], false);
}

TEST_F(AdminServices, AreNotAddedUnderANameThatNoTicketCouldBeFor) {
  const auto add = [&](const char* name) { return refused("service.add", {{"name", name}}); };
  EXPECT_THAT(add("HTTP"), HasSubstr("Did you mean HTTP/HOST, such as HTTP/www.example.com?"));
  EXPECT_THAT(add("www.example.test"),
              HasSubstr("Did you mean HOST/www.example.test or HTTP/www.example.test,"));
  EXPECT_THAT(add("PC3"), HasSubstr("Did you mean PC3$, where that is a computer"));
  EXPECT_THAT(add("HTTP/www.example.test:"), HasSubstr("no port or instance"));
  EXPECT_THAT(add("HTTP/www.example.test@EXAMPLE.TEST"), HasSubstr("leave off what is behind it"));
  EXPECT_EQ(do_it("service.list", Json::object())["services"].size(), 0U);
}

TEST_F(AdminServices, KeepTheNameThatTheyHaveThemselves) {
  do_it("service.add", {{"name", "HTTP/www.example.test"}, {"spns", {"HTTP/shop.example.test"}}});
  EXPECT_THAT(refused("service.set",
                      {{"name", "HTTP/shop.example.test"}, {"remove_spns", {"HTTP/www.example.test"}}}),
              HasSubstr("stays as long as the account does"));
  EXPECT_THAT(
      refused("service.set", {{"name", "HTTP/www.example.test"}, {"remove_spns", {"HTTP/x.example.test"}}}),
      StartsWith("not_found HTTP/www.example.test has no name HTTP/x.example.test."));
  EXPECT_EQ(do_it("service.remove", {{"name", "HTTP/shop.example.test"}})["name"], "HTTP/www.example.test");
}

TEST_F(AdminServices, HaveAKeytabThatLibkrb5Reads) {
  do_it("service.add", {{"name", "WEB$"}, {"spns", {"HOST/web.example.test", "HTTP/web.example.test"}}});
  do_it("service.set",
        {{"name", "WEB$"}, {"etypes", {"aes256-cts-hmac-sha1-96", "aes128-cts-hmac-sha256-128"}}});
  now_ += policy_.lifetime.ticket + policy_.max_skew;  // no ticket of the first keys is left
  const Json reply = do_it("service.keytab", {{"name", "HTTP/web.example.test"}});
  EXPECT_EQ(reply["kvno"], 2);
  EXPECT_EQ(reply["entries"], 6);
  const auto service = principal("WEB$");
  Entries expected;
  for (const char* name : {"WEB$", "HOST/web.example.test", "HTTP/web.example.test"}) {
    for (const auto& key : service.keys)
      expected[std::string(name) + "@EXAMPLE.COM 2 " + std::to_string(key.etype)] = as_text(key.key.bytes());
  }
  EXPECT_EQ(read_by_libkrb5(decoded(reply["keytab"])), expected);
  const Json event = last_event();
  EXPECT_EQ(event["action"], "service.keytab");
  EXPECT_EQ(event["object"], "WEB$");
  EXPECT_FALSE(event.contains("event_id"));
}

TEST_F(AdminServices, ThatAreNamedByTheirSpnHaveItInTheKeytabOnce) {
  do_it("service.add", {{"name", "HTTP/www.example.test"}, {"etypes", aes256_alone}});
  const Json reply = do_it("service.keytab", {{"name", "HTTP/www.example.test"}});
  EXPECT_EQ(reply["entries"], 1);
  EXPECT_EQ(read_by_libkrb5(decoded(reply["keytab"])).count("HTTP/www.example.test@EXAMPLE.COM 1 18"), 1U);
}

TEST_F(AdminServices, AloneHaveKeytabs) {
  do_it("user.add", {{"name", "alice"}, {"password", good_password}});
  for (const char* name : {"alice", "krbtgt/EXAMPLE.COM", "kadmin/changepw"}) {
    EXPECT_THAT(refused("service.keytab", {{"name", name}}), StartsWith("not_found")) << name;
    EXPECT_EQ(last_event()["result"], "failure");
  }
  service("EMPTY$");
  EXPECT_THAT(refused("service.keytab", {{"name", "EMPTY$"}}), HasSubstr("EMPTY$ has no keys"));
}

}  // namespace
}  // namespace ferryman::realm
