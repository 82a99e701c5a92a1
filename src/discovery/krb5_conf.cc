#include "discovery/krb5_conf.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace ferryman::discovery {
namespace {

namespace fs = std::filesystem;

constexpr unsigned max_include_depth = 4;
constexpr std::size_t max_file_size = 1 << 20;

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

bool is_false(std::string_view value) {
  return value == "false" || value == "no" || value == "off" || value == "0" || value == "n" ||
         value == "f" || value == "nil";
}

// Reads line by line; what it does not know it passes over, as libkrb5 does with other sections.
class ProfileReader {
 public:
  ProfileReader(std::string_view realm, std::vector<std::string>& includes)
      : realm_(realm), includes_(includes) {}

  void line(std::string_view text);
  Krb5Conf result() { return std::move(conf_); }

 private:
  void relation(std::string_view name, std::string_view value);

  std::string_view realm_;
  std::vector<std::string>& includes_;
  Krb5Conf conf_;
  std::string section_, subsection_;
  unsigned depth_ = 0;
};

void ProfileReader::line(std::string_view text) {
  text = trim(text);
  if (text.empty() || text.front() == '#' || text.front() == ';') return;
  if (depth_ == 0 && text.starts_with("includedir ")) {
    includes_.push_back(std::string(trim(text.substr(11))) + "/");
  } else if (depth_ == 0 && text.starts_with("include ")) {
    includes_.emplace_back(trim(text.substr(8)));
  } else if (depth_ == 0 && text.front() == '[') {
    section_ = trim(text.substr(1, text.find(']') - 1));
  } else if (text.front() == '}') {
    depth_ -= depth_ > 0 ? 1 : 0;
  } else if (const auto equals = text.find('='); equals != std::string_view::npos) {
    relation(trim(text.substr(0, equals)), trim(text.substr(equals + 1)));
  }
}

void ProfileReader::relation(std::string_view name, std::string_view value) {
  if (value == "{") {
    if (++depth_ == 1) subsection_ = name.substr(0, name.find('*'));
    if (depth_ == 1 && section_ == "realms") conf_.realms.push_back(subsection_);
    if (depth_ == 1 && section_ == "realms" && subsection_ == realm_ && !conf_.realm) conf_.realm.emplace();
    return;
  }
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  if (depth_ == 0 && section_ == "libdefaults" && name == "dns_lookup_kdc")
    conf_.dns_lookup_kdc = !is_false(value);
  if (depth_ != 1 || section_ != "realms" || subsection_ != realm_) return;
  if (name == "kdc") conf_.realm->kdc.emplace_back(value);
  if (name == "kpasswd_server") conf_.realm->kpasswd_server.emplace_back(value);
  if (name == "admin_server") conf_.realm->admin_server.emplace_back(value);
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad() || text.size() > max_file_size) return std::nullopt;
  return text;
}

// The files of an includedir that libkrb5 reads: names of letters, digits, dashes and underscores, or *.conf.
std::vector<fs::path> included_files(const std::string& include) {
  if (!include.ends_with('/')) return {include};
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(include, error)) {
    const std::string name = entry.path().filename();
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
             c == '_';
    });
    if (plain || (name.ends_with(".conf") && name.front() != '.')) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

void merge(Krb5Conf& into, Krb5Conf&& from) {
  into.dns_lookup_kdc = into.dns_lookup_kdc && from.dns_lookup_kdc;
  std::move(from.realms.begin(), from.realms.end(), std::back_inserter(into.realms));
  if (!from.realm) return;
  if (!into.realm) into.realm.emplace();
  const auto add = [](std::vector<std::string>& to, std::vector<std::string>& more) {
    std::move(more.begin(), more.end(), std::back_inserter(to));
  };
  add(into.realm->kdc, from.realm->kdc);
  add(into.realm->kpasswd_server, from.realm->kpasswd_server);
  add(into.realm->admin_server, from.realm->admin_server);
}

bool load_into(Krb5Conf& conf, const fs::path& path, std::string_view realm, unsigned depth) {
  const auto text = read_file(path);
  if (!text) return false;
  std::vector<std::string> includes;
  merge(conf, read_krb5_conf(*text, realm, includes));
  if (depth == max_include_depth) return true;
  for (const auto& include : includes) {
    for (const auto& file : included_files(include)) load_into(conf, file, realm, depth + 1);
  }
  return true;
}

}  // namespace

Krb5Conf read_krb5_conf(std::string_view text, std::string_view realm, std::vector<std::string>& includes) {
  ProfileReader reader(realm, includes);
  while (!text.empty()) {
    const auto end = text.find('\n');
    reader.line(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return reader.result();
}

std::optional<Krb5Conf> load_krb5_conf(const std::string& file, std::string_view realm) {
  Krb5Conf conf;
  if (!load_into(conf, file, realm, 0)) return std::nullopt;
  return conf;
}

}  // namespace ferryman::discovery
