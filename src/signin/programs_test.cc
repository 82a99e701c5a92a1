#include "signin/programs.h"

#include <gtest/gtest.h>

namespace ferryman::signin {
namespace {

const Program wiki{
    "wiki", "Wiki", {"https://wiki.test/cb?x=1", "http://127.0.0.1/cb", "http://localhost", "app.wiki:/cb"}};

TEST(ProgramsTest, FindsThemWithoutCase) {
  EXPECT_TRUE(find_program({}, "29D9ED98-A469-4536-ADE2-F981BC1D605E")->signs_in_computers);
  EXPECT_FALSE(find_program({wiki}, "Wiki")->signs_in_computers);
  EXPECT_FALSE(find_program({wiki}, "wik"));
  Program pretender{"29d9ed98-a469-4536-ade2-f981bc1d605e", "Pretender"};
  EXPECT_NE(find_program({pretender}, pretender.id)->name, "Pretender");
}

TEST(ProgramsTest, SendsCodesToTheWholeUriOnly) {
  for (const auto* uri : {"https://wiki.test/cb?x=1", "app.wiki:/cb", "http://127.0.0.1/cb",
                          "http://127.0.0.1:4711/cb", "http://localhost:80", "http://localhost"})
    EXPECT_TRUE(may_redirect(wiki, uri)) << uri;
  for (const auto* uri :
       {"https://wiki.test/cb", "https://wiki.test/cb?x=1&y=2", "https://wiki.test:443/cb?x=1",
        "https://wiki.test/CB?x=1", "HTTPS://wiki.test/cb?x=1", "https://wiki.test.evil/cb?x=1",
        "app.wiki:/cb/", "http://127.0.0.1:4711/", "http://127.0.0.1:/cb", "http://127.0.0.1:123456/cb",
        "http://127.0.0.1:1@evil/cb", "http://127.0.0.1.evil/cb", "http://localhost@evil",
        "http://localhost:1x", "http://localhost/", "https://localhost:80", ""})
    EXPECT_FALSE(may_redirect(wiki, uri)) << uri;
}

}  // namespace
}  // namespace ferryman::signin
