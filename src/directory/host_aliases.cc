#include "directory/host_aliases.h"

#include <algorithm>

#include "base/text.h"

namespace ferryman::directory {

const std::vector<std::string>& default_host_aliases() {
  static const std::vector<std::string> aliases{
      "alerter",     "appmgmt",      "browser",    "cifs",     "cisvc",       "clipsrv",
      "dcom",        "dhcp",         "dmserver",   "dns",      "dnscache",    "eventlog",
      "eventsystem", "fax",          "http",       "ias",      "iisadmin",    "mcsvc",
      "messenger",   "msdtc",        "msiserver",  "netdde",   "netddedsm",   "netlogon",
      "netman",      "nmagent",      "oakley",     "plugplay", "policyagent", "protectedstorage",
      "rasman",      "remoteaccess", "replicator", "rpc",      "rpclocator",  "rpcss",
      "rsvp",        "samss",        "scardsvr",   "scesrv",   "schedule",    "scm",
      "seclogon",    "snmp",         "spooler",    "tapisrv",  "time",        "trksvr",
      "trkwks",      "ups",          "w3svc",      "wins",     "www"};
  return aliases;
}

std::string by_host(std::string_view spn, const std::vector<std::string>& aliases) {
  const std::size_t slash = spn.find('/');
  if (slash == spn.npos || spn.find('/', slash + 1) != spn.npos) return {};
  const std::string_view service_class = spn.substr(0, slash);
  const bool stands = std::any_of(aliases.begin(), aliases.end(), [service_class](const std::string& each) {
    return equal_without_case(each, service_class);
  });
  return stands ? "host" + std::string(spn.substr(slash)) : std::string();
}

}  // namespace ferryman::directory
