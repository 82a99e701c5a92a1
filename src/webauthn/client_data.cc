#include "webauthn/client_data.h"

#include "json/parse.h"

namespace ferryman::webauthn {
namespace {

using json::Json;

constexpr std::size_t max_depth = 4;

}  // namespace

Outcome<ClientData> ClientData::parse(Bytes text) {
  const auto parsed = json::parse_object(as_text(text), max_depth);
  if (!parsed) return fail(Fault::malformed);
  const auto* type = json::text_member(*parsed, "type");
  const auto* challenge = json::text_member(*parsed, "challenge");
  const auto* origin = json::text_member(*parsed, "origin");
  if (type == nullptr || challenge == nullptr || origin == nullptr) return fail(Fault::malformed);
  ClientData data{*type, *challenge, *origin};
  if (parsed->contains("crossOrigin")) {
    const Json* cross_origin = json::member(*parsed, "crossOrigin", Json::value_t::boolean);
    if (cross_origin == nullptr) return fail(Fault::malformed);
    data.cross_origin = cross_origin->get<bool>();
  }
  if (const Json* binding = json::member(*parsed, "tokenBinding", Json::value_t::object)) {
    const auto* status = json::text_member(*binding, "status");
    data.token_binding = status == nullptr || *status == "present";
  }
  return data;
}

}  // namespace ferryman::webauthn
