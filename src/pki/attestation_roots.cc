#include "pki/attestation_roots.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "base/owned.h"
#include "pki/library.h"
#include "pki/owned.h"

namespace ferryman::pki {
namespace {

using OwnedBio = Owned<BIO, BIO_free>;
using OwnedStoreContext = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using StackOfViews = std::unique_ptr<STACK_OF(X509), FreeStack>;

}  // namespace

Result<AttestationRoots> AttestationRoots::parse(Bytes pem) {
  if (pem.empty()) return tl::unexpected(Error{Fault::missing_field});
  const OwnedBio input(must(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))));
  std::shared_ptr<X509_STORE> store(must(X509_STORE_new()), X509_STORE_free);
  std::size_t count = 0;
  while (const OwnedCertificate each{PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr)}) {
    must(X509_STORE_add_cert(store.get(), each.get()));
    ++count;
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) return tl::unexpected(Error{Fault::wrong_value});
  if (count == 0) return tl::unexpected(Error{Fault::missing_field});
  return AttestationRoots(std::move(store));
}

bool AttestationRoots::trust(std::span<X509* const> certificates, std::int64_t now) const {
  if (certificates.empty()) return false;
  const StackOfViews chain(must(sk_X509_new_null()));
  for (X509* each : certificates.subspan(1)) must(sk_X509_push(chain.get(), each) > 0 ? 1 : 0);
  const OwnedStoreContext context(must(X509_STORE_CTX_new()));
  must(X509_STORE_CTX_init(context.get(), store_.get(), certificates.front(), chain.get()));
  X509_STORE_CTX_set_time(context.get(), 0, now);
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
  const bool trusted = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  return trusted;
}

}  // namespace ferryman::pki
