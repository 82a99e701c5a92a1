#include "ad/sync_position.h"

#include "base/bytes.h"
#include "base/guid.h"

namespace ferryman::ad {

Outcome<Position> parse_position(const Entry& dse, const Entry& settings) {
  const std::string& server = dse.one("dnsHostName");
  const auto usn = dse.number("highestCommittedUSN");
  const std::string& id = settings.one("invocationId");
  if (server.empty() || !usn || *usn < 0 || id.size() != Guid::size)
    return fail(Reason::failed, "the domain controller does not tell how far its changes go");
  return Position{server, guid_of_packet(as_bytes(id).first<Guid::size>()).text(), *usn};
}

Outcome<Position> read_position(Connection& connection) {
  const auto dse = connection.read("", {"dnsHostName", "highestCommittedUSN", "dsServiceName"});
  if (!dse) return tl::unexpected(dse.error());
  const auto settings = connection.read(dse->one("dsServiceName"), {"invocationId"});
  if (!settings) return tl::unexpected(settings.error());
  return parse_position(*dse, *settings);
}

Outcome<bool> sees_deleted(Connection& connection, const std::string& domain_dn) {
  const auto found =
      connection.read("CN=Deleted Objects," + domain_dn, {"objectClass"}, {{control::show_deleted}});
  if (found) return found->has("objectClass");
  const Reason reason = found.error().reason;
  if (reason == Reason::no_such_object || reason == Reason::no_rights) return false;
  return tl::unexpected(found.error());
}

}  // namespace ferryman::ad
