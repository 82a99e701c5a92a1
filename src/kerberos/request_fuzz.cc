#include <cstdlib>
#include <string>

#include "kerberos/request.h"

// Any octets give a request or a fault inside the input; what is given can be walked through.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferryman::kerberos;
  const auto request = parse_request({data, size});
  if (!request) {
    if (request.error().offset > size) std::abort();
    return 0;
  }
  if (request->kdc_req.has_value() == (request->kind == RequestKind::kpasswd)) std::abort();
  if (request->kind == RequestKind::kpasswd && request->repeatable()) std::abort();
  if (!request->kdc_req) return 0;
  if (request->realm().empty()) std::abort();
  std::string text;
  for (const auto& name : {request->kdc_req->cname, request->kdc_req->sname}) {
    if (name) name->append_to(text);
  }
  PadataList padata = request->kdc_req->padata;
  Padata element;
  while (padata.next(element)) {
    if (!request->kdc_req->padata.has(element.type)) std::abort();
  }
  if (!padata.empty()) std::abort();  // what was checked when reading is read to its end
  EtypeList etypes = request->kdc_req->etypes;
  std::int32_t etype = 0;
  while (etypes.next(etype)) {
  }
  if (!etypes.empty()) std::abort();
  request->armored();
  return 0;
}
