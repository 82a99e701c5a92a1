#include "front/front.h"

#include <utility>

#include "front/route.h"
#include "front/sign_in.h"
#include "gateway/paths.h"

namespace ferryman::front {
namespace {

// The listener's own paths go first.
Route route_of(const gateway::Gateway& gateway, const net::Peer& peer, std::string_view path) {
  if (!gateway.settings().local || peer.transport != local::Transport::kkdcp) return {};
  if (gateway::any_same_path(*peer.paths, path)) return {};
  if (!peer.health_path->empty() && gateway::same_path(*peer.health_path, path)) return {};
  return find_route(path);
}

}  // namespace

void Front::serve(net::CallPtr call, const http::Request& request) {
  const Route route = route_of(gateway_, call->peer(), request.path);
  switch (route.destination) {
    case Destination::none:
      return gateway_.serve(std::move(call), request);
    case Destination::kerberos:
      return gateway_.serve_tenant(std::move(call), request, route.tenant);
    case Destination::sign_in:
      return begin_sign_in({gateway_, shared_, sign_ins_}, std::move(call), request, route.tenant);
  }
}

bool Front::wants_fields(const net::Peer& peer, std::string_view path) const {
  const Destination destination = route_of(gateway_, peer, path).destination;
  if (destination == Destination::sign_in || !peer.trace_headers) return destination == Destination::sign_in;
  return destination == Destination::kerberos || gateway::any_same_path(*peer.paths, path);
}

}  // namespace ferryman::front
