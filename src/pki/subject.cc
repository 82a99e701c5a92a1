#include "pki/subject.h"

#include <openssl/obj_mac.h>

#include "pki/library.h"

namespace ferryman::pki {

std::string only_common_name(const X509_NAME* name) {
  if (X509_NAME_entry_count(name) != 1) return {};
  const X509_NAME_ENTRY* const entry = X509_NAME_get_entry(name, 0);
  if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_commonName) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) return {};
  std::string utf8(text, text + size);
  OPENSSL_free(text);
  return utf8;
}

OwnedName name_of(std::string_view common_name) {
  OwnedName name(must(X509_NAME_new()));
  must(X509_NAME_add_entry_by_NID(name.get(), NID_commonName, MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(common_name.data()),
                                  static_cast<int>(common_name.size()), -1, 0));
  return name;
}

}  // namespace ferryman::pki
