#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/text.h"
#include "pages/page.h"
#include "pages/passkey_form.h"
#include "pages/sign_in_page.h"
#include "signin/key_attestation.h"
#include "signin/passkeys.h"

namespace ferryman::pages {
namespace {

using directory::Device;
using directory::KeyCredential;
using directory::Prt;

constexpr std::int64_t fresh_sign_in = 600;                  // seconds
constexpr std::size_t max_shown_name = 64, max_listed = 20;  // characters; of each kind

// All that is a person's.
struct Belongings {
  std::vector<Device> devices{};
  std::vector<KeyCredential> keys{};
  std::vector<Prt> sign_ins{};

  const Device* device(const directory::DeviceId& id) const {
    const auto found =
        std::find_if(devices.begin(), devices.end(), [&](const Device& each) { return each.id == id; });
    return found == devices.end() ? nullptr : &*found;
  }
};

signin::Step<Belongings> belongings_of(const Visit& visit) {
  auto& records = visit.realm.records;
  const auto& tenant = visit.person->tenant.id;
  const auto& user = visit.person->user.account.id;
  auto devices = records.devices_of(tenant, user);
  if (!devices) return tl::unexpected(signin::unavailable(devices.error()));
  auto keys = records.keys_of(tenant, user);
  if (!keys) return tl::unexpected(signin::unavailable(keys.error()));
  auto sign_ins = records.prts_of(tenant, user);
  if (!sign_ins) return tl::unexpected(signin::unavailable(sign_ins.error()));
  Belongings all{*std::move(devices), *std::move(keys), *std::move(sign_ins)};
  const auto newest_first = [](const auto& a, const auto& b) { return a.created > b.created; };
  std::sort(all.devices.begin(), all.devices.end(), newest_first);
  std::sort(all.keys.begin(), all.keys.end(), newest_first);
  std::sort(all.sign_ins.begin(), all.sign_ins.end(), newest_first);
  return all;
}

// Names are the devices' own: a page has room for them all.
std::string shortened(std::string_view text) {
  std::string out;
  for (std::size_t characters = 0; !text.empty(); ++characters) {
    if (characters == max_shown_name) return out + "…";
    out += take_character(text).octets;
  }
  return out;
}

// What a key is, as far as it is known here.
std::string name_of(const Belongings& all, const directory::DeviceId& id) {
  const Device* device = all.device(id);
  if (device == nullptr) return "another computer";
  return device->name.empty() ? "Computer " + id.text().substr(0, 8) : shortened(device->name);
}

Html name_of(const Belongings& all, const KeyCredential& key) {
  if (key.device) return Html("Key of ") + name_of(all, *key.device);
  Html name("Passkey (FIDO2)");
  if (!key.name.empty()) name += Html(": ") + shortened(key.name);
  return name;
}

std::string_view shown_by(directory::Gesture gesture) {
  switch (gesture) {
    case directory::Gesture::password:
      return "with a password";
    case directory::Gesture::code:
      return "with a one-time code";
    case directory::Gesture::key:
      return "with a key";
  }
  return "";
}

Html used(const std::optional<std::int64_t>& last) {
  return last ? "last used " + time(*last) : Html("not used yet");
}

// What can be removed, by the words of the address and the form.
struct Thing {
  std::string_view kind;
  std::string id;
  Html name{}, more{};
  Html warning{};
};

std::string_view kind_of(const KeyCredential& key) {
  if (key.kind == directory::KeyKind::fido) return "Security key. ";
  return signin::is_attested(key) ? "In a TPM that attests it. "
                                  : "In software, or a TPM that attests nothing. ";
}

Thing thing_of(const Belongings& all, const KeyCredential& key) {
  return {"key", base64url_of(key.id), name_of(all, key),
          Html(kind_of(key)) + "Registered " + time(key.created) + ", " + used(key.last_used),
          "Nobody can sign in with this key any more, and all that was signed in with it ends."};
}

Thing thing_of(const Belongings& all, const Device& device) {
  std::string system = shortened(device.type);
  if (!device.version.empty()) system.append(system.empty() ? "" : " ").append(shortened(device.version));
  Html more = system.empty() ? Html() : Html(system + ", ");
  return {"device", device.id.text(), name_of(all, device.id),
          more + "joined " + time(device.created) + ", " + used(device.last_used) +
              (device.disabled ? Html(", disabled by an administrator") : Html()),
          "Its keys and sign-ins go with it. To sign in there again it has to be enrolled anew."};
}

Thing thing_of(const Belongings& all, const Prt& prt) {
  return {
      "sign-in", prt.id.text(), name_of(all, prt.device),
      Html("Signed in ") + shown_by(prt.gesture) + " " + time(prt.created) + ", until " + time(prt.expires),
      "The computer is signed out, and its tickets are of no use to get others."};
}

Html list_item(const Thing& thing) {
  const std::string address = "?remove=" + thing.id;
  const std::string kind(thing.kind);
  const std::string label = "remove-" + kind + "-" + thing.id;
  return element("li",
                 element("div", {{"class", "what"}},
                         element("p", {{"class", "name"}, {"id", label}}, thing.name) +
                             element("p", {{"class", "soft"}}, thing.more)) +
                     element("a", {{"class", "button small"}, {"href", address}, {"aria-describedby", label}},
                             thing.kind == "sign-in" ? "End" : "Remove"));
}

template <typename T>
Html section(const Belongings& all, std::string_view title, std::string_view what,
             const std::vector<T>& items, std::string_view none, const Html& below = {}) {
  Html content = element("h2", title) + element("p", {{"class", "soft"}}, what);
  Html list;
  for (const T& item : std::span(items).first(std::min(items.size(), max_listed)))
    list += list_item(thing_of(all, item));
  if (items.size() > max_listed)
    list += element(
        "li", std::to_string(items.size() - max_listed) + " older ones: remove newer ones to see them.");
  content += items.empty() ? paragraph(none) : element("ul", {{"class", "list"}}, list);
  return element("section", {{"class", "card"}}, content + below);
}

signin::Answer overview(const Visit& visit, const Belongings& all) {
  const directory::Account& account = visit.person->user.account;
  const std::string& shown = account.settings.display_name;
  Html content = element("h1", shown.empty() ? account.name : shown);
  if (visit.request.query == "removed")
    content += element("p", {{"class", "notice"}, {"role", "status"}}, "It is removed.");
  if (visit.request.query == "added")
    content += element("p", {{"class", "notice"}, {"role", "status"}}, "The passkey is registered.");
  content += section(all, "Keys", "What you sign in with.", all.keys, "You have registered no key.",
                     element("p", {{"class", "below"}},
                             element("a", {{"class", "button small"}, {"href", "?add"}}, "Add a passkey")));
  content +=
      section(all, "Computers", "Those that you have joined.", all.devices, "You have joined no computer.");
  content += section(all, "Sign-ins", "Where you are signed in, the newest first.", all.sign_ins,
                     "You are signed in nowhere but here.");
  content += element(
      "section", {{"class", "card"}},
      element("h2", "Sign out everywhere") +
          paragraph("Ends all sign-ins above, this page, and whatever else you have signed in to.") +
          element("a", {{"class", "button small"}, {"href", "?remove=everything"}}, "Sign out everywhere"));
  return show(visit, {"Your keys and sign-ins", content});
}

signin::Answer confirm(const Visit& visit, const Thing& thing) {
  const std::string me = visit.address(*visit.tenant, "/me");
  const bool ends = thing.kind == "sign-in" || thing.kind == "everything";
  const Html content =
      element("h1", ends ? "End this?" : "Remove this?") +
      element("p", element("span", {{"class", "name"}}, thing.name)) +
      (thing.more.octets().empty() ? Html() : element("p", {{"class", "soft"}}, thing.more)) +
      paragraph(thing.warning) +
      element("div", {{"class", "row"}},
              form(visit, "remove",
                   hidden("id", thing.id) + button(ends ? "End it" : "Remove it", Weight::danger)) +
                  element("a", {{"class", "button"}, {"href", me}}, "Cancel"));
  return show(visit, {"Please confirm", element("div", {{"class", "card narrow"}}, content)});
}

Thing everything() {
  return {"everything",
          "everything",
          "All sign-ins",
          {},
          "You are signed out everywhere, here as well. Your keys and computers stay."};
}

// Hers alone: what is not among it is as if it were not there.
std::optional<Thing> find_thing(const Belongings& all, std::string_view id) {
  if (id == "everything") return everything();
  for (const auto& each : all.keys)
    if (base64url_of(each.id) == id) return thing_of(all, each);
  for (const auto& each : all.devices)
    if (each.id.text() == id) return thing_of(all, each);
  for (const auto& each : all.sign_ins)
    if (each.id.text() == id) return thing_of(all, each);
  return std::nullopt;
}

Problem gone() {
  return {"It is not there, or not any more.", "not_found", "nothing of hers", 404, {}};
}

directory::Outcome<void> remove(const Visit& visit, const Belongings& all, std::string_view id) {
  auto& records = visit.realm.records;
  const auto& tenant = visit.person->tenant.id;
  if (id == "everything") return records.remove_prts_of(tenant, visit.person->user.account.id);
  for (const auto& each : all.keys)
    if (base64url_of(each.id) == id) return records.remove_key(tenant, each.id);
  for (const auto& each : all.devices)
    if (each.id.text() == id) return records.remove_device(tenant, each.id);
  for (const auto& each : all.sign_ins)
    if (each.id.text() == id) return records.remove_prt(tenant, each.id);
  return directory::fail(directory::Reason::not_found);
}

// A key outlasts the session in which it is registered, which whoever finds the browser has.
bool has_just_signed_in(const Visit& visit) {
  return visit.person->shown.strong_until > visit.realm.now() &&
         visit.person->issued + fresh_sign_in > visit.realm.now();
}

signin::Answer add_page(const Visit& visit) {
  if (!has_just_signed_in(visit))
    return sign_in_page(visit, "To add a passkey, show once more who you are.",
                        visit.person->user.account.name);
  auto options = signin::passkey_creation_options(visit.realm, *visit.tenant, visit.person->user.account);
  if (!options) return show_problem(visit, problem_of(options.error()));
  // The page that signs in by it does not ask who she is.
  (*options)["authenticatorSelection"]["residentKey"] = "required";
  (*options)["authenticatorSelection"]["requireResidentKey"] = true;
  const Html fields = element("label", {{"for", "name"}}, "Its name, for you to know it by") +
                      void_element("input", {{"id", "name"},
                                             {"name", "name"},
                                             {"type", "text"},
                                             {"autocomplete", "off"},
                                             {"maxlength", "32"},
                                             {"autofocus", ""}}) +
                      button("Add the passkey", Weight::main);
  Html content = element("h1", "Add a passkey");
  content += paragraph(
      "A security key, or this computer or telephone itself. You unlock it with its PIN, your fingerprint or "
      "your face; those never leave it.");
  content += element("noscript", paragraph("This takes JavaScript, which your browser does not run."));
  content += passkey_form(visit, "add", PasskeyUse::create, *options, fields);
  content += element("p", {{"class", "below"}},
                     element("a", {{"href", visit.address(*visit.tenant, "/me")}}, "Cancel"));
  Page page{"Add a passkey", element("div", {{"class", "card narrow"}}, content)};
  page.asks_passkey = true;
  return show(visit, page);
}

signin::Answer add_passkey(Visit& visit, const signin::Parameters& form) {
  if (!has_just_signed_in(visit)) return add_page(visit);
  auto credential = credential_of(form);
  if (credential) {
    (*credential)["displayName"] = form.optional("name");
    const auto key = signin::register_passkey(visit.realm, *visit.tenant, visit.person->user.account,
                                              *credential, as_text(visit.request.body));
    if (key) return see_other(visit, visit.address(*visit.tenant, "/me?added"));
    visit.problem = problem_of(key.error());
  } else {
    visit.problem = problem_of(credential.error());
  }
  return add_page(visit);
}

signin::Answer act(Visit& visit, const Belongings& all, const signin::Parameters& form) {
  if (form.optional("do") == "add") return add_passkey(visit, form);
  const auto done = form.optional("do") == "remove" ? remove(visit, all, form.optional("id"))
                                                    : directory::fail(directory::Reason::not_found);
  if (done) return see_other(visit, visit.address(*visit.tenant, "/me?removed"));
  visit.problem = done.error().reason == directory::Reason::not_found
                      ? gone()
                      : problem_of(signin::unavailable(done.error()));
  return overview(visit, all);
}

}  // namespace

signin::Answer me_page(Visit& visit, const signin::Parameters* form) {
  if (!visit.person) return sign_in_page(visit, "To see your keys, computers and sign-ins.");
  const auto all = belongings_of(visit);
  if (!all) return show_problem(visit, problem_of(all.error()));
  if (form != nullptr) return act(visit, *all, *form);
  if (visit.request.query == "add") return add_page(visit);
  constexpr std::string_view asks = "remove=";
  if (!visit.request.query.starts_with(asks)) return overview(visit, *all);
  if (const auto thing = find_thing(*all, visit.request.query.substr(asks.size())))
    return confirm(visit, *thing);
  visit.problem = gone();
  return overview(visit, *all);
}

}  // namespace ferryman::pages
