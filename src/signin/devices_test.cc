#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "directory/test_tools.h"
#include "pki/private_key.h"
#include "signin/sign_in.h"

namespace ferryman::signin {
namespace {

using directory::Device;
using directory::DeviceId;
using directory::Reason;
using pki::Certificate;
using pki::Validity;

constexpr std::int64_t now = directory::now, day = 86400;

const pki::PublicKey& device_key() {
  static const auto key = pki::PrivateKey::generate_p256();
  return key.public_key();
}

// A device that leaves by the certificate that it has shown in the TLS handshake. alice has one.
class LeaveTest : public directory::DirectoryTest {
 protected:
  LeaveTest() {
    settings_.url = "https://gateway.example.com", settings_.tenant = "example";
    alice_ = user("alice").id;
    device_ = join();
  }

  pki::DeviceCa authority(const directory::TenantId& tenant) {
    const auto keys = Keys(*directory_).of(tenant, now);
    EXPECT_TRUE(keys);
    return (*keys)->device_ca;
  }
  // A device of alice's, and its certificate.
  struct Joined {
    DeviceId id;
    Certificate certificate;
  };
  Joined join(Validity validity = {now - day, now + day}) {
    const DeviceId id{directory::random_guid()};
    const auto certificate = authority(tenant_).issue(device_key(), id, validity);
    Device device;
    device.id = id;
    device.owner = alice_;
    device.certificate = certificate.der();
    device.transport_key = device_key().subject_public_key_info();
    EXPECT_TRUE(directory_->add_device(tenant_, device));
    return {id, certificate};
  }

  Answer leave(const DeviceId& id, const Octets& certificate, std::vector<local::Field> fields = {}) {
    const std::string path = "/EnrollmentServer/device/" + id.text();
    local::HttpRequest request;
    request.method = "DELETE";
    request.path = path;
    request.query = "api-version=2.0";
    request.fields = std::move(fields);
    request.client_certificate = certificate;
    return sign_in_.answer(request, settings_, policy_, Nonces::Time{std::chrono::seconds{now}});
  }
  // The device is still there.
  void expect_refused(const Answer& answer, unsigned status, std::string_view reason) {
    EXPECT_EQ(answer.response.status, status) << reason;
    EXPECT_EQ(answer.reason, reason);
    EXPECT_FALSE(answer.error.empty());
    EXPECT_TRUE(directory_->device(tenant_, device_->id));
  }

  Settings settings_;
  account::Policy policy_;
  account::Attempts attempts_;
  SignIn sign_in_{*directory_, *directory_, attempts_};
  directory::ObjectId alice_;
  std::optional<Joined> device_;
};

constexpr unsigned forbidden = 403, not_found = 404;
constexpr std::string_view foreign = "no certificate of a device of the tenant";

TEST_F(LeaveTest, ADeviceLeavesByItsCertificateOnce) {
  const Answer answer = leave(device_->id, device_->certificate.der());
  EXPECT_EQ(answer.response.status, 200);
  EXPECT_EQ(answer.response.body, "{}");
  EXPECT_EQ(answer.user, "alice");
  EXPECT_EQ(answer.tenant, "example");
  EXPECT_TRUE(directory::refused(directory_->device(tenant_, device_->id), Reason::not_found));
  const Answer again = leave(device_->id, device_->certificate.der());
  EXPECT_EQ(again.response.status, not_found);
  EXPECT_EQ(again.reason, "device removed");
}

TEST_F(LeaveTest, WithoutACertificateAnAccessTokenIsNeeded) {
  expect_refused(leave(device_->id, {}), 401, "no access token");
  const Octets der = device_->certificate.der();
  for (const std::string_view name :
       {"Client-Cert", "X-Client-Cert", "X-SSL-Client-Cert", "X-ARR-ClientCert"})
    expect_refused(leave(device_->id, {}, {{name, as_text(der)}}), 401, "no access token");
  expect_refused(leave(device_->id, device_->certificate.der(), {{"Authorization", "Bearer x"}}), 401,
                 leave(device_->id, {}, {{"Authorization", "Bearer x"}}).reason);
}

TEST_F(LeaveTest, AnotherDevicesCertificate) {
  const Joined other = join();
  const Answer answer = leave(device_->id, other.certificate.der());
  expect_refused(answer, forbidden, "another device");
  EXPECT_EQ(answer.user, "alice");
  EXPECT_TRUE(directory_->device(tenant_, other.id));
}

TEST_F(LeaveTest, AnotherTenantsCertificate) {
  const auto second = create_tenant("second", "SECOND.TEST").id;
  for (const DeviceId& id : {device_->id, DeviceId{directory::random_guid()}}) {
    const auto certificate = authority(second).issue(device_key(), id, {now - day, now + day});
    const Answer answer = leave(device_->id, certificate.der());
    EXPECT_EQ(answer.tenant, "second");
    expect_refused(answer, not_found, "device removed");
  }
}

TEST_F(LeaveTest, WhatTheTenantsAuthorityHasNotSigned) {
  const auto lookalike = pki::DeviceCa::make(tenant_, {now - day, now + day});
  const auto certificate = lookalike.issue(device_key(), device_->id, {now - day, now + day});
  expect_refused(leave(device_->id, certificate.der()), forbidden, foreign);
  expect_refused(leave(device_->id, authority(tenant_).certificate().der()), forbidden, foreign);
  const auto of_nobody =
      pki::DeviceCa::make(directory::random_guid(), {now - day, now + day}).certificate().der();
  expect_refused(leave(device_->id, of_nobody), forbidden, "Tenant not found.");
  for (const Octets& octets :
       {Octets{1}, Octets(10'000), device_->certificate.key().subject_public_key_info()})
    expect_refused(leave(device_->id, octets), forbidden, "no certificate of a device");
}

TEST_F(LeaveTest, OnlyTheVeryCertificateOfADeviceInItsValidity) {
  for (const Validity validity : {Validity{now - 2 * day, now - 1}, Validity{now + 1, now + day}}) {
    const Joined expired = join(validity);
    expect_refused(leave(expired.id, expired.certificate.der()), forbidden,
                   "the device's certificate has expired, or is not valid yet");
  }
  const auto again = authority(tenant_).issue(device_key(), device_->id, {now - day, now + day});
  expect_refused(leave(device_->id, again.der()), forbidden, "not the device's certificate");

  ASSERT_TRUE(directory_->disable_device(tenant_, device_->id, true));
  expect_refused(leave(device_->id, device_->certificate.der()), forbidden, "device disabled");
  ASSERT_TRUE(
      directory_->set_tenant(tenant_, {.name = "example", .domains = {"example.test"}, .disabled = true}));
  expect_refused(leave(device_->id, device_->certificate.der()), forbidden, "tenant disabled");
}

}  // namespace
}  // namespace ferryman::signin
