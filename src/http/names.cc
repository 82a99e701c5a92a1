#include "http/session.h"

namespace ferryman::http {

std::string_view name(Version version) {
  switch (version) {
    case Version::http10:
      return "HTTP/1.0";
    case Version::http11:
      return "HTTP/1.1";
    case Version::http2:
      return "HTTP/2";
    case Version::none:
      break;
  }
  return {};
}

Preface sniff_preface(Bytes first_bytes) {
  constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string_view seen = as_text(first_bytes).substr(0, preface.size());
  if (!preface.starts_with(seen)) return Preface::no;
  return seen.size() == preface.size() ? Preface::yes : Preface::undecided;
}

}  // namespace ferryman::http
