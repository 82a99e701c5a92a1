// Unique requests, made in advance, for one KDC. Prints "ready", waits for a line (at EOF it ends), sends
// them, so many at once, and prints JSON. An answer that is not the leg's makes it fail.
//
//   bench_kdc_load LEG --realm REALM (--udp ADDRESS:PORT | --front SOCKET --tenant TENANT |
//                  --inside DATABASE --master-key KEY --tenant TENANT) (--user NAME --password WORD | --users
//                  N)
//                  [--certificate FILE --key FILE]
//                  [--service CLASS/HOST] [--requests N] [--in-flight N] [--write FILE]
//
//   error      AS-REQ without a proof of the key: KDC_ERR_PREAUTH_REQUIRED
//   as         AS-REQ with PA-ENC-TIMESTAMP: AS-REP
//   pkinit     AS-REQ with PA-PK-AS-REQ, by RSA and in MODP group 14: AS-REP
//   tgs        TGS-REQ: TGS-REP
//
// --users: some of the numbered users, drawn by lot. --write: one such request goes to the file, and that is
// all.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kdc_channel.h"
#include "kdc_requests.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int32_t preauth_required = 25;
constexpr std::uint8_t as_rep_tag = 0x6b, tgs_rep_tag = 0x6d;
constexpr std::size_t most_tgts = 500;  // of numbered users, each of which is got first

using Options = std::map<std::string, std::string>;

std::string option(const Options& options, const std::string& name, const std::string& otherwise = "") {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : found->second;
}

std::size_t number(const Options& options, const std::string& name, const std::string& otherwise) {
  return std::stoul(option(options, name, otherwise));
}

std::unique_ptr<KdcChannel> open_channel(const Options& options) {
  if (const std::string front = option(options, "front"); !front.empty())
    return open_front(front, option(options, "tenant"));
  if (const std::string database = option(options, "inside"); !database.empty())
    return open_inside(database, option(options, "master-key"), option(options, "tenant"));
  const std::string at = option(options, "udp");
  const std::size_t colon = at.find(':');
  if (colon == at.npos) throw std::runtime_error("--front SOCKET or --udp ADDRESS:PORT is needed");
  return open_udp(at.substr(0, colon), static_cast<std::uint16_t>(std::stoul(at.substr(colon + 1))));
}

Octets octets_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  Octets octets{std::istreambuf_iterator<char>(in), {}};
  if (octets.empty()) throw std::runtime_error("cannot be read: " + path);
  return octets;
}

class Load {
 public:
  Load(std::string leg, const Options& options)
      : leg_(std::move(leg)),
        options_(options),
        requests_(option(options, "realm")),
        users_(number(options, "users", "0")),
        channel_(open_channel(options)) {}

  void make(std::size_t count) {
    const std::string service = option(options_, "service");
    const std::size_t slash = service.find('/');
    if (leg_ == "tgs" && slash == service.npos) throw std::runtime_error("--service CLASS/HOST is needed");
    const auto users = some_users(leg_ == "tgs" ? std::min(count, most_tgts) : count);
    std::vector<Tgt> tgts;
    if (leg_ == "tgs")
      for (const User& user : users) tgts.push_back(Requests::tgt_of(user, ask(requests_.as_req(user))));
    std::optional<Signer> signer;
    Octets token;
    if (leg_ == "pkinit") {
      signer.emplace(octets_of(option(options_, "certificate")), octets_of(option(options_, "key")));
      token = Requests::token_of(ask(requests_.freshness_req(users.front().name)));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const User& user = users[i % users.size()];
      made_.push_back(leg_ == "error"    ? requests_.as_req(user.name)
                      : leg_ == "as"     ? requests_.as_req(user)
                      : leg_ == "pkinit" ? requests_.as_req(user.name, *signer, token)
                                         : requests_.tgs_req(tgts[i % tgts.size()], service.substr(0, slash),
                                                             service.substr(slash + 1)));
    }
  }

  const Octets& first() const { return made_.front(); }

  void fire(std::size_t in_flight) {
    std::size_t sent = 0;
    const auto begun = Clock::now();
    while (sent < std::min(in_flight, made_.size())) channel_->send(made_[sent++]);
    for (std::size_t answered = 0; answered < made_.size(); ++answered) {
      const Bytes answer = channel_->receive();
      check(answer);
      answer_size_ = answer.size();
      if (sent < made_.size()) channel_->send(made_[sent++]);
    }
    seconds_ = std::chrono::duration<double>(Clock::now() - begun).count();
  }

  void print() const {
    std::printf("{\"answered\": %zu, \"seconds\": %.6f, \"request_octets\": %zu, \"answer_octets\": %zu}\n",
                made_.size(), seconds_, made_.front().size(), answer_size_);
  }

 private:
  Bytes ask(const Octets& request) {
    channel_->send(request);
    return channel_->receive();
  }

  std::vector<User> some_users(std::size_t most) {
    std::vector<User> users;
    if (users_ == 0) {
      const std::string name = option(options_, "user");
      users.push_back(Requests::user_of(name, option(options_, "password"), ask(requests_.as_req(name))));
      return users;
    }
    std::mt19937 lots(std::random_device{}());
    std::uniform_int_distribution<std::uint32_t> one(1, static_cast<std::uint32_t>(users_));
    while (users.size() < most) {
      const std::uint32_t drawn = one(lots);
      users.push_back({numbered_name(drawn), numbered_key(drawn)});
    }
    return users;
  }

  void check(Bytes answer) const {
    const std::int32_t code = Requests::error_code(answer);
    const bool right = leg_ == "error"
                           ? code == preauth_required
                           : !answer.empty() && answer[0] == (leg_ == "tgs" ? tgs_rep_tag : as_rep_tag);
    if (!right) throw std::runtime_error("another answer: error " + std::to_string(code));
  }

  const std::string leg_;
  const Options& options_;
  Requests requests_;
  const std::size_t users_;
  std::unique_ptr<KdcChannel> channel_;
  std::vector<Octets> made_;
  std::size_t answer_size_ = 0;
  double seconds_ = 0;
};

int run(int argc, char** argv) {
  const std::string leg = argc > 1 ? argv[1] : "";
  if (leg != "error" && leg != "as" && leg != "pkinit" && leg != "tgs")
    throw std::runtime_error("usage: bench_kdc_load error|as|pkinit|tgs --realm REALM ...");
  Options options;
  for (int i = 2; i + 1 < argc; i += 2) options[std::string(argv[i]).substr(2)] = argv[i + 1];
  Load load(leg, options);
  const std::string file = option(options, "write");
  load.make(file.empty() ? number(options, "requests", "1000") : 1);
  if (!file.empty()) {
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(load.first().data()),
              static_cast<std::streamsize>(load.first().size()));
    return out.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  std::printf("ready\n");
  std::fflush(stdout);
  if (std::getchar() == EOF) return EXIT_SUCCESS;
  load.fire(number(options, "in-flight", "8"));
  load.print();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) try { return bench::run(argc, argv); } catch (const std::exception& error) {
  std::fprintf(stderr, "bench_kdc_load: %s\n", error.what());
  return EXIT_FAILURE;
}
