#pragma once

#include <ldap.h>

#include <string>
#include <vector>

#include "ad/entry.h"
#include "base/bytes.h"
#include "base/owned.h"

// What libldap's own types look like to it, and what it hands out as ours. Only within this folder.
namespace ferryman::ad {

using Message = Owned<LDAPMessage, ldap_msgfree>;

inline berval as_berval(Bytes octets) {
  // libldap reads it and no more.
  return {octets.size(), reinterpret_cast<char*>(const_cast<std::uint8_t*>(octets.data()))};
}

// Views of controls, which must outlive them.
class ControlList {
 public:
  explicit ControlList(const std::vector<Control>& controls);
  ControlList(const ControlList&) = delete;
  ControlList& operator=(const ControlList&) = delete;
  LDAPControl** get() { return pointers_.data(); }

 private:
  std::vector<LDAPControl> controls_;
  std::vector<LDAPControl*> pointers_;
};

// Views of attributes with what is to become of them, which must outlive them.
class ChangeList {
 public:
  void add(int operation, const std::string& attribute, const Values& values);
  void add(int operation, const std::string& attribute, Bytes value);
  LDAPMod** get();

 private:
  struct One {
    LDAPMod mod{};
    std::vector<berval> values;
    std::vector<berval*> pointers;
  };
  One& append(int operation, const std::string& attribute);

  std::vector<std::unique_ptr<One>> changes_;
  std::vector<LDAPMod*> pointers_;
};

Entry read_entry(LDAP* handle, LDAPMessage* message);
std::vector<Control> read_controls(LDAPControl* const* controls);

}  // namespace ferryman::ad
