#include "logon/ticket_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace ferryman::logon {
namespace {

TEST(TicketFiles, AreSplitAsTheyWereJoined) {
  std::vector<Secret> files;
  files.emplace_back(Octets(300, 1));
  files.emplace_back(Octets{2});
  const Secret joined = join_files(files);
  const auto split = split_files(joined.bytes());
  ASSERT_TRUE(split);
  ASSERT_EQ(split->size(), 2U);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(std::equal(split->at(i).begin(), split->at(i).end(), files[i].bytes().begin(),
                           files[i].bytes().end()));
}

TEST(TicketFiles, AreNothingElse) {
  for (const Octets& wrong : {Octets{}, Octets{0, 0, 0}, Octets{0, 0, 0, 0}, Octets{0, 0, 0, 2, 1},
                              Octets{0, 0, 0, 1, 1, 0}, Octets{0xff, 0xff, 0xff, 0xff, 1}})
    EXPECT_FALSE(split_files(wrong)) << wrong.size();
}

}  // namespace
}  // namespace ferryman::logon
