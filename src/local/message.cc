#include "local/message.h"

#include <algorithm>
#include <optional>

#include "local/limits.h"
#include "local/wire.h"

namespace ferryman::local {
namespace {

bool is_token_letter(char c) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         marks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {  // RFC 9110 5.6.2
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_letter);
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
  });
}

bool is_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return (octet < 0x20 && c != '\t') || octet == 0x7f;
  });
}

bool is_target(std::string_view path, std::string_view query) {
  const auto is_blank = [](char c) { return c == ' '; };
  return path.starts_with('/') && !has_control(path) && !has_control(query) &&
         path.find('?') == std::string_view::npos && std::none_of(path.begin(), path.end(), is_blank) &&
         std::none_of(query.begin(), query.end(), is_blank);
}

// What is wrong with it, whichever side looks.
template <typename Fields>
std::optional<Fault> fault_of_fields(const Fields& fields) {
  if (fields.size() > max_fields) return Fault::too_many;
  std::size_t octets = 0;
  for (const auto& field : fields) {
    octets += field.name.size() + field.value.size();
    if (!is_token(field.name) || !is_value(field.value)) return Fault::bad_string;
  }
  return octets > max_field_octets ? std::optional(Fault::length_too_large) : std::nullopt;
}

std::optional<Fault> fault_of(const HttpRequest& request) {
  if (!is_token(request.method) || !is_target(request.path, request.query) || has_control(request.id) ||
      has_control(request.client)) {
    return Fault::bad_string;
  }
  return fault_of_fields(request.fields);
}

std::optional<Fault> fault_of(const HttpResponse& response) {
  if (response.status < 200 || response.status > 599) return Fault::wrong_value;
  return fault_of_fields(response.fields);
}

std::optional<Fault> fault_of(const KerberosRequest& request) {
  if (request.transport < Transport::kkdcp || request.transport > Transport::tcp) return Fault::wrong_value;
  if (request.tenant.empty() && request.realm.empty()) return Fault::missing_field;
  return has_control(request.id) || has_control(request.client) ? std::optional(Fault::bad_string)
                                                                : std::nullopt;
}

std::optional<Fault> fault_of(const Status& status) {
  if (status.results.size() > max_results) return Fault::too_many;
  const bool all_known = std::all_of(status.results.begin(), status.results.end(),
                                     [](const Status::Result& result) { return !name(result.kind).empty(); });
  return all_known ? std::nullopt : std::optional(Fault::wrong_value);
}

std::uint16_t read_field_count(Cursor& cursor) {
  const std::uint16_t count = cursor.uint16();
  if (count <= max_fields) return count;
  cursor.fail(Fault::too_many);
  return 0;
}

template <typename Message>
Result<Message> whole(Cursor& cursor, Message message) {
  if (const auto error = cursor.end()) return tl::unexpected(*error);
  if (const auto fault = fault_of(message)) return tl::unexpected(Error{*fault, 0});
  return message;
}

template <typename Fields>
void append_fields(Appender& appender, const Fields& fields) {
  appender.uint16(static_cast<std::uint16_t>(fields.size()));
  for (const auto& field : fields) {
    appender.text(field.name);
    appender.text(field.value);
  }
}

}  // namespace

std::string_view name(Transport transport) {
  switch (transport) {
    case Transport::kkdcp:
      return "kkdcp";
    case Transport::udp:
      return "udp";
    case Transport::tcp:
      return "tcp";
  }
  return {};
}

std::string_view name(Refusal refusal) {
  switch (refusal) {
    case Refusal::busy:
      return "busy";
    case Refusal::failed:
      return "failed";
  }
  return {};
}

std::string_view name(Status::Kind kind) {
  switch (kind) {
    case Status::Kind::as_req:
      return "AS-REQ";
    case Status::Kind::tgs_req:
      return "TGS-REQ";
    case Status::Kind::kpasswd:
      return "KPASSWD";
    case Status::Kind::sign_in:
      return "SIGN-IN";
  }
  return {};
}

Result<HttpRequest> parse_http_request(Bytes payload) {
  Cursor cursor(payload);
  HttpRequest request;
  request.id = cursor.text(max_request_id);
  request.client = cursor.text(max_client);
  request.method = cursor.text(max_method);
  request.path = cursor.text(max_path);
  request.query = cursor.text(max_query);
  for (std::uint16_t left = read_field_count(cursor); left > 0; --left) {
    const std::string_view name = cursor.text(max_field_octets);
    request.fields.push_back({name, cursor.text(max_field_octets)});
  }
  request.client_certificate = cursor.string(max_certificate);
  request.body = cursor.string(max_body);
  return whole(cursor, std::move(request));
}

Result<HttpResponse> parse_http_response(Bytes payload) {
  Cursor cursor(payload);
  HttpResponse response;
  response.status = cursor.uint16();
  for (std::uint16_t left = read_field_count(cursor); left > 0; --left) {
    const std::string_view name = cursor.text(max_field_octets);
    response.fields.push_back({std::string(name), std::string(cursor.text(max_field_octets))});
  }
  response.body = cursor.text(max_body);
  return whole(cursor, std::move(response));
}

Result<KerberosRequest> parse_kerberos_request(Bytes payload) {
  Cursor cursor(payload);
  KerberosRequest request;
  request.id = cursor.text(max_request_id);
  request.client = cursor.text(max_client);
  request.transport = static_cast<Transport>(cursor.uint8());
  request.tenant = cursor.text(max_tenant);
  request.realm = cursor.text(max_realm);
  request.message = cursor.string(max_message);
  return whole(cursor, request);
}

Result<KerberosReply> parse_kerberos_reply(Bytes payload) {
  Cursor cursor(payload);
  const KerberosReply reply{cursor.string(max_message)};
  if (const auto error = cursor.end()) return tl::unexpected(*error);
  return reply;
}

Result<Refusal> parse_refusal(Bytes payload) {
  Cursor cursor(payload);
  const auto refusal = static_cast<Refusal>(cursor.uint8());
  if (const auto error = cursor.end()) return tl::unexpected(*error);
  if (name(refusal).empty()) return tl::unexpected(Error{Fault::wrong_value, 0});
  return refusal;
}

Result<StatusRequest> parse_status_request(Bytes payload) {
  Cursor cursor(payload);
  if (const auto error = cursor.end()) return tl::unexpected(*error);
  return StatusRequest();
}

Result<Status> parse_status(Bytes payload) {
  Cursor cursor(payload);
  Status status;
  std::uint16_t count = cursor.uint16();
  if (count > max_results) {
    cursor.fail(Fault::too_many);
    count = 0;
  }
  for (; count > 0; --count) {
    Status::Result result;
    result.kind = static_cast<Status::Kind>(cursor.uint8());
    result.code = static_cast<std::int32_t>(cursor.uint32());
    result.count = cursor.uint64();
    status.results.push_back(result);
  }
  for (auto* const number :
       {&status.malformed, &status.sign_in, &status.lock_outs, &status.busy, &status.directory})
    *number = cursor.uint64();
  for (auto* const number : {&status.waiting, &status.dear, &status.connections}) *number = cursor.uint32();
  return whole(cursor, std::move(status));
}

bool append(Octets& out, const HttpRequest& request) {
  if (fault_of(request) || request.id.size() > max_request_id || request.client.size() > max_client ||
      request.method.size() > max_method || request.path.size() > max_path ||
      request.query.size() > max_query || request.client_certificate.size() > max_certificate ||
      request.body.size() > max_body) {
    return false;
  }
  Appender appender(out);
  for (const auto text : {request.id, request.client, request.method, request.path, request.query}) {
    appender.text(text);
  }
  append_fields(appender, request.fields);
  appender.string(request.client_certificate);
  appender.string(request.body);
  return true;
}

bool append(Octets& out, const HttpResponse& response) {
  if (fault_of(response) || response.body.size() > max_body) return false;
  Appender appender(out);
  appender.uint16(response.status);
  append_fields(appender, response.fields);
  appender.text(response.body);
  return true;
}

bool append(Octets& out, const KerberosRequest& request) {
  if (fault_of(request) || request.id.size() > max_request_id || request.client.size() > max_client ||
      request.tenant.size() > max_tenant || request.realm.size() > max_realm ||
      request.message.size() > max_message) {
    return false;
  }
  Appender appender(out);
  appender.text(request.id);
  appender.text(request.client);
  appender.uint8(static_cast<std::uint8_t>(request.transport));
  appender.text(request.tenant);
  appender.text(request.realm);
  appender.string(request.message);
  return true;
}

bool append(Octets& out, const KerberosReply& reply) {
  if (reply.message.size() > max_message) return false;
  Appender(out).string(reply.message);
  return true;
}

bool append(Octets& out, Refusal refusal) {
  if (name(refusal).empty()) return false;
  Appender(out).uint8(static_cast<std::uint8_t>(refusal));
  return true;
}

bool append(Octets&, const StatusRequest&) {
  return true;
}

bool append(Octets& out, const Status& status) {
  if (fault_of(status)) return false;
  Appender appender(out);
  appender.uint16(static_cast<std::uint16_t>(status.results.size()));
  for (const Status::Result& result : status.results) {
    appender.uint8(static_cast<std::uint8_t>(result.kind));
    appender.uint32(static_cast<std::uint32_t>(result.code));
    appender.uint64(result.count);
  }
  for (const auto number :
       {status.malformed, status.sign_in, status.lock_outs, status.busy, status.directory})
    appender.uint64(number);
  for (const auto number : {status.waiting, status.dear, status.connections}) appender.uint32(number);
  return true;
}

}  // namespace ferryman::local
