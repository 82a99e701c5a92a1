#include <chrono>
#include <deque>
#include <stdexcept>
#include <utility>

#include "directory/database.h"
#include "kdc_channel.h"
#include "realm/master_key.h"
#include "realm/service.h"

namespace bench {
namespace {

using namespace ferryman;

std::unique_ptr<directory::Database> open_directory(const std::string& database, const std::string& source) {
  auto key = realm::read_master_key(source);
  if (!key) throw std::runtime_error(key.error());
  auto directory = directory::open_database({.location = database}, *std::move(key));
  if (!directory) throw std::runtime_error(directory.error().text);
  return *std::move(directory);
}

class Inside final : public KdcChannel {
 public:
  Inside(std::unique_ptr<directory::Database> directory, std::string tenant)
      : directory_(std::move(directory)),
        tenant_(std::move(tenant)),
        service_(*directory_, *directory_, {}) {}

  void send(Bytes request) override {
    answers_.push_back(service_.answer(
        local::KerberosRequest{
            "0001-0000002a", "192.0.2.1:50000", local::Transport::kkdcp, tenant_, {}, request},
        std::chrono::system_clock::now()));
  }
  Bytes receive() override {
    if (answers_.empty()) throw std::runtime_error("nothing was asked");
    last_ = std::move(answers_.front());
    answers_.pop_front();
    return last_.message;
  }

 private:
  const std::unique_ptr<directory::Database> directory_;
  const std::string tenant_;
  realm::Service service_;
  std::deque<kdc::Answer> answers_;
  kdc::Answer last_;
};

}  // namespace

std::unique_ptr<KdcChannel> open_inside(const std::string& database, const std::string& master_key,
                                        const std::string& tenant) {
  return std::make_unique<Inside>(open_directory(database, master_key), tenant);
}

}  // namespace bench
