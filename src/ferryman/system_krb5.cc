#include "ferryman/system_krb5.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/new_file.h"
#include "base/text.h"
#include "ferryman/exit_codes.h"
#include "ferryman/service_user.h"
#include "ferryman/sign_in_command.h"
#include "json/parse.h"
#include "login/session.h"

namespace ferryman {
namespace {

using Realms = std::vector<login::RealmConfig>;

// What the system is told; the CAs as the text of a file in PEM, empty: the system's.
struct SystemRealm {
  login::RealmConfig realm;
  std::string ca{};
};

constexpr std::size_t max_file = std::size_t{1} << 20U, max_message = 2 * max_file;
constexpr mode_t public_file = 0644, public_directory = 0755;

// Whoever called sudo; nothing where root is root.
std::optional<ServiceUser> caller() {
  const char* text = std::getenv("SUDO_UID");
  if (text == nullptr) return std::nullopt;
  const std::string_view digits = text;
  uid_t uid = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), uid);
  if (error != std::errc() || end != digits.data() + digits.size() || uid == 0) return std::nullopt;
  const passwd* user = ::getpwuid(uid);
  if (user == nullptr) return std::nullopt;
  return ServiceUser{user->pw_name, {user->pw_uid, user->pw_gid}};
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(max_file, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.eof()) return std::nullopt;  // it is not there, cannot be read, or is too large
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// What goes from the child to root: the CAs themselves, since the child reads no more than its user may.
// Empty where those cannot be read.
std::string message_of(const Realms& realms) {
  nlohmann::json list = nlohmann::json::array();
  for (const login::RealmConfig& each : realms) {
    const auto ca = each.ca_file.empty() ? std::string() : read_file(each.ca_file);
    if (!ca || !is_utf8(*ca)) return {};
    list.push_back(
        {{"realm", each.realm}, {"kdc_url", each.kdc_url}, {"names", each.top_level_names}, {"ca", *ca}});
  }
  return nlohmann::json{{"realms", list}}.dump();
}

std::optional<SystemRealm> parse_realm(const json::Json& json) {
  const std::string *realm = json::text_member(json, "realm"), *url = json::text_member(json, "kdc_url"),
                    *ca = json::text_member(json, "ca");
  const json::Json* names = json::member(json, "names", json::Json::value_t::array);
  if (realm == nullptr || url == nullptr || ca == nullptr || names == nullptr) return std::nullopt;
  SystemRealm system{{*realm, *url, {}, {}}, *ca};
  for (const json::Json& each : *names)
    if (each.is_string()) system.realm.top_level_names.push_back(each.get<std::string>());
  return login::is_fit(system.realm) ? std::optional(std::move(system)) : std::nullopt;
}

// Empty where any of it cannot be used.
std::vector<SystemRealm> parse_message(const std::string& text) {
  const auto json = json::parse_object(text, 4);
  const json::Json* list = json ? json::member(*json, "realms", json::Json::value_t::array) : nullptr;
  std::vector<SystemRealm> realms;
  if (list == nullptr) return realms;
  for (const json::Json& each : *list) {
    auto realm = parse_realm(each);
    if (!realm) return {};
    realms.push_back(std::move(*realm));
  }
  return realms;
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t got = ::read(descriptor, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || text.size() + static_cast<std::size_t>(got) > max_message) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t some = ::write(descriptor, text.data(), text.size());
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(some));
  }
  return true;
}

int work_as(const ServiceUser& user, std::string_view command, int out, const RealmWork& work) {
  const passwd* entry = ::getpwuid(user.ids.user);
  if (entry == nullptr || !become(user))
    return complain(command, exit_failed, "cannot become the user " + user.name);
  ::setenv("HOME", entry->pw_dir, 1);
  ::setenv("XDG_RUNTIME_DIR", fmt::format("/run/user/{}", user.ids.user).c_str(), 1);
  for (const char* roots : {"XDG_STATE_HOME", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS"})
    ::unsetenv(roots);
  Realms realms;
  const int code = work(realms);
  if (code != exit_ok || realms.empty()) return code;
  const std::string message = message_of(realms);
  if (message.size() > max_message)
    return complain(command, exit_failed, "the files of the CAs are too large for the system to be told");
  return write_all(out, message) ? exit_ok : exit_failed;
}

// In a child, which gives up root's rights for good.
int in_child(const ServiceUser& user, std::string_view command, std::vector<SystemRealm>& system,
             const RealmWork& work) {
  std::array<int, 2> ends{-1, -1};
  if (::pipe(ends.data()) != 0) return complain(command, exit_failed, "no pipe can be made");
  Descriptor in(ends[0]), out(ends[1]);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return complain(command, exit_failed, "no process can be made");
  if (child == 0) {
    const int code = work_as(user, command, out.get(), work);
    std::fflush(nullptr);
    ::_exit(code);
  }
  out = Descriptor(-1);
  const std::string text = read_all(in.get());
  in = Descriptor(-1);  // whoever has more to write than is read is not waited for
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) return complain(command, exit_failed, "it was ended by a signal");
  system = parse_message(text);
  return WEXITSTATUS(status);
}

int write_file(std::string_view command, const std::string& path, std::string_view text,
               mode_t mode = public_file) {
  const auto made = create_file({.path = path, .mode = mode, .replaces = true}, as_bytes(text));
  if (made) return exit_ok;
  return complain(command, exit_failed, fmt::format("{}: {}", path, made.error().message()));
}

// Whoever cannot look into it can use no krb5.conf at all.
int make_directory(std::string_view command, const std::string& path) {
  const bool made = ::mkdir(path.c_str(), public_directory) == 0;
  if (made && ::chmod(path.c_str(), public_directory) == 0) return exit_ok;  // whatever the umask is
  struct stat status {};
  if (made || errno != EEXIST || ::stat(path.c_str(), &status) != 0)
    return complain(command, exit_failed,
                    fmt::format("{}: {}", path, std::generic_category().message(errno)));
  if ((status.st_mode & S_IXOTH) != 0) return exit_ok;
  return complain(
      command, exit_failed,
      fmt::format("{} is closed to others, and all programs have to read krb5.conf there: chmod o+x "
                  "{}, where the files in it are closed",
                  path, path));
}

int include_it(std::string_view command) {
  std::error_code error;
  // It may be a link to where it is kept.
  const std::string file = std::filesystem::weakly_canonical(login::system_krb5_file, error).string();
  if (error)
    return complain(command, exit_failed, fmt::format("{}: {}", login::system_krb5_file, error.message()));
  struct stat status {};
  const bool is_there = ::stat(file.c_str(), &status) == 0;
  const auto text = is_there ? read_file(file) : std::string();
  if (!text) return complain(command, exit_failed, fmt::format("{} cannot be read", file));
  const std::string with = login::with_include(*text, system_krb5_directory);
  if (with == *text) return exit_ok;
  return write_file(command, file, with, is_there ? status.st_mode & 07777U : public_file);
}

std::string name_of(const SystemRealm& system) {
  return fmt::format("{}/{}", system_krb5_directory, system.realm.realm);
}

int write_realm(std::string_view command, SystemRealm system) {
  const std::string name = name_of(system);
  if (!system.ca.empty()) {
    system.realm.ca_file = name + ".pem";  // no file of such a name is included
    if (const int code = write_file(command, system.realm.ca_file, system.ca); code != exit_ok) return code;
  }
  const std::string text =
      "# Written by ferryman enroll --system.\n" + login::realm_sections({&system.realm, 1});
  return write_file(command, name + ".conf", text);
}

int make_directories(std::string_view command) {
  const std::string directory = system_krb5_directory;
  for (const std::string& each : {directory.substr(0, directory.rfind('/')), directory})
    if (const int code = make_directory(command, each); code != exit_ok) return code;
  return exit_ok;
}

int write_realms(std::string_view command, const std::vector<SystemRealm>& realms) {
  if (const int code = make_directories(command); code != exit_ok) return code;
  for (const SystemRealm& each : realms)
    if (const int code = write_realm(command, each); code != exit_ok) return code;
  if (const int code = include_it(command); code != exit_ok) return code;
  for (const SystemRealm& each : realms)
    fmt::print("{}.conf leads all programs of this computer to {}.\n", name_of(each), each.realm.realm);
  return exit_ok;
}

}  // namespace

namespace {

int write_what_came(std::string_view command, int code, const std::vector<SystemRealm>& system) {
  if (code != exit_ok) return code;
  if (system.empty())
    return complain(command, exit_failed,
                    "the realm's name cannot stand in krb5.conf, or the file of the CAs cannot be read");
  return write_realms(command, system);
}

int check_root(std::string_view command) {
  if (::geteuid() == 0) return exit_ok;
  return complain(command, exit_usage, "--system changes /etc/krb5.conf: call it by sudo, or as root");
}

}  // namespace

int write_system_krb5(std::string_view command, const std::string& name, std::string_view text) {
  if (const int code = check_root(command); code != exit_ok) return code;
  if (const int code = make_directories(command); code != exit_ok) return code;
  const std::string path = fmt::format("{}/{}", system_krb5_directory, name);
  if (const int code = write_file(command, path, text); code != exit_ok) return code;
  return include_it(command);
}

int with_system_krb5(std::string_view command, const RealmWork& work) {
  if (const int code = check_root(command); code != exit_ok) return code;
  if (const auto user = caller()) return with_system_krb5_as(*user, command, work);
  Realms realms;
  const int code = work(realms);
  return write_what_came(command, code, parse_message(message_of(realms)));
}

int with_system_krb5_as(const ServiceUser& user, std::string_view command, const RealmWork& work) {
  std::vector<SystemRealm> system;
  const int code = in_child(user, command, system, work);
  return write_what_came(command, code, system);
}

}  // namespace ferryman
