// Our readers against libkrb5's decoders, on a large set made by bending valid messages. What is
// left of difference stands below with its reason; any other fails.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "kerberos/bending.h"
#include "kerberos/kdc_rep.h"
#include "kerberos/kdc_req.h"
#include "kerberos/kpasswd.h"
#include "kerberos/krb5_codecs.h"
#include "kerberos/krb_error.h"

namespace ferryman::kerberos {
namespace {

// A change request (RFC 3244 2).
Octets kpasswd_frame(const Node& ap_req, const Node& priv) {
  const Octets ap = written(ap_req), rest = written(priv);
  const std::size_t size = 6 + ap.size() + rest.size();
  Octets out{static_cast<std::uint8_t>(size >> 8),      static_cast<std::uint8_t>(size),     0, 1,
             static_cast<std::uint8_t>(ap.size() >> 8), static_cast<std::uint8_t>(ap.size())};
  out.insert(out.end(), ap.begin(), ap.end());
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

enum class Kind { as_req, tgs_req, as_rep, tgs_rep, krb_error, kpasswd };

std::optional<Error> ours(Kind kind, Bytes message) {
  const auto fault = [](const auto& result) {
    return result ? std::nullopt : std::optional<Error>(result.error());
  };
  switch (kind) {
    case Kind::as_req:
      return fault(parse_kdc_req(message, msg_type::as_req));
    case Kind::tgs_req:
      return fault(parse_kdc_req(message, msg_type::tgs_req));
    case Kind::as_rep:
      return fault(parse_kdc_rep(message, msg_type::as_rep));
    case Kind::tgs_rep:
      return fault(parse_kdc_rep(message, msg_type::tgs_rep));
    case Kind::krb_error:
      return fault(parse_krb_error(message));
    case Kind::kpasswd:
      break;
  }
  return fault(parse_kpasswd_request(message));
}

// The frame is nothing that libkrb5 has a decoder for; what it holds is.
krb5_error_code decode_kpasswd(krb5_context context, krb5_data code) {
  constexpr unsigned header = 6;
  const auto* octets = reinterpret_cast<const std::uint8_t*>(code.data);
  const unsigned ap_size = static_cast<unsigned>(octets[4]) << 8 | octets[5];
  krb5_data ap{0, ap_size, code.data + header}, priv{0, code.length - header - ap_size, ap.data + ap_size};
  krb5_ap_req* ap_req = nullptr;
  k5_priv* krb_priv = nullptr;
  krb5_error_code result = decode_krb5_ap_req(&ap, &ap_req);
  if (result == 0) result = decode_krb5_priv(&priv, &krb_priv);
  if (ap_req != nullptr) krb5_free_ap_req(context, ap_req);
  if (krb_priv != nullptr) krb5_free_priv(context, krb_priv);
  return result;
}

krb5_error_code theirs(krb5_context context, Kind kind, Bytes message) {
  krb5_data code{};
  code.length = static_cast<unsigned>(message.size());
  code.data = const_cast<char*>(as_text(message).data());
  krb5_kdc_req* req = nullptr;
  krb5_kdc_rep* rep = nullptr;
  krb5_error* error = nullptr;
  krb5_error_code result = 0;
  switch (kind) {
    case Kind::as_req:
      result = decode_krb5_as_req(&code, &req);
      break;
    case Kind::tgs_req:
      result = decode_krb5_tgs_req(&code, &req);
      break;
    case Kind::as_rep:
      result = decode_krb5_as_rep(&code, &rep);
      break;
    case Kind::tgs_rep:
      result = decode_krb5_tgs_rep(&code, &rep);
      break;
    case Kind::krb_error:
      result = decode_krb5_error(&code, &error);
      break;
    case Kind::kpasswd:
      result = decode_kpasswd(context, code);
      break;
  }
  if (req != nullptr) krb5_free_kdc_req(context, req);
  if (rep != nullptr) krb5_free_kdc_rep(context, rep);
  if (error != nullptr) krb5_free_error(context, error);
  return result;
}

Octets seed(const std::string& file) {
  std::ifstream stream(std::string(TESTDATA) + "/" + file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Where we are the stricter ones.
bool only_libkrb5_accepts(Fault fault) {
  switch (fault) {
    case Fault::bad_string:           // control octets in names, an empty realm: they go to logs and to DNS
    case Fault::non_minimal_integer:  // BER, no DER
    case Fault::integer_range:        // beyond 32 bits in fields that libkrb5 does not look at
    case Fault::wrong_value:          // pvno or msg-type that contradicts the application tag
    case Fault::wrong_tag:            // what follows the known fields is no context tag above them
      return true;
    default:
      return false;
  }
}

// Where libkrb5 is.
bool only_we_accept(Kind kind, krb5_error_code code) {
  const bool request = kind == Kind::as_req || kind == Kind::tgs_req;
  // till: Heimdal's definition has it optional. addresses, enc-authorization-data and additional-tickets are
  // passed over: they decide nothing here, and the KDC judges them.
  if (code == ASN1_MISSING_FIELD || code == ASN1_OVERRUN) return request;
  // libkrb5 takes a KRB-ERROR's error-code for unsigned; RFC 4120 5.9.1 has Int32.
  return code == ASN1_OVERFLOW && kind == Kind::krb_error;
}

TEST(Differential, AgreesWithLibkrb5) {
  const std::map<std::string, Kind> seeds{
      {"request_fuzz/as_req", Kind::as_req},   {"request_fuzz/as_req_fast", Kind::as_req},
      {"request_fuzz/tgs_req", Kind::tgs_req}, {"reply_fuzz/as_rep", Kind::as_rep},
      {"reply_fuzz/tgs_rep", Kind::tgs_rep},   {"reply_fuzz/krb_error", Kind::krb_error},
      {"kpasswd_fuzz/change", Kind::kpasswd}};
  krb5_context context = nullptr;
  ASSERT_EQ(krb5_init_context(&context), 0);
  Random random(20261121);
  std::size_t both_accept = 0, both_refuse = 0;
  for (const auto& [file, kind] : seeds) {
    const Octets valid = seed(file);
    const bool framed = kind == Kind::kpasswd;
    const auto roots = read_nodes(Bytes(valid).subspan(framed ? 6 : 0));
    ASSERT_EQ(roots.size(), framed ? 2U : 1U) << file;
    for (int i = 0; i < 60000; ++i) {
      auto bent = roots;
      for (auto bends = random() % 3; bends-- > 0;) bend(bent[random() % bent.size()], random);
      const Octets message = framed ? kpasswd_frame(bent[0], bent[1]) : written(bent[0]);
      const auto fault = ours(kind, message);
      const krb5_error_code code = theirs(context, kind, message);
      if (!fault && code == 0) ++both_accept;
      if (fault && code != 0) ++both_refuse;
      if (fault.has_value() == (code != 0)) continue;
      if (fault) {
        EXPECT_TRUE(only_libkrb5_accepts(fault->fault))
            << file << ": we refuse with " << name(fault->fault) << " at " << fault->offset
            << ", libkrb5 accepts " << hex(message);
      } else {
        EXPECT_TRUE(only_we_accept(kind, code))
            << file << ": we accept, libkrb5 refuses with " << code << " " << hex(message);
      }
    }
  }
  // The set reaches far to both sides.
  EXPECT_GT(both_accept, 100000U);
  EXPECT_GT(both_refuse, 100000U);
  krb5_free_context(context);
}

}  // namespace
}  // namespace ferryman::kerberos
