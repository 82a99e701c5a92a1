#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ad/entry.h"
#include "ad/failure.h"
#include "base/secret.h"

struct ldap;
struct ldapmsg;

namespace ferryman::ad {

// A domain controller, and how it is to be spoken to: never in the clear.
struct Endpoint {
  enum class Protection : std::uint8_t {
    kerberos,  // ldap://, bound by the ticket of the default credential cache, sealed (RFC 4752)
    starttls,  // ldap:// and StartTLS, bound by name and password
    ldaps,
  };
  std::string host;  // the full DNS name, which its ticket or its certificate is for
  Protection protection = Protection::kerberos;
  std::uint16_t port = 0;  // 0: 389, of ldaps 636
  std::string ca_file;     // PEM; empty: the system's trust
  std::string bind_name;   // a DN or a UPN; not of kerberos
  Secret password;
  std::chrono::seconds timeout{15};          // of connecting, and of each answer until it is bound
  std::chrono::seconds answer_timeout{120};  // of each answer from then on: searches may take their time
};

enum class Scope : std::uint8_t { base, one_level, subtree };

struct Search {
  std::string base;  // empty: the root DSE, with Scope::base
  Scope scope = Scope::subtree;
  std::string filter = "(objectClass=*)";  // values in it by escape_filter() (ad/names.h)
  std::vector<std::string> attributes{};   // empty: all that are not operational
  std::vector<Control> controls{};
};

// What an answer has at once, with the controls of its end: a cookie of DirSync, say.
struct Found {
  std::vector<Entry> entries;
  std::vector<Control> controls;
};

// A connection to one domain controller, bound, over libldap (LDAP v3). Every call waits for its answer.
// Referrals are not followed. A message has at most max_message octets; an answer, or a page of one, at most
// max_entries entries and max_octets in them. Not thread-safe.
class Connection {
 public:
  static constexpr std::size_t max_message = 16 << 20, max_entries = 10'000, max_octets = 64 << 20;
  static constexpr int page_size = 500, max_pages = 100'000;

  static Outcome<Connection> open(const Endpoint& endpoint);

  const std::string& host() const { return host_; }

  // One object; no_such_object where it is not there, or not to be seen.
  Outcome<Entry> read(const std::string& dn, const std::vector<std::string>& attributes = {},
                      const std::vector<Control>& controls = {});

  // All that is found, as one answer. Servers give out no more than their own limit (1,000 objects).
  Outcome<Found> search(const Search& search);

  // All that is found, in up to max_pages pages (RFC 2696). each: false ends it.
  using Each = std::function<bool(const Entry&)>;
  Outcome<void> search_paged(const Search& search, const Each& each);

  // All values of an attribute, of which a server shows so many at once [MS-ADTS 3.1.1.3.1.3.3].
  Outcome<Values> read_values(const std::string& dn, const std::string& attribute);

  Outcome<void> add(const std::string& dn, const Attributes& attributes,
                    const std::vector<Control>& controls = {});
  Outcome<void> modify(const std::string& dn, const std::vector<Change>& changes,
                       const std::vector<Control>& controls = {});
  // unicodePwd [MS-ADTS 3.1.1.3.1.5.1]. password: in UTF-8.
  Outcome<void> set_password(const std::string& dn, const Secret& password);
  Outcome<void> remove(const std::string& dn);

 private:
  struct Unbind {
    void operator()(ldap* handle) const;
  };
  using Handle = std::unique_ptr<ldap, Unbind>;

  Connection(Handle handle, std::string host) : handle_(std::move(handle)), host_(std::move(host)) {}
  Failure failure(int code, const std::string& what) const;
  // The message's number.
  Outcome<int> begin(const Search& search);
  Outcome<Found> finish(Found found, ldapmsg* answer, const std::string& what) const;

  Handle handle_;
  std::string host_;
};

}  // namespace ferryman::ad
