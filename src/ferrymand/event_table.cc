#include "ferrymand/event_table.h"

#include <vector>

#include "gateway/event_table.h"
#include "telemetry/event_info.h"

namespace ferryman {
namespace {

using telemetry::EventInfo;
using telemetry::Level;

constexpr EventInfo sentences[] = {
    {"ready", Level::info, 0, "ferrymand serves.", ""},
    {"listening", Level::info, 0, "At start, for each [[listen]].", ""},
    {"metrics and health", Level::info, 0, "At start, where [admin] http is served.", ""},
    {"DNS servers of the system", Level::info, 0, "At start and when /etc/resolv.conf has changed.",
     "\"none\" while the network is up: [dns] servers."},
    {"passwords outside FAST are allowed", Level::warning, 0, "A realm has allow_unarmored_password = true.",
     "Off again once no client needs it: anybody may then try passwords."},
    {"fewer connections than max_connections for want of descriptors; LimitNOFILE= sets more", Level::warning,
     0, "At start and reload.", "LimitNOFILE= of the unit, or a lower max_connections."},
    {"the secrets of all TLS connections are written to a file", Level::warning, 0,
     "At start and reload, where [tls] key_log is set: who has the file reads everything.",
     "Take key_log away once no trace needs it, and remove the file."},
    {"administration", Level::info, 0, "At start, where there is an administration socket.", ""},
    {"a peer that may not administer was refused", Level::warning, 0,
     "Somebody else than root, the own user and the group came to that socket; uid and pid say who.", ""},
    {"a trace begins", Level::info, 0, "ferryman trace was started; uid and pid say by whom.", ""},
    {"a trace has ended", Level::info, 0, "It hung up, or ferrymand ends.", ""},
    {"an administration connection ended for want of memory", Level::error, 0, "Others go on.",
     "MemoryMax= of the unit."},
    {"this host has no IPv6, so that address is not served", Level::warning, 0, "At start.", ""},
    {"this host has no IPv6, so IPv4 alone is served", Level::warning, 0, "At start.", ""},
    {"this host has no IPv6, so [admin] is not served", Level::warning, 0, "At start.",
     "[admin] http by IPv4."},
    {"this host does not have that address yet", Level::warning, 0,
     "At start; it is served as soon as it comes.", "An address that never comes is misspelt."},
    {"this host has that address now", Level::info, 0, "It is served.", ""},
    {"cannot become the user of [process] user", Level::error, 0, "ferrymand was started as root and ends.",
     "Make the user, or start it as another."},
    {"the key log stays another user's, and no reload can open it", Level::warning, 0,
     "ferrymand was started as root and could not give [tls] key_log to the user of [process] user.",
     "Remove the file, or give it to that user."},
    {"TLS files cannot be used", Level::error, 0, "At start or reload; cause says which and why.",
     "[tls] certificate and private_key, and who may read them."},
    {"reloaded", Level::info, 0, "The configuration was read again and is in force.", ""},
    {"reload refused, the configuration in force stays", Level::error, 0, "A reload found mistakes.",
     "ferrymand --check."},
    {"configuration mistake", Level::error, 0, "Each mistake that a reload found.", "Mend it."},
    {"the log stays where it was", Level::error, 0, "The log file of a new configuration cannot be opened.",
     "Its directory, and who may write there."},
    {"a change of [[listen]], [process], [dns] or [admin] takes effect with the next start", Level::warning,
     0, "A reload found such a change.", "systemctl restart ferrymand."},
    {"configuration warning", Level::warning, 0, "What a reload found that may not be meant so.",
     "ferrymand --check says the same."},
    {"TLS files", Level::warning, 0, "Read again, and something of them will not do; warning says what.",
     "ferrymand --check, and whatever renews them."},
    {"certificates read again", Level::info, 0, "Their files have changed; new connections get them.", ""},
    {"certificates changed but cannot be used, those in force stay", Level::error, 0,
     "Their files have changed and hold no pair.", "ferrymand --check, and whatever renews them."},
    {"ready again: a realm can be served", Level::info, 0, "/readyz says so again.", ""},
    {"not ready: no realm can be served", Level::warning, 0,
     "No realm has a KDC that answers; /readyz says so.",
     "The lines before say what is wrong with the KDCs."},
    {"draining", Level::info, 0, "SIGTERM: what has begun ends.", ""},
    {"drain_timeout is over, ending what is left", Level::warning, 0, "It took too long.", ""},
    {"told to stop again, ending at once", Level::warning, 0, "A second signal came.", ""},
    {"stopped", Level::info, 0, "Nothing is served any more.", ""},
    {"out of memory", Level::error, 0, "A worker could not have any, and goes on.",
     "MemoryMax= of the unit."},
    {"log lines dropped", Level::warning, 0, "The log's destination was slower than its lines came, or away.",
     "What reads it: journald's limits, the disk."},
};

}  // namespace

std::string event_table(std::string_view form) {
  std::vector<EventInfo> all = gateway::event_table();
  all.insert(all.end(), std::begin(sentences), std::end(sentences));
  return telemetry::event_table(all, form);
}

}  // namespace ferryman
