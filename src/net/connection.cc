#include "net/connection.h"

#include <openssl/sslerr.h>

#include <algorithm>
#include <new>
#include <utility>

#include "net/forwarded.h"
#include "net/listen_socket.h"
#include "net/message_session.h"
#include "net/proxy_header.h"
#include "net/server.h"

namespace ferryman::net {
namespace {

// How long a closed connection's remaining input is read and thrown away, so that no RST overtakes the
// answer.
constexpr std::chrono::milliseconds linger_time{2000};

// After that time without a request the next is not expected soon.
constexpr std::chrono::milliseconds rest_after{1000};

}  // namespace

Call::Call(boost::intrusive_ptr<CallSource> source, const http::Request& request)
    : source_(std::move(source)), id_(request.id), version_(request.version), body_(OctetPool::take()) {
  body_.assign(request.body.begin(), request.body.end());
}

Call::~Call() {
  OctetPool::give(std::move(body_));
}

void Call::respond(const http::Response& response) {
  if (cancelled_) return;
  const CallPtr self(this);
  source_->respond(id_, response);
  cancelled_ = true;
}

void Call::drop() {
  if (cancelled_) return;
  const CallPtr self(this);
  source_->drop(id_);
  cancelled_ = true;
}

void Call::cancel() {
  cancelled_ = true;
  if (watcher_ != nullptr) watcher_->on_gone();
}

Connection::Connection(Stream::Socket socket, Peer peer, Kind kind,
                       std::shared_ptr<const ConnectionConfig> config, RequestHandler& handler,
                       ConnectionOwner& owner)
    : stream_(std::move(socket), kind.tls ? config->tls.find(kind.client_certificates)->get() : nullptr,
              owner.bio()),
      peer_(std::move(peer)),
      config_(std::move(config)),
      handler_(handler),
      owner_(owner),
      since_(Clock::now()),
      state_(kind.behind_proxy ? State::proxy_header : State::handshake),
      passes_certificate_(kind.tls && config_->tls.find(kind.client_certificates)->passes_certificates()),
      forwarder_(kind.forwarder) {}

Connection::~Connection() = default;

void Connection::start() {
  pump();
}

void Connection::on_request(const http::Request& request) {
  // MIT's client speaks HTTP/1.0: it opens a connection for each message and never resumes.
  if (request.version != http::Version::http10) stream_.offer_resumption();
  told_of_ = true;
  CallPtr call(new Call(this, request));
  calls_.push_back(call);
  if (forwarder_ != nullptr) name_client(*call, request);
  handler_.serve(std::move(call), request);
}

// A request counts for its client, whatever proxy it comes through.
void Connection::name_client(Call& call, const http::Request& request) {
  const auto client =
      forwarded_client(forwarder_->client_address, request.fields, forwarder_->trusted_proxies);
  if (!client) return handler_.on_unnamed_client(peer_);
  Peer peer = peer_;
  peer.address = peer_name(*client);
  peer.client = client_key(client->address(), config_->limits.client);
  call.set_peer(std::move(peer));
}

void Connection::on_cancel(std::uint64_t id) {
  const auto found =
      std::find_if(calls_.begin(), calls_.end(), [id](const auto& call) { return call->id_ == id; });
  if (found == calls_.end()) return;
  const auto call = std::move(*found);
  calls_.erase(found);
  call->cancel();
}

void Connection::on_violation(unsigned status, std::string_view reason) {
  tell_violation(status, reason);
}

void Connection::tell_violation(unsigned status, std::string_view reason) {
  told_of_ = true;
  handler_.on_violation(peer_, session_ ? session_->version() : http::Version::http11, status, reason);
}

void Connection::forget(std::uint64_t id) {
  const auto found =
      std::find_if(calls_.begin(), calls_.end(), [id](const auto& held) { return held->id_ == id; });
  if (found != calls_.end()) calls_.erase(found);
}

void Connection::respond(std::uint64_t id, const http::Response& response) {
  const ConnectionPtr self(this);
  session_->respond(id, response);
  forget(id);
  answer_soon();
}

// At the end of the event loop's turn: answers to several HTTP/2 streams leave in one write, and those to
// several clients one after the other, of whom the first wakes the processor that they share.
void Connection::answer_soon() {
  pumping_ ? pump() : owner_.answer_soon(*this);
}

void Connection::drop(std::uint64_t id) {
  const ConnectionPtr self(this);
  session_->drop(id);
  forget(id);
  pump();
}

std::vector<std::uint8_t> Connection::client_certificate() {
  return passes_certificate_ ? stream_.peer_certificate() : std::vector<std::uint8_t>();
}

std::string_view Connection::server_address() {
  if (!server_address_) {
    const boost::asio::ip::tcp::endpoint at = stream_.own();
    server_address_ =
        std::make_unique<const std::string>(at.address().is_unspecified() ? std::string() : peer_name(at));
  }
  return *server_address_;
}

void Connection::drain() {
  draining_ = true;
  const ConnectionPtr self(this);
  // What already lies in the socket was sent before we said that we go: it is still read and answered.
  dry_ = false;
  pump();
  if (session_ && state_ == State::open) session_->drain();
  pump();
}

void Connection::abort() {
  if (state_ == State::closed) return;
  const ConnectionPtr self(this);
  state_ = State::closed;
  stream_.close();
  for (const auto& call : std::exchange(calls_, {})) call->cancel();
  if (!told_of_) handler_.on_unused(peer_);
  owner_.on_closed(*this);
}

void Connection::pump() {
  if (pumping_) {
    again_ = true;
    return;
  }
  const ConnectionPtr self(this);
  try {
    run();
  } catch (const std::bad_alloc&) {
    pumping_ = false;
    tell_violation(0, "out_of_memory");
    abort();
  }
}

void Connection::run() {
  pumping_ = true;
  want_read_ = want_write_ = false;
  do {
    again_ = false;
    while (state_ != State::closed && step()) {
    }
  } while (again_);
  pumping_ = false;
  if (state_ == State::closed) return;
  if (std::exchange(just_open_, false) && calls_.empty()) stream_.acknowledge();
  wait();
}

void Connection::make_room() {
  tell_violation(0, "idle_made_room");
  abort();
}

// One thing that can be done now; false when the socket must be waited for.
bool Connection::step() {
  switch (state_) {
    case State::proxy_header:
      return do_proxy_header();
    case State::handshake:
      return do_handshake();
    case State::preface:
      return do_preface();
    case State::lingering:
      return do_linger();
    case State::closed:
      return false;
    case State::open:
      break;
  }
  const bool wrote = do_write();
  if (state_ != State::open) return true;
  if (session_->phase() == http::Phase::closing && session_->output().empty()) {
    begin_linger();
    return true;
  }
  return do_read() || wrote;
}

bool Connection::blocked(IoResult result) {
  if (result.status == IoStatus::want_read) want_read_ = true;
  if (result.status == IoStatus::want_write) want_write_ = true;
  return result.status == IoStatus::want_read || result.status == IoStatus::want_write;
}

// The header is taken off the socket to its last octet and no further: TLS begins behind it.
bool Connection::do_proxy_header() {
  const auto scratch = owner_.scratch().first(max_proxy_header);
  const IoResult result = stream_.peek(scratch);
  if (blocked(result)) return false;
  if (result.status != IoStatus::ok) {
    abort();
    return false;
  }
  const auto& preface = add_to_preface(scratch.first(result.octets));
  const std::size_t before = preface.size() - result.octets;
  const ProxyHeader header = read_proxy_header(preface);
  if (header.state == ProxyHeader::State::malformed) {
    tell_violation(0, "bad_proxy_header");
    abort();
    return false;
  }
  const bool complete = header.state == ProxyHeader::State::complete;
  stream_.skip(complete ? header.size - before : result.octets);
  if (!complete) return true;
  preface_.reset();
  const auto client = header.source.value_or(stream_.peer());
  if (header.source) peer_.address = peer_name(client);
  if (!owner_.admit(peer_, client)) {
    told_of_ = true;
    abort();
    return false;
  }
  state_ = State::handshake;
  since_ = Clock::now();
  return true;
}

bool Connection::do_handshake() {
  const IoResult result = stream_.handshake();
  if (blocked(result)) return false;
  if (result.status != IoStatus::ok) {
    told_of_ = !stream_.lost();
    if (told_of_) handler_.on_handshake_failure(peer_, stream_.failure_code(), stream_.failure());
    abort();
    return false;
  }
  peer_.tls_version = stream_.tls_version();
  if (stream_.is_tls()) {
    handler_.on_handshake(peer_, stream_.resumed());
    open_http(stream_.alpn() == "h2");
  } else if (peer_.transport == local::Transport::tcp) {
    open(make_message_session(config_->http, *this));
  } else {
    state_ = State::preface;
  }
  since_ = Clock::now();
  return true;
}

// A plain connection shows by its first octets whether it speaks HTTP/2 (prior knowledge, RFC 9113 3.3).
bool Connection::do_preface() {
  const auto scratch = owner_.scratch();
  const IoResult result = stream_.read(scratch);
  if (blocked(result)) return false;
  if (result.status != IoStatus::ok) {
    abort();
    return false;
  }
  const auto preface = http::sniff_preface(add_to_preface(scratch.first(result.octets)));
  if (preface == http::Preface::undecided) return true;
  open_http(preface == http::Preface::yes);
  const auto first = std::move(preface_);
  session_->receive(*first);
  return true;
}

std::vector<std::uint8_t>& Connection::add_to_preface(Bytes octets) {
  if (!preface_) preface_ = std::make_unique<std::vector<std::uint8_t>>();
  preface_->insert(preface_->end(), octets.begin(), octets.end());
  return *preface_;
}

void Connection::open_http(bool http2) {
  open(http2 ? http::make_http2_session(config_->http, *this)
             : http::make_http1_session(config_->http, *this));
}

void Connection::open(std::unique_ptr<http::Session> session) {
  session_ = std::move(session);
  state_ = State::open;
  just_open_ = true;
  if (draining_) session_->drain();
}

bool Connection::do_write() {
  bool moved = false;
  if (session_->phase() == http::Phase::closing && !session_->output().empty()) stream_.cork();
  for (Bytes output = session_->output(); !output.empty(); output = session_->output()) {
    const IoResult result = stream_.write(output);
    if (blocked(result)) return moved;
    if (result.status != IoStatus::ok) {
      abort();
      return moved;
    }
    session_->consume(result.octets);
    moved = true;
  }
  return moved;
}

bool Connection::do_read() {
  if (input_ended_ || session_->phase() == http::Phase::closing || !session_->wants_input()) return false;
  if (dry_) {
    want_read_ = true;
    return false;
  }
  const auto scratch = owner_.scratch();
  const IoResult result = stream_.read(scratch);
  if (blocked(result)) {
    dry_ = want_read_;
    return false;
  }
  if (result.status == IoStatus::failed) {
    abort();
    return false;
  }
  if (result.status == IoStatus::eof) {
    input_ended_ = true;
    session_->end_of_input();
    return true;
  }
  session_->receive(scratch.first(result.octets));
  // Of the peer's end that came together with these octets no event tells, only another read does: while the
  // peer is waited for it is worth one.
  dry_ = !stream_.has_more() && session_->phase() == http::Phase::waiting;
  return true;
}

void Connection::begin_linger() {
  for (const auto& call : std::exchange(calls_, {})) call->cancel();
  stream_.shutdown_write();
  state_ = State::lingering;
  since_ = Clock::now();
  if (input_ended_) abort();
}

bool Connection::do_linger() {
  if (dry_) {
    want_read_ = true;
    return false;
  }
  const IoResult result = stream_.read(owner_.scratch());
  if (blocked(result)) {
    dry_ = want_read_;
    return false;
  }
  if (result.status == IoStatus::ok) return true;
  abort();
  return false;
}

void Connection::wait() {
  // With an answer still to come, reading on is how a client that goes away is noticed.
  const ConnectionPtr self(this);
  if (want_read_ && !waiting_read_) {
    waiting_read_ = true;
    stream_.socket().async_wait_drained([self](boost::system::error_code error) {
      self->waiting_read_ = self->dry_ = false;
      if (!error) self->pump();
    });
  }
  if (want_write_ && !waiting_write_) {
    waiting_write_ = true;
    since_ = Clock::now();
    stream_.socket().async_wait(Stream::Socket::wait_write, [self](boost::system::error_code error) {
      self->waiting_write_ = false;
      if (!error) self->pump();
    });
  }
}

// Seen here at the latest one sweep after it began, so that a request asks no clock for it.
void Connection::note_phase(Clock::time_point now) {
  const http::Phase phase = session_->phase();
  const std::uint64_t progress = session_->progress();
  if (phase == phase_ && progress == progress_) return;
  phase_ = phase;
  progress_ = progress;
  since_ = now;
  asked_at_rest_ = false;
}

std::chrono::milliseconds Connection::allowance() const {
  const ConnectionLimits& limits = config_->limits;
  switch (state_) {
    case State::proxy_header:
    case State::handshake:
      return limits.handshake_timeout;
    case State::preface:
      return limits.header_timeout;
    case State::lingering:
      return linger_time;
    default:
      break;
  }
  if (!session_->output().empty()) return limits.write_timeout;
  switch (session_->phase()) {
    case http::Phase::idle:
      return limits.idle_timeout;
    case http::Phase::head:
      return limits.header_timeout;
    case http::Phase::body:
      return limits.body_timeout;
    case http::Phase::closing:
      return limits.write_timeout;
    case http::Phase::waiting:
      break;
  }
  return std::chrono::milliseconds::max();
}

void Connection::rest_if_idle(Clock::time_point now) {
  if (state_ != State::open || session_->phase() != http::Phase::idle || !session_->output().empty()) return;
  if (now - since_ < rest_after) return;
  if (!std::exchange(asked_at_rest_, true)) {
    dry_ = false;  // of an end that came together with the last request no event of its own tells
    pump();
    if (state_ != State::open || session_->phase() != http::Phase::idle) return;
  }
  stream_.rest();
}

void Connection::check_deadline(Clock::time_point now) {
  if (state_ == State::closed) return;
  if (state_ == State::open) note_phase(now);
  rest_if_idle(now);
  const auto allowed = allowance();
  if (allowed == std::chrono::milliseconds::max() || now - since_ < allowed) return;
  if (state_ == State::handshake) {
    told_of_ = true;
    handler_.on_handshake_failure(peer_, 0, "timeout");
  }
  if (state_ != State::open || !session_->output().empty() || session_->phase() == http::Phase::closing) {
    abort();
    return;
  }
  session_->time_out();
  pump();
}

}  // namespace ferryman::net
