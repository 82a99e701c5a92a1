#include "pac/pac.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "base/endian.h"
#include "pac/info.h"
#include "pac/logon_info.h"
#include "pac/sid.h"
#include "pac/signature.h"

namespace ferryman::pac {
namespace {

Octets file(const std::string& path) {
  std::ifstream stream(TESTDATA "/" + path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What samba.ndr makes of a PAC that it reads and writes again.
Octets through_samba(const Octets& pac) {
  const std::string path = testing::TempDir() + "pac_through_samba";
  std::ofstream(path, std::ios::binary) << as_text(pac);
  const std::string command =
      std::string("/usr/bin/python3 -B ") + TESTDATA + "/../samba_rewrites.py " + path;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  Octets out;
  std::array<std::uint8_t, 4096> some{};
  for (std::size_t got = 0; (got = std::fread(some.data(), 1, some.size(), pipe.get())) > 0;)
    out.insert(out.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(got));
  return out;
}

Bytes buffer(const Pac& pac, BufferType type) {
  const Buffer* found = pac.find(type);
  return found == nullptr ? Bytes() : found->octets;
}

Octets octets(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

Sid sid(std::string_view text) {
  return Sid::of_text(text).value();
}

TEST(Sid, HasATextAndOctets) {
  for (const std::string text : {"S-1-5-21-1-2-3-1104", "S-1-0", "S-1-5-32-544", "S-1-18-4294967295",
                                 "S-1-0x0001000000ff-7", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"}) {
    const auto read = Sid::of_text(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->text(), text);
    Octets written;
    read->append_to(written);
    EXPECT_EQ(written.size(), read->size());
    EXPECT_EQ(Sid::parse(written), *read);
  }
  for (const char* text : {"", "S-1-", "S-2-5-1", "S-1-5-", "S-1-5--1", "S-1-5-4294967296", "S-1-5-1x",
                           "S-1-281474976710656", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"}) {
    EXPECT_FALSE(Sid::of_text(text)) << text;
  }
}

TEST(Sid, OfAnAccountIsItsDomainsWithARid) {
  const Sid domain = sid("S-1-5-21-1-2-3"), account = domain.with_rid(1104);
  EXPECT_EQ(account.text(), "S-1-5-21-1-2-3-1104");
  EXPECT_EQ(account.rid_in(domain), 1104U);
  EXPECT_FALSE(account.rid_in(sid("S-1-5-21-1-2-4")));
  EXPECT_FALSE(domain.rid_in(domain));
}

TEST(Sid, OctetsMustBeAllOfIt) {
  Octets written;
  sid("S-1-5-21-7").append_to(written);
  for (std::size_t size = 0; size < written.size(); ++size)
    EXPECT_FALSE(Sid::parse(Bytes(written).first(size)));
  written.push_back(0);
  EXPECT_EQ(Sid::parse(written).error().fault, Fault::trailing_bytes);
  written[1] = 16;
  EXPECT_EQ(Sid::parse(written).error().fault, Fault::wrong_value);
}

TEST(LogonInfo, OfSambaIsRead) {
  const Octets octets = file("pac_fuzz/logon_info");
  const auto pac = Pac::parse(octets);
  ASSERT_TRUE(pac);
  const auto info = LogonInfo::parse(buffer(*pac, logon_info));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->effective_name, u"alice");
  EXPECT_EQ(info->full_name, u"\u00c4lice Example");
  EXPECT_EQ(info->logon_script, u"");
  EXPECT_EQ(info->kick_off_time, LogonInfo::never);
  EXPECT_EQ(unix_seconds(info->logon_time), 1755526400);
  EXPECT_EQ(info->user_id, 1104U);
  EXPECT_EQ(info->groups, (std::vector<GroupMembership>{{513, 7}, {512, 7}}));
  EXPECT_EQ(info->logon_server, u"DC1");
  EXPECT_EQ(info->logon_domain_name, u"AD");
  EXPECT_EQ(info->logon_domain_id, sid("S-1-5-21-1-2-3"));
  EXPECT_EQ(info->extra_sids, (std::vector<SidAndAttributes>{{sid("S-1-18-1"), 7}}));
  EXPECT_EQ(info->resource_group_domain_id, sid("S-1-5-21-4-5-6"));
  EXPECT_EQ(info->resource_groups, (std::vector<GroupMembership>{{1200, 7}}));
}

TEST(LogonInfo, IsWrittenAsSambaWritesIt) {
  const Octets octets = file("pac_fuzz/logon_info");
  const Bytes info = buffer(*Pac::parse(octets), logon_info);
  EXPECT_EQ(LogonInfo::parse(info)->write(), ferryman::pac::octets(info));
}

TEST(LogonInfo, EveryTruncationIsTold) {
  const Octets octets = file("pac_fuzz/logon_info");
  const Bytes info = buffer(*Pac::parse(octets), logon_info);
  for (std::size_t size = 0; size < info.size() - 4; ++size)
    EXPECT_FALSE(LogonInfo::parse(info.first(size))) << size;
}

TEST(LogonInfo, LengthsMustAgree) {
  const Octets octets = file("pac_fuzz/logon_info");
  const Octets info = ferryman::pac::octets(buffer(*Pac::parse(octets), logon_info));
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Octets changed = info;
    changed[at] = value;
    return LogonInfo::parse(changed);
  };
  constexpr std::size_t name_at = 0x44, group_count_at = 0x80, name_room_at = 0xec;
  ASSERT_EQ(info[name_at], 10);
  EXPECT_EQ(with(name_at, 12).error().fault, Fault::wrong_value) << "longer than its maximum";
  EXPECT_EQ(with(name_at, 9).error().fault, Fault::wrong_value) << "half a unit";
  EXPECT_EQ(with(name_at, 8).error().fault, Fault::wrong_value) << "not what the array has";
  ASSERT_EQ(info[group_count_at], 2);
  EXPECT_EQ(with(group_count_at, 3).error().fault, Fault::wrong_value);
  ASSERT_EQ(info[name_room_at], 5);
  EXPECT_EQ(with(name_room_at, 6).error().fault, Fault::wrong_value);
  EXPECT_EQ(with(0, 2).error().fault, Fault::wrong_value) << "another serialization";
}

LogonInfo rich_info() {
  LogonInfo info;
  info.logon_time = file_time(1'700'000'000);
  info.effective_name = u"b\u00f6b";
  info.full_name = u"";
  info.home_directory = u"\U0001f600";
  info.user_id = 1105;
  info.primary_group_id = 513;
  info.logon_count = 0xffff;
  for (std::uint32_t rid = 512; rid < 700; ++rid) info.groups.push_back({rid, 7});
  info.user_flags = 0x220;
  info.logon_server = u"DC";
  info.logon_domain_name = u"";
  info.logon_domain_id = sid("S-1-5-21-11-12-13");
  info.user_account_control = 0x210;
  info.failed_logon_count = 3;
  for (std::uint32_t i = 0; i < 16; ++i) info.extra_sids.push_back({sid("S-1-5-21-7-8-9").with_rid(i), i});
  info.extra_sids.push_back({sid("S-1-18-2"), 7});
  info.resource_group_domain_id = sid("S-1-5-32");
  info.resource_groups = {{544, 0x20000007}};
  return info;
}

TEST(LogonInfo, ReadsWhatItWrote) {
  EXPECT_EQ(LogonInfo::parse(rich_info().write()), rich_info());
  EXPECT_EQ(LogonInfo::parse(LogonInfo{}.write()), LogonInfo{});
}

TEST(DelegationInfo, ReadsWhatItWrote) {
  const DelegationInfo info{u"cifs/files.example", {u"HTTP/a@R", std::nullopt, u""}};
  EXPECT_EQ(DelegationInfo::parse(info.write()), info);
  EXPECT_EQ(DelegationInfo::parse(DelegationInfo{}.write()), DelegationInfo{});
}

TEST(DelegationInfo, OfSambaIsReadAndWrittenAsSambaWritesIt) {
  const Octets buffer = file("ndr_fuzz/delegation");
  const auto info = DelegationInfo::parse(buffer);
  EXPECT_EQ(info, (DelegationInfo{u"cifs/files.example", {u"HTTP/a@R", u"HTTP/b@R"}}));
  EXPECT_EQ(info->write(), buffer);
}

TEST(Info, OfSambaIsReadAndWrittenAsSambaWritesIt) {
  const Octets whole = file("pac_fuzz/whole");
  const auto pac = Pac::parse(whole);
  ASSERT_TRUE(pac);
  const auto client = ClientInfo::parse(buffer(*pac, client_info));
  EXPECT_EQ(client, (ClientInfo{134'000'000'000'000'000, u"alice"}));
  EXPECT_EQ(client->write(), octets(buffer(*pac, client_info)));
  const auto upn = UpnDnsInfo::parse(buffer(*pac, upn_dns_info));
  EXPECT_EQ(upn, (UpnDnsInfo{u"alice@ad.example", u"AD.EXAMPLE", UpnDnsInfo::extended,
                             UpnDnsInfo::Extension{u"alice", sid("S-1-5-21-1-2-3-1104")}}));
  EXPECT_EQ(upn->write(), octets(buffer(*pac, upn_dns_info)));
  const auto attributes = AttributesInfo::parse(buffer(*pac, attributes_info));
  EXPECT_EQ(attributes, AttributesInfo{AttributesInfo::requested});
  EXPECT_EQ(attributes->write(), octets(buffer(*pac, attributes_info)));
  const auto requestor_sid = parse_requestor(buffer(*pac, requestor));
  EXPECT_EQ(requestor_sid, sid("S-1-5-21-1-2-3-1104"));
  EXPECT_EQ(write_requestor(*requestor_sid), octets(buffer(*pac, requestor)));
}

TEST(Info, WhatDoesNotFitIsTold) {
  const UpnDnsInfo plain{u"a@b", u"B", UpnDnsInfo::no_upn, std::nullopt};
  EXPECT_EQ(UpnDnsInfo::parse(plain.write()), plain);
  Octets odd = plain.write();
  odd[0] = 5;
  EXPECT_EQ(UpnDnsInfo::parse(odd).error().fault, Fault::bad_string);
  odd[0] = 6;
  odd[2] = 0xff;
  EXPECT_EQ(UpnDnsInfo::parse(odd).error().fault, Fault::truncated);
  for (std::size_t size = 0; size < 8; ++size) EXPECT_FALSE(AttributesInfo::parse(Octets(size, 1)));
  Octets client = ClientInfo{1, u"x"}.write();
  EXPECT_FALSE(ClientInfo::parse(Bytes(client).first(client.size() - 1)));
  client.push_back(0);
  EXPECT_EQ(ClientInfo::parse(client).error().fault, Fault::trailing_bytes);
}

TEST(FileTime, CountsFrom1601) {
  EXPECT_EQ(file_time(0), 116'444'736'000'000'000);
  EXPECT_EQ(unix_seconds(file_time(1'700'000'000) + 9'999'999), 1'700'000'000);
  EXPECT_FALSE(unix_seconds(0));
  EXPECT_FALSE(unix_seconds(LogonInfo::never));
}

// A list of buffers with what follows it.
Octets pac_of(std::initializer_list<std::array<std::uint64_t, 3>> entries, std::size_t size) {
  Octets out;
  LittleEndianWriter writer(out);
  writer.u32(static_cast<std::uint32_t>(entries.size()));
  writer.u32(0);
  for (const auto& [type, length, offset] : entries) {
    writer.u32(static_cast<std::uint32_t>(type));
    writer.u32(static_cast<std::uint32_t>(length));
    writer.u64(offset);
  }
  out.resize(std::max(size, out.size()));
  return out;
}

TEST(Pac, ListOfBuffersIsHeldAgainstTheOctets) {
  const auto fault = [](const Octets& pac) {
    const auto parsed = Pac::parse(pac);
    return parsed ? std::string("none") : std::string(name(parsed.error().fault));
  };
  EXPECT_EQ(fault(pac_of({{1, 8, 40}, {10, 8, 48}}, 56)), "none");
  EXPECT_EQ(fault(pac_of({{1, 0, 40}, {10, 0, 40}}, 40)), "none") << "empty ones";
  EXPECT_EQ(fault(pac_of({{1, 8, 40}, {10, 9, 48}}, 56)), "truncated");
  EXPECT_EQ(fault(pac_of({{1, 8, 40}, {10, 8, 0xfffffffffffffff8}}, 56)), "truncated");
  EXPECT_EQ(fault(pac_of({{1, 8, 32}, {10, 8, 48}}, 56)), "wrong_value") << "in the list";
  EXPECT_EQ(fault(pac_of({{1, 4, 44}, {10, 8, 48}}, 56)), "wrong_value") << "not aligned";
  EXPECT_EQ(fault(pac_of({{1, 9, 40}, {10, 8, 48}}, 56)), "wrong_value") << "one in the other";
  EXPECT_EQ(fault(pac_of({{1, 8, 40}, {1, 8, 48}}, 56)), "wrong_value") << "twice";
  EXPECT_EQ(Pac::parse(pac_of({{1, 8, 40}, {1, 8, 48}}, 56)).error().offset, 24U);
  Octets many = pac_of({{1, 8, 40}}, 2000);
  many[0] = 65;
  EXPECT_EQ(fault(many), "too_many");
  many[0] = 1;
  many[4] = 1;
  EXPECT_EQ(fault(many), "wrong_value") << "another version";
  EXPECT_EQ(fault(Octets(7)), "truncated");
}

TEST(Pac, OfOursIsReadAndWrittenAgainBySamba) {
  const LogonInfo info = rich_info();
  Octets pac;
  const std::array<std::pair<BufferType, Octets>, 6> parts{{
      {logon_info, info.write()},
      {client_info, ClientInfo{file_time(1'700'000'000), u"b\u00f6b"}.write()},
      {delegation_info, DelegationInfo{u"cifs/x", {u"HTTP/a@R", u"HTTP/b@R"}}.write()},
      {upn_dns_info,
       UpnDnsInfo{u"b@r", u"R", 0, UpnDnsInfo::Extension{u"b\u00f6b", sid("S-1-5-21-1-2-3-4")}}.write()},
      {attributes_info, AttributesInfo{1}.write()},
      {requestor, write_requestor(sid("S-1-5-21-1-2-3-4"))},
  }};
  LittleEndianWriter writer(pac);
  writer.u32(static_cast<std::uint32_t>(parts.size()));
  writer.u32(0);
  std::size_t offset = 8 + 16 * parts.size();
  for (const auto& [type, octets] : parts) {
    writer.u32(type);
    writer.u32(static_cast<std::uint32_t>(octets.size()));
    writer.u64(offset);
    offset += (octets.size() + 7) / 8 * 8;
  }
  for (const auto& [type, octets] : parts) {
    writer.octets(octets);
    writer.align(8);
  }
  EXPECT_EQ(through_samba(pac), pac);
}

}  // namespace
}  // namespace ferryman::pac
