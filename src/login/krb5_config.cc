#include "login/krb5_config.h"

#include <fmt/format.h>
#include <krb5/krb5.h>
#include <profile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/text.h"

namespace ferryman::login {
namespace {

constexpr std::string_view name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
constexpr std::size_t max_name = 255;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= max_name &&
         text.find_first_not_of(name_characters) == std::string_view::npos;
}

bool is_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

class Profile {
 public:
  explicit Profile(const std::string& file) : error_(profile_init_path(file.c_str(), &profile_)) {}
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;
  ~Profile() {
    if (error_ == 0) profile_release(profile_);
  }

  bool is_read() const { return error_ == 0; }
  std::vector<std::string> values(std::initializer_list<const char*> names) const {
    std::vector<const char*> path(names);
    path.push_back(nullptr);
    char** list = nullptr;
    std::vector<std::string> values;
    if (error_ != 0 || profile_get_values(profile_, path.data(), &list) != 0) return values;
    for (char** each = list; *each != nullptr; ++each) values.emplace_back(*each);
    profile_free_list(list);
    return values;
  }

  // With what it includes in its place.
  std::string text() const {
    char* buffer = nullptr;
    if (error_ != 0 || profile_flush_to_buffer(profile_, &buffer) != 0) return {};
    std::string text = buffer;
    profile_free_buffer(profile_, buffer);
    return text;
  }

 private:
  profile_t profile_ = nullptr;
  long error_;
};

std::string realms_section(std::span<const RealmConfig> realms) {
  std::string text = "[realms]\n";
  for (const RealmConfig& each : usable(realms)) {
    text += fmt::format("    {} = {{\n        kdc = {}\n        kpasswd_server = {}\n", each.realm,
                        each.kdc_url, each.kdc_url);
    if (!each.ca_file.empty()) text += fmt::format("        http_anchors = FILE:{}\n", each.ca_file);
    text += "    }\n";
  }
  return text;
}

// A name without a dot before it is that host, and all below.
std::string hosts_section(std::span<const RealmConfig> realms) {
  std::string text = "[domain_realm]\n";
  std::set<std::string> known;
  const auto add = [&](const std::string& name, const std::string& realm) {
    if (known.insert(name).second) text += fmt::format("    {} = {}\n", name, realm);
  };
  for (const RealmConfig& each : usable(realms))
    for (const std::string& name : each.top_level_names) {
      if (!is_name(name)) continue;
      add(name, each.realm);
      if (name.front() != '.') add("." + name, each.realm);
    }
  return text;
}

}  // namespace

bool is_realm_name(std::string_view text) {
  return is_name(text);
}

std::string dns_domain_of(std::string_view realm) {
  std::string domain(realm);
  std::ranges::transform(domain, domain.begin(), ascii_lower);
  return domain;
}

bool is_fit(const RealmConfig& realm) {
  return is_name(realm.realm) && realm.kdc_url.starts_with("https://") && is_value(realm.kdc_url) &&
         realm.kdc_url.find(' ') == std::string::npos && is_value(realm.ca_file);
}

std::vector<RealmConfig> usable(std::span<const RealmConfig> realms) {
  std::vector<RealmConfig> taken;
  std::set<std::string_view> names;
  for (const RealmConfig& each : realms)
    if (is_fit(each) && names.insert(each.realm).second) taken.push_back(each);
  return taken;
}

std::string realm_sections(std::span<const RealmConfig> realms) {
  return realms_section(realms) + "\n" + hosts_section(realms);
}

Outcome<Krb5Profile> Krb5Profile::read(const std::string& file) {
  if (::access(file.c_str(), F_OK) != 0 && errno == ENOENT) return Krb5Profile{};
  const Profile profile(file);
  if (!profile.is_read())
    return fail(
        Fault::failed,
        fmt::format("libkrb5 cannot read {}, so that no program can use tickets: put it right", file));
  return Krb5Profile{true, !profile.values({"libdefaults", "default_realm"}).empty()};
}

std::vector<std::string> kdcs_of(const std::string& files, const std::string& realm) {
  return Profile(files).values({"realms", realm.c_str(), "kdc"});
}

bool leads_to(const std::string& file, const RealmConfig& realm) {
  const auto kdcs = kdcs_of(file, realm.realm);
  return std::ranges::find(kdcs, realm.kdc_url) != kdcs.end();
}

std::string default_realm_section(const Krb5Profile& system, std::span<const RealmConfig> realms) {
  const auto first = std::ranges::find_if(realms, is_fit);
  if (system.has_default_realm || first == realms.end()) return {};
  return fmt::format("\n[libdefaults]\n    default_realm = {}\n", first->realm);
}

Outcome<std::string> user_config(std::span<const RealmConfig> realms, const std::string& system_file) {
  const auto system = Krb5Profile::read(system_file);
  if (!system) return tl::unexpected(system.error());
  std::string text = "# Written by ferryman at each sign-in: what is changed here is lost.\n";
  if (system->is_there) text += fmt::format("include {}\n", system_file);
  text += default_realm_section(*system, realms);
  std::vector<RealmConfig> missing;
  std::ranges::copy_if(realms, std::back_inserter(missing),
                       [&](const RealmConfig& each) { return !leads_to(system_file, each); });
  return text + "\n" + realms_section(missing) + "\n" + hosts_section(realms);
}

Outcome<std::string> forward_config(std::span<const RealmConfig> realms, std::uint16_t port,
                                    const std::string& system_file) {
  const auto system = Krb5Profile::read(system_file);
  if (!system) return tl::unexpected(system.error());
  std::string text = "# Written by ferryman forward --signed-in: what is changed here is lost.\n";
  text += default_realm_section(*system, realms) + "\n[realms]\n";
  for (const RealmConfig& each : usable(realms))
    text += fmt::format(
        "    {0} = {{\n        kdc = 127.0.0.1:{1}\n        kpasswd_server = 127.0.0.1:{1}\n    }}\n",
        each.realm, port);
  text += "\n" + hosts_section(realms);
  if (system->is_there)
    text += fmt::format("\n# As {} has it:\n{}", system_file, Profile(system_file).text());
  return text;
}

std::string with_include(std::string_view system_text, std::string_view directory) {
  const std::string line = fmt::format("includedir {}", directory);
  for (std::size_t at = system_text.find(line); at != system_text.npos; at = system_text.find(line, at + 1)) {
    const std::size_t end = at + line.size();
    const bool begins = at == 0 || system_text[at - 1] == '\n';
    const std::string_view rest = system_text.substr(end, system_text.find('\n', end) - end);
    if (begins && rest.find_first_not_of("/ \t\r") == rest.npos) return std::string(system_text);
  }
  const bool ends = system_text.empty() || system_text.ends_with('\n');
  return fmt::format("{}{}{}\n", system_text, ends ? "" : "\n", line);
}

}  // namespace ferryman::login
