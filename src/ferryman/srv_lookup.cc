#include "ferryman/srv_lookup.h"

#include <algorithm>
#include <chrono>
#include <tuple>

#include "client/dns.h"
#include "client/loop.h"

namespace ferryman {

SrvAnswer look_up_srv(const std::string& name) {
  constexpr std::chrono::seconds patience{10};
  SrvAnswer answer;
  answer.failed = true;
  bool done = false;
  client::Loop loop;
  client::Dns dns(loop, {});
  dns.query(name, client::RecordType::srv, [&](const client::DnsReply& reply) {
    answer.failed = reply.failed;
    answer.records = discovery::read_dns_records(reply.message).srv;
    done = true;
  });
  const auto until = client::Clock::now() + patience;
  while (!done && client::Clock::now() < until) loop.run_once(until);
  std::erase_if(answer.records, [](const discovery::SrvRecord& record) { return record.target == "."; });
  std::stable_sort(answer.records.begin(), answer.records.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.priority, -int{a.weight}) < std::tuple(b.priority, -int{b.weight});
  });
  return answer;
}

}  // namespace ferryman
