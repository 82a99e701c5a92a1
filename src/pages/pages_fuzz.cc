#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "directory/database.h"
#include "kerberos/numbers.h"
#include "pages/pages.h"
#include "pages/script.h"
#include "signin/sealed_sign_in.h"
#include "signin/sign_in.h"

namespace {

using namespace ferryman;

const signin::Nonces::Time now{std::chrono::seconds(1'800'000'000)};

// A tenant with a user who is signed in.
struct World {
  std::unique_ptr<directory::Database> directory;
  account::Attempts attempts{};
  account::Policy policy{};
  signin::Settings settings{};
  std::unique_ptr<signin::SignIn> sign_in{};
  directory::Tenant tenant{};
  directory::Account alice{};

  World() {
    std::string folder = "/tmp/pages_fuzz_XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
    auto opened =
        directory::open_database({.location = folder + "/realm.db", .create = true},
                                 *directory::MasterKey::make(Octets(directory::MasterKey::size, 7)));
    if (!opened) std::abort();
    directory = *std::move(opened);
    std::filesystem::remove_all(folder);  // open ones stay
    settings.url = "https://gateway.example.com";
    settings.tenant = "example";
    settings.programs = {
        {"wiki", "The wiki", {"https://wiki.test/cb", "http://localhost/cb", "app.wiki:/cb"}}};
    policy.lockout.threshold = 0;
    sign_in = std::make_unique<signin::SignIn>(*directory, *directory, attempts);
    const std::array etypes{kerberos::etype::aes256_sha1};
    auto made = directory->create_tenant({.name = "example"}, "EXAMPLE.COM", etypes, 0);
    if (!made) std::abort();
    tenant = *std::move(made);
    directory::WholeAccount whole;
    whole.account.name = "alice";
    auto account = directory->create_account(tenant.id, whole, 0);
    if (!account) std::abort();
    alice = *std::move(account);
  }
  // Of alice, from now on: what came before may have ended the last one.
  std::string session() {
    const auto realm = this->realm();
    const auto keys = signin::keys_of(realm, tenant);
    if (!keys) std::abort();
    const auto sealed =
        signin::seal_sign_in(realm, **keys, {tenant, alice, {directory::Gesture::code, realm.now() + 1}},
                             signin::sealed_as::session);
    if (!sealed) std::abort();
    return "__Host-session=" + *sealed;
  }
  signin::Realm realm() { return sign_in->realm(settings, policy, now); }
};

// The elements of a document, which end in the order in which they begin; nothing is a script but the one for
// passkeys, once.
void check_document(std::string text) {
  static const std::string script = "<script>" + pages::passkey_script().octets() + "</script>";
  if (const auto at = text.find(script); at != text.npos) text.erase(at, script.size());
  std::vector<std::string> open;
  const auto style = text.find("</style>");
  if (!text.starts_with("<!doctype html>\n") || style == text.npos) std::abort();
  for (auto at = text.find('<', 16); at != text.npos; at = text.find('<', at + 1)) {
    const auto end = text.find('>', at);
    if (end == text.npos) std::abort();
    const bool ends = text[at + 1] == '/';
    std::string name(text.substr(at + 1 + (ends ? 1 : 0), end - at - 1 - (ends ? 1 : 0)));
    name = name.substr(0, name.find(' '));
    if (name == "meta" || name == "link" || name == "input") continue;
    if (name.empty() || name == "script" ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz12") != name.npos)
      std::abort();
    if (!ends) {
      open.push_back(name);
      continue;
    }
    if (open.empty() || open.back() != name) std::abort();
    open.pop_back();
  }
  if (!open.empty()) std::abort();
}

// The token that the page's forms carry.
std::string token_of(World& world, local::HttpRequest request) {
  request.method = "GET";
  const auto answer = pages::answer(request, world.realm());
  constexpr std::string_view before = "name=\"token\" value=\"";
  if (!answer) return {};
  const std::string& body = answer->response.body;
  const auto at = body.find(before);
  return at == body.npos
             ? std::string()
             : body.substr(at + before.size(), body.find('"', at + before.size()) - at - before.size());
}

}  // namespace

// KIND METHOD SP PATH NUL QUERY NUL BODY. KIND: "s" of who is signed in, else of a stranger. The body has the
// page's token in front. Every answer can be sent; a document has no element that a page has not; nobody is
// sent anywhere but to a page of ours or a program's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  const std::string_view text = as_text({data, size});
  const auto blank = text.find(' '), end = text.find('\0'),
             query = end == text.npos ? end : text.find('\0', end + 1);
  if (text.empty() || query == text.npos || blank == text.npos || blank > end) return 0;
  local::HttpRequest request;
  request.client = "192.0.2.1:4711";
  request.method = text.substr(1, blank - 1);
  request.path = text.substr(blank + 1, end - blank - 1);
  request.query = text.substr(end + 1, query - end - 1);
  const std::string cookie =
      text.front() == 's' ? world.session() : "__Host-visitor=AAAAAAAAAAAAAAAAAAAAAAAA";
  request.fields = {{"Cookie", cookie}, {"Origin", world.settings.url}};
  const std::string body = "token=" + token_of(world, request) + "&" + std::string(text.substr(query + 1));
  request.body = as_bytes(body);
  local::Octets octets;
  if (!append(octets, request)) return 0;  // such a request does not come here
  const auto answer = pages::answer(request, world.realm());
  if (!answer) return 0;
  if (!append(octets, answer->response)) std::abort();
  for (const auto& field : answer->response.fields) {
    if (field.name != "Location") continue;
    const std::string_view to = field.value;
    if (!to.starts_with("/example/") && !to.starts_with("https://wiki.test/cb?") &&
        !to.starts_with("app.wiki:/cb?") && !to.starts_with("http://localhost") &&
        !to.starts_with("msauth://") && !to.starts_with("ms-a") && !to.starts_with("companyportal://"))
      std::abort();
  }
  if (!answer->response.body.empty() && answer->response.body.front() == '<')
    check_document(answer->response.body);
  return 0;
}
