#include "decode/pac.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "decode/bit_names.h"
#include "decode/names.h"
#include "pac/info.h"
#include "pac/pac.h"
#include "pac/signature.h"

namespace ferryman::decode {
namespace {

void show(Node& node, const pac::ClientInfo& info) {
  add_field(node, "client-id", file_time_text(info.client_id));
  add_field(node, "name", printable_utf16(info.name));
}

void show(Node& node, const pac::UpnDnsInfo& info) {
  add_field(node, "upn", printable_utf16(info.upn));
  add_field(node, "dns-domain-name", printable_utf16(info.dns_domain_name));
  add_field(node, "flags", fmt::format("{:#x}", info.flags), upn_dns_flag_names(info.flags));
  if (!info.extension) return;
  add_field(node, "sam-name", printable_utf16(info.extension->sam_name));
  add_field(node, "sid", info.extension->sid.text());
}

void show(Node& node, const pac::AttributesInfo& info) {
  add_field(node, "flags", fmt::format("{:#x}", info.flags), pac_attribute_names(info.flags));
}

void show(Node& node, const pac::DelegationInfo& info) {
  const auto text = [](const std::optional<std::u16string>& value) {
    return value ? printable_utf16(*value) : std::string();
  };
  add_field(node, "proxy-target", text(info.proxy_target));
  Node& services = add_field(node, "transited-services", {});
  for (const auto& service : info.transited_services) add_field(services, "service", text(service));
}

class PacView {
 public:
  PacView(Bytes octets, const PacOptions& options, const PacChecker& checker)
      : octets_(octets), options_(options), checker_(checker), pac_(pac::Pac::parse(octets)) {}

  Node show_all();

 private:
  void show_buffer(Node& node, std::uint32_t type, Bytes buffer);
  void show_signature(Node& node, pac::BufferType type, Bytes buffer);
  std::string at(std::size_t offset, Fault fault) const {
    return fmt::format("octet {} of the PAC: {}", offset, in_words(fault));
  }
  template <typename Info>
  void show_parsed(Node& node, const Result<Info>& info, Bytes buffer) {
    if (info) return show(node, *info);
    refuse(node, info.error(), buffer);
  }
  void refuse(Node& node, Error error, Bytes buffer) {
    const auto offset = static_cast<std::size_t>(buffer.data() - octets_.data());
    node.fault = at(offset + error.offset, error.fault);
  }

  Bytes octets_;
  const PacOptions& options_;
  const PacChecker& checker_;
  Result<pac::Pac> pac_;
};

void PacView::show_signature(Node& node, pac::BufferType type, Bytes buffer) {
  const auto signature = pac::Signature::parse(buffer);
  if (!signature) return refuse(node, signature.error(), buffer);
  add_field(node, "type", fmt::to_string(signature->type), std::string(checksum_name(signature->type)))
      .number = signature->type;
  Node& value = add_field(node, "signature", {});
  set_octets(value, signature->octets, options_.full);
  value.note = pac_ ? pac_signature_verdict(*pac_, type, *signature, checker_)
                    : "not checked: the list of buffers is not right";
  if (signature->rodc)
    add_field(node, "rodc-identifier", fmt::to_string(*signature->rodc),
              fmt::format("krbtgt_{}", *signature->rodc))
        .number = *signature->rodc;
}

void PacView::show_buffer(Node& node, std::uint32_t type, Bytes buffer) {
  switch (type) {
    case pac::logon_info:
      if (const auto info = pac::LogonInfo::parse(buffer)) {
        show_logon_info(node, *info, options_);
      } else {
        refuse(node, info.error(), buffer);
      }
      break;
    case pac::client_info:
      show_parsed(node, pac::ClientInfo::parse(buffer), buffer);
      break;
    case pac::delegation_info:
      show_parsed(node, pac::DelegationInfo::parse(buffer), buffer);
      break;
    case pac::upn_dns_info:
      show_parsed(node, pac::UpnDnsInfo::parse(buffer), buffer);
      break;
    case pac::attributes_info:
      show_parsed(node, pac::AttributesInfo::parse(buffer), buffer);
      break;
    case pac::requestor:
      if (const auto sid = pac::parse_requestor(buffer)) {
        node.value = sid->text();
      } else {
        refuse(node, sid.error(), buffer);
      }
      break;
    case pac::server_checksum:
    case pac::kdc_checksum:
    case pac::ticket_checksum:
    case pac::full_checksum:
      show_signature(node, static_cast<pac::BufferType>(type), buffer);
      break;
    default:
      break;
  }
  if (node.children.empty() && node.value.empty()) set_octets(node, buffer, options_.full);
}

Node PacView::show_all() {
  Node node;
  node.type = "PACTYPE";
  if (!pac_) node.fault = at(pac_.error().offset, pac_.error().fault);
  const auto entries = pac::read_entries(octets_);
  if (!entries) {
    set_octets(node, octets_, options_.full);
    return node;
  }
  add_field(node, "version", "0");
  for (const pac::BufferEntry& entry : *entries) {
    std::string name(pac_buffer_name(static_cast<std::int32_t>(entry.type)));
    Node& part = add_field(node, name.empty() ? fmt::format("type {}", entry.type) : name, {});
    part.type = fmt::format("buffer of {} octets", entry.size);
    if (entry.is_inside(octets_)) {
      show_buffer(part, entry.type, entry.in(octets_));
    } else {
      part.fault = at(entry.at, Fault::truncated);
    }
  }
  return node;
}

}  // namespace

Node decode_pac(Bytes pac, const PacOptions& options, const PacChecker& checker) {
  return PacView(pac, options, checker).show_all();
}

std::string file_time_text(std::uint64_t time) {
  if (time == 0) return {};
  if (time >= pac::LogonInfo::never) return "never";
  const auto seconds = pac::unix_seconds(time);
  if (!seconds) return fmt::format("{:#x}", time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(*seconds)));
}

}  // namespace ferryman::decode
