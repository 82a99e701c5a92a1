#include "client/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/reply.h"
#include "kkdcp/message.h"

namespace ferryman::client {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t prefix_size = 4, max_causes = 2000;

// The message without the length that RFC 4120 7.2.2 puts before it.
Bytes without_prefix(Bytes message) {
  if (message.size() <= prefix_size) return message;
  const std::size_t announced = std::size_t{message[0]} << 24 | std::size_t{message[1]} << 16 |
                                std::size_t{message[2]} << 8 | std::size_t{message[3]};
  return announced == message.size() - prefix_size ? message.subspan(prefix_size) : message;
}

}  // namespace

Client::Call::Call(Client& client, Bytes message, std::string_view realm, std::uint32_t hint, Done done)
    : client_(client),
      done_(std::move(done)),
      realm_(realm),
      hint_(hint),
      deadline_(Clock::now() + client.options_.deadline) {
  const Bytes bare = without_prefix(message);
  message_.assign(bare.begin(), bare.end());
  timer_ = client_.loop_.at(Clock::now(), [this] { begin(); });
}

void Client::Call::begin() {
  const auto request = kerberos::parse_request(message_);
  if (!request) {
    return finish(Status::bad_message,
                  fmt::format("the message is no AS-REQ, TGS-REQ or kpasswd request ({} at octet {})",
                              name(request.error().fault), request.error().offset));
  }
  request_ = *request;
  if (realm_.empty()) realm_ = request_->realm();
  kkdcp::Message message;
  message.kerb_message = message_;
  message.target_domain = realm_;
  if (hint_ != 0) message.dclocator_hint = hint_;
  if (realm_.empty() || !kkdcp::append(message, body_) || !kkdcp::parse(body_))
    return finish(Status::bad_message, "the realm is none that a KDC-PROXY-MESSAGE can name");
  timer_ = client_.loop_.at(deadline_, [this] {
    if (transfer_) result_.may_have_arrived |= HttpClient::is_written(*transfer_);
    transfer_.reset();
    search_.reset();
    fail("the deadline is over", false);
  });
  client_.look_around();
  const Service service = request_->kind == kerberos::RequestKind::kpasswd ? Service::kpasswd : Service::kdc;
  search_ = client_.directory_.find(realm_, service, [this](const Gateways& found) { on_gateways(found); });
}

void Client::Call::on_gateways(const Gateways& gateways) {
  urls_ = gateways.urls;
  client_.order(urls_);
  if (urls_.empty()) {
    return finish(Status::no_logon_servers,
                  fmt::format("no gateway is known for the realm {}: {}", realm_, gateways.source));
  }
  ask_next();
}

// A gateway that takes a request and stays silent must leave time for the others; one that may be asked
// only once gets all there is.
milliseconds Client::Call::time_for_next() const {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - Clock::now());
  const bool last = next_ + 1 == urls_.size();
  return std::max(last || !request_->repeatable() ? left : left / 2, milliseconds(1));
}

void Client::Call::ask_next() {
  client_.look_around();
  result_.gateway = urls_[next_];
  HttpPost post;
  post.url = urls_[next_];
  post.body = body_;
  post.once = !request_->repeatable();
  post.time = time_for_next();
  ++next_;
  transfer_ =
      client_.http_.post(std::move(post), [this](HttpAnswer answer) { on_answer(std::move(answer)); });
}

void Client::Call::on_answer(HttpAnswer answer) {
  const bool repeatable = request_->repeatable();
  if (answer.status == 0) {
    result_.may_have_arrived |= answer.written;
    client_.note_failure(result_.gateway);
    return fail(answer.why, repeatable || !answer.written);
  }
  if (answer.status == 200) {
    const auto reply = read_answer(answer.body, request_->kind);
    if (!reply || is_unavailable(*reply)) {
      result_.may_have_arrived = true;
      client_.note_failure(result_.gateway);
      return fail(reply ? "its KDC is not available (KDC_ERR_SVC_UNAVAILABLE)" : reply.error(), repeatable);
    }
    client_.note_success(result_.gateway);
    result_.message.assign(reply->bytes.begin(), reply->bytes.end());
    return finish(Status::success, {});
  }
  if (answer.status == 403) {
    client_.note_success(result_.gateway);
    return finish(Status::firewall_failed, fmt::format("{} {}", result_.gateway, explain_status(403)));
  }
  client_.note_failure(result_.gateway);
  result_.may_have_arrived |= !was_not_relayed(answer.status);
  fail(explain_status(answer.status), repeatable || was_not_relayed(answer.status));
}

void Client::Call::fail(const std::string& why, bool may_go_on) {
  const std::string where = result_.gateway.empty() ? "" : result_.gateway + ": ";
  if (causes_.size() < max_causes) causes_ += (causes_.empty() ? "" : "; ") + where + why;
  const bool more = next_ < urls_.size() && Clock::now() < deadline_;
  if (may_go_on && more) return ask_next();
  if (!may_go_on && more && request_ && !request_->repeatable())
    causes_ += "; this message must not be sent twice";
  finish(Status::no_logon_servers, std::move(causes_));
}

void Client::Call::finish(Status status, std::string cause) {
  timer_.reset();
  result_.status = status;
  result_.cause = std::move(cause);
  // done_ may destroy this.
  const Done done = std::move(done_);
  done(std::move(result_));
}

}  // namespace ferryman::client
