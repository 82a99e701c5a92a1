#include "keys/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstring>
#include <utility>

#include "base/owned.h"
#include "pki/library.h"

namespace ferryman::keys {
namespace {

using OwnedBio = Owned<BIO, BIO_free_all>;

// What PEM_read_bio() allocates, wiped.
struct Read {
  Read() = default;
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;
  ~Read() {
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(content, static_cast<std::size_t>(size));
  }

  char* label = nullptr;
  char* header = nullptr;
  unsigned char* content = nullptr;
  long size = 0;
};

bool ended_where_no_block_begins() {
  return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

}  // namespace

Secret pem_of(const std::string& label, Bytes content) {
  const OwnedBio bio(pki::must(BIO_new(BIO_s_secmem())));
  if (PEM_write_bio(bio.get(), label.c_str(), "", content.data(), static_cast<long>(content.size())) <= 0)
    pki::fail_in_library();
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return Secret(as_bytes({text, static_cast<std::size_t>(size)}));
}

std::vector<PemBlock> parse_pem(Bytes text) {
  if (text.empty()) return {};
  const OwnedBio bio(pki::must(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))));
  std::vector<PemBlock> blocks;
  for (;;) {
    Read read;
    if (PEM_read_bio(bio.get(), &read.label, &read.header, &read.content, &read.size) != 1) {
      if (!ended_where_no_block_begins()) blocks.clear();
      ERR_clear_error();
      return blocks;
    }
    blocks.push_back({read.label, Secret(Bytes(read.content, static_cast<std::size_t>(read.size)))});
  }
}

}  // namespace ferryman::keys
