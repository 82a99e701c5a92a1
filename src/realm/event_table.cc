#include "realm/event_table.h"

#include <vector>

#include "telemetry/event_info.h"

namespace ferryman::realm {
namespace {

using telemetry::EventInfo;
using telemetry::Level;

constexpr EventInfo requests[] = {
    {"request", Level::info, 0,
     "A request without an event of Windows: one that asks how to prove a key, a malformed one, a sign-in.",
     ""},
    {"request", Level::info, 4768, "A ticket-granting ticket was asked for; result says what came of it.",
     ""},
    {"request", Level::info, 4769, "A service ticket was asked for.", ""},
    {"request", Level::info, 4770, "A ticket was renewed.", ""},
    {"request", Level::info, 4771,
     "A key was not proven: a wrong password, or an account that is disabled, locked or expired.",
     "Many for one user or from one client: somebody guesses, or a service has an old password."},
    {"request", Level::info, 4723, "A user changed a password, or tried to.", ""},
    {"request", Level::info, 4740, "An account was locked by one wrong key, code or password too many.",
     "ferryman realm user unlock NAME, or wait for lockout_duration."},
};

// Of administrators, with action, object and who it was. A failure is a warning.
constexpr EventInfo administration[] = {
    {"administration", Level::info, 0, "A command that Windows has no event of, or one that was refused.",
     ""},
    {"administration", Level::info, 11, "A name would have been two services', and was refused.",
     "ferryman realm service show, for whose it is."},
    {"administration", Level::info, 4720, "A user was added.", ""},
    {"administration", Level::info, 4722, "An account was enabled.", ""},
    {"administration", Level::info, 4724, "A password was reset, or krbtgt got new keys.", ""},
    {"administration", Level::info, 4725, "An account was disabled.", ""},
    {"administration", Level::info, 4726, "A user was removed.", ""},
    {"administration", Level::info, 4738, "A user was changed.", ""},
    {"administration", Level::info, 4781, "An account was renamed.", ""},
    {"administration", Level::info, 4767, "An account was unlocked.", ""},
    {"administration", Level::info, 4741, "A service or computer was added.", ""},
    {"administration", Level::info, 4742, "A service was changed or got new keys.", ""},
    {"administration", Level::info, 4743, "A service or computer was removed.", ""},
    {"administration", Level::info, 4727, "A group was added.", ""},
    {"administration", Level::info, 4728, "Somebody joined a group.", ""},
    {"administration", Level::info, 4729, "Somebody left a group.", ""},
    {"administration", Level::info, 4730, "A group was removed.", ""},
    {"administration", Level::info, 4737, "A group was changed.", ""},
    {"administration", Level::info, 4739,
     "A tenant was changed, disabled or enabled, linked to a domain or unlinked.", ""},
};

constexpr EventInfo sentences[] = {
    {"ready", Level::info, 0, "ferryman-realm serves.", ""},
    {"memory is not locked", Level::warning, 0, "Keys may reach the swap.", "LimitMEMLOCK=infinity."},
    {"files are guarded by their modes only", Level::warning, 0, "This kernel has no Landlock.",
     "A kernel with it."},
    {"running as root", Level::warning, 0, "At start.", "User= of the unit."},
    {"only root and the own user may administer, the group is not there", Level::warning, 0, "At start.",
     "Make the group of [service] admin_group."},
    {"the KDC's certificate ends soon", Level::warning, 0, "Within 30 days; said once a day.", "Renew it."},
    {"the KDC's certificate has ended", Level::error, 0, "Clients refuse logons by public keys.",
     "Renew it."},
    {"logons are not written yet", Level::error, 0, "The database did not take them; they are tried again.",
     "The disk, or PostgreSQL's server."},
    {"nonces and tokens that have expired are still kept", Level::error, 0,
     "The database did not forget them.", "The same."},
    {"connection refused", Level::warning, 0, "Another user than may came to a socket; uid and pid say who.",
     "front_user, admin_group and sync_user of [service]."},
    {"no connection can be accepted", Level::error, 0, "Descriptors or memory have run out.",
     "LimitNOFILE= of the unit."},
    {"front connection broken", Level::warning, 0,
     "ferrymand's connection ended by a breach of the protocol.", "Are both programs of one version?"},
    {"front closed", Level::info, 0, "At the end: what came there.", ""},
    {"administration closed", Level::info, 0, "The same of the administration socket.", ""},
    {"synchronisation closed", Level::info, 0, "The same of the socket for synchronisation.", ""},
    {"an administration socket's turn ends", Level::error, 0, "Something failed; it goes on.",
     "The cause is most often memory."},
    {"an idle connection made room for others", Level::warning, 0, "All places of that socket were taken.",
     "Programs that hold administration connections open."},
    {"a command is refused that is not the synchronisation's", Level::warning, 0,
     "Whoever has the user of sync_user tried to do more.", "Look at that user's programs."},
    {"out of memory at the front", Level::error, 0, "It goes on.", "MemoryMax= of the unit."},
    {"out of memory, a request is refused", Level::error, 0, "Others go on.", "MemoryMax= of the unit."},
    {"a request is refused", Level::error, 0, "Something failed at it; cause says what.", ""},
    {"reloaded", Level::info, 0, "The configuration was read again and is in force.", ""},
    {"reload refused, the configuration in force stays", Level::error, 0, "A reload found mistakes.",
     "ferryman-realm --check."},
    {"configuration mistake", Level::error, 0, "Each mistake that a reload found.", "Mend it."},
    {"the log stays where it was", Level::error, 0, "The destination of a new configuration cannot be had.",
     ""},
    {"a change of [service], database, master_key or spn_aliases takes effect with the next start",
     Level::warning, 0, "A reload found such a change.", "systemctl restart ferryman-realm."},
    {"draining", Level::info, 0, "SIGTERM: what has begun ends.", ""},
    {"drain_timeout is over, ending what is left", Level::warning, 0, "It took too long.", ""},
    {"told to stop again, ending at once", Level::warning, 0, "A second signal came.", ""},
    {"stopped", Level::info, 0, "The last line.", ""},
    {"log lines dropped", Level::warning, 0, "The log's destination was slower than its lines came, or away.",
     "What reads it: journald's limits."},
};

}  // namespace

std::string event_table(std::string_view form) {
  std::vector<EventInfo> all(std::begin(requests), std::end(requests));
  all.insert(all.end(), std::begin(administration), std::end(administration));
  all.insert(all.end(), std::begin(sentences), std::end(sentences));
  return telemetry::event_table(all, form);
}

}  // namespace ferryman::realm
