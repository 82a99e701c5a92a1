#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "directory/failure.h"
#include "directory/sign_in_records.h"
#include "pkinit/anchors.h"
#include "pkinit/kdc_authority.h"

// What a tenant's KDC needs for public keys (RFC 4556), beside its directory.
namespace ferryman::kdc {

// How many logons by public keys may be under way at once. One costs what fifty by passwords do: those are to
// find a thread all the same.
class PublicKeyBudget {
 public:
  explicit PublicKeyBudget(int most) : most_(most) {}
  PublicKeyBudget(const PublicKeyBudget&) = delete;
  PublicKeyBudget& operator=(const PublicKeyBudget&) = delete;

  // A share of it while it lives; false where there was none left.
  class Share {
   public:
    explicit Share(PublicKeyBudget& budget) : budget_(budget) {
      has_ = budget_.running_.fetch_add(1, std::memory_order_relaxed) < budget_.most_;
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { budget_.running_.fetch_sub(1, std::memory_order_relaxed); }

    explicit operator bool() const { return has_; }

   private:
    PublicKeyBudget& budget_;
    bool has_;
  };

 private:
  const int most_;
  std::atomic<int> running_{0};
};

struct PublicKeys {
  directory::SignInRecords& records;    // the keys that users have registered
  const pkinit::LogonAnchors* anchors;  // whose certificates log on; null: nobody's
  bool freshness_required = true;       // a signature has to be of now (RFC 8070)
  PublicKeyBudget& budget;
  // What replies are signed with.
  std::function<directory::Outcome<std::shared_ptr<const pkinit::KdcIdentity>>()> identity;
};

}  // namespace ferryman::kdc
