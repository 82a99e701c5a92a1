#include "ad/libldap.h"

#include <memory>

namespace ferryman::ad {
namespace {

using OwnedText = Owned<char, ldap_memfree>;

std::string as_string(const berval& value) {
  return value.bv_len == 0 ? std::string() : std::string(value.bv_val, value.bv_len);
}

}  // namespace

ControlList::ControlList(const std::vector<Control>& controls) {
  controls_.reserve(controls.size());
  for (const Control& control : controls) {
    LDAPControl& one = controls_.emplace_back();
    one.ldctl_oid = const_cast<char*>(control.oid.c_str());
    one.ldctl_value = control.value ? as_berval(as_bytes(*control.value)) : berval{0, nullptr};
    one.ldctl_iscritical = control.critical ? 1 : 0;
    pointers_.push_back(&one);
  }
  pointers_.push_back(nullptr);
}

ChangeList::One& ChangeList::append(int operation, const std::string& attribute) {
  One& one = *changes_.emplace_back(std::make_unique<One>());
  one.mod.mod_op = operation | LDAP_MOD_BVALUES;
  one.mod.mod_type = const_cast<char*>(attribute.c_str());
  return one;
}

void ChangeList::add(int operation, const std::string& attribute, const Values& values) {
  One& one = append(operation, attribute);
  for (const std::string& value : values) one.values.push_back(as_berval(as_bytes(value)));
}

void ChangeList::add(int operation, const std::string& attribute, Bytes value) {
  append(operation, attribute).values.push_back(as_berval(value));
}

LDAPMod** ChangeList::get() {
  pointers_.clear();
  for (const auto& one : changes_) {
    one->pointers.clear();
    for (berval& value : one->values) one->pointers.push_back(&value);
    one->pointers.push_back(nullptr);
    // No list at all stands for all values of the attribute.
    one->mod.mod_bvalues = one->values.empty() ? nullptr : one->pointers.data();
    pointers_.push_back(&one->mod);
  }
  pointers_.push_back(nullptr);
  return pointers_.data();
}

Entry read_entry(LDAP* handle, LDAPMessage* message) {
  Entry entry;
  if (const OwnedText dn(ldap_get_dn(handle, message)); dn) entry.dn = dn.get();
  BerElement* position = nullptr;
  for (OwnedText name(ldap_first_attribute(handle, message, &position)); name;
       name.reset(ldap_next_attribute(handle, message, position))) {
    const Owned<berval*, ldap_value_free_len> values(ldap_get_values_len(handle, message, name.get()));
    Values& ours = entry.attributes[name.get()];
    for (berval** value = values.get(); value != nullptr && *value != nullptr; ++value)
      ours.push_back(as_string(**value));
  }
  ber_free(position, 0);
  return entry;
}

std::vector<Control> read_controls(LDAPControl* const* controls) {
  std::vector<Control> ours;
  for (; controls != nullptr && *controls != nullptr; ++controls) {
    const LDAPControl& control = **controls;
    Control& one = ours.emplace_back(Control{control.ldctl_oid});
    one.critical = control.ldctl_iscritical != 0;
    if (control.ldctl_value.bv_val != nullptr) one.value = as_string(control.ldctl_value);
  }
  return ours;
}

}  // namespace ferryman::ad
