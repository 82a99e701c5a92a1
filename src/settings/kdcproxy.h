#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings/config.h"
#include "settings/ini.h"

namespace ferryman {

// What python-kdcproxy's configuration comes to here, as the TOML of [policy] and [realms].
//
// Kept as there: its keys (configs, use_dns, dns_realm_discovery, silence_port_warn, kerberos, kpasswd), the
// precedence of an exact section over the longest [*WILDCARD] over [global] over the defaults, and for each
// service a realm's own servers before libkrb5's configuration before DNS. Of version 1.1.0, whose DNS is for
// declared realms only; without case, as MS-KKDCP has it.
struct KdcproxyConfig {
  std::string toml;
  std::vector<ConfigMistake> mistakes;  // with file empty: the caller knows its name
};

// krb5_realms: the realms that libkrb5's configuration names, for `configs = mit`.
KdcproxyConfig convert_kdcproxy(const Ini& ini, const std::vector<std::string>& krb5_realms);

// The files that python-kdcproxy would read: FILE if given, else $KDCPROXY_CONFIG, else
// /usr/local/etc/kdcproxy.conf and /etc/kdcproxy.conf, the later over the earlier.
std::vector<std::string> kdcproxy_files(const std::string& file);

// Reads those files and converts them. mistakes have their file.
KdcproxyConfig load_kdcproxy(const std::vector<std::string>& files);

// --import-kdcproxy: a whole ferryman.toml.
std::string complete_kdcproxy(const std::string& realms, const std::vector<std::string>& files);

// --kdcproxy-config: listeners, TLS and limits of base_file (which declares no realms), the realms of files.
// Without base_file plain HTTP is served at kdcproxy_listen, for a web server in front.
LoadedConfig load_kdcproxy_config(const std::vector<std::string>& files, const std::string& base_file);
inline constexpr const char* kdcproxy_listen = "127.0.0.1:8080";

}  // namespace ferryman
