#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/recycled.h"
#include "exchange/outcome.h"
#include "exchange/pending_exchange.h"
#include "exchange/realm_call.h"
#include "gateway/gateway.h"
#include "gateway/question.h"
#include "gateway/request_trace.h"
#include "kerberos/request.h"
#include "kkdcp/message.h"
#include "policy/policy.h"

namespace ferryman::gateway {

// One request between its arrival and its event. Held by what it waits for.
struct Gateway::PendingRequest final : Recycled<PendingRequest>, exchange::OutcomeHandler, net::CallWatcher {
  using Clock = std::chrono::steady_clock;

  PendingRequest(Gateway& g, net::CallPtr c) : gateway(g), call(std::move(c)), settings(g.settings_) {}
  ~PendingRequest() override { call->watch(nullptr); }

  void on_outcome(exchange::Outcome& ended) override { gateway.on_outcome(*this, ended); }
  void on_gone() override {
    const PendingRequestPtr self(this);
    if (realm_call) return realm_call->abandon();
    under_way != nullptr ? under_way->abandon() : gateway.conclude(*this);
  }
  Clock::time_point deadline() const { return begun + realm->deadline; }
  // By UDP or TCP, without HTTP and KDC-PROXY-MESSAGE.
  bool is_bare() const { return call->peer().transport != local::Transport::kkdcp; }
  bool is_datagram() const { return call->peer().transport == local::Transport::udp; }
  policy::Logon logon() const {
    return {realm->rules, {realm->name, realm->source->kdc}, *request, call->peer().client};
  }

  Gateway& gateway;
  const net::CallPtr call;
  const std::shared_ptr<const Settings> settings;
  std::shared_ptr<const Realm> realm;
  const Clock::time_point begun = Clock::now();
  Clock::time_point asked{};
  kkdcp::Message message;
  std::optional<kerberos::Request> request;
  policy::Attempt attempt;
  std::unique_ptr<const Question> question;  // until it is answered
  locate::Query query;
  discovery::KdcList kdcs;                         // that were asked first
  exchange::PendingExchange* under_way = nullptr;  // at a KDC
  exchange::RealmCallPtr realm_call;               // the same at ferryman-realm
  std::optional<RequestId> id;                     // made when somebody needs it
  bool of_tenant = false;
  std::string tenant;                         // that the path names
  std::unique_ptr<const RequestTrace> trace;  // where the listener asks for it
  exchange::Outcome outcome;
  bool sought_others = false, ended = false;
  RequestEvent event;
  Octets own_reply;  // a KRB-ERROR of our own, while somebody watches
};

}  // namespace ferryman::gateway
