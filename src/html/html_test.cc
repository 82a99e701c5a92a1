#include "html/html.h"

#include <gtest/gtest.h>

namespace ferryman::html {
namespace {

TEST(HtmlTest, EscapesWhateverIsPutIn) {
  const std::string evil = "<script>\"'&</script>";
  EXPECT_EQ(Html(evil).octets(), "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;");
  EXPECT_EQ(element("p", {{"title", evil}}, evil).octets(),
            "<p title=\"&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;\">"
            "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;</p>");
}

TEST(HtmlTest, EscapesOnce) {
  const Html inner = element("b", "a & b");
  EXPECT_EQ(element("p", inner + "<").octets(), "<p><b>a &amp; b</b>&lt;</p>");
}

TEST(HtmlTest, LeavesOutWhatNoPageNeeds) {
  EXPECT_EQ(Html(std::string("a\0b\x1b\xff\xe2\x80\xae", 8)).octets(),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(Html("Zo\xc3\xab \xe6\x97\xa5").octets(), "Zo\xc3\xab \xe6\x97\xa5");
}

TEST(HtmlTest, HasElementsWithoutContent) {
  EXPECT_EQ(void_element("input", {{"name", "a"}, {"required", ""}}).octets(),
            "<input name=\"a\" required=\"\">");
}

TEST(HtmlTest, TakesLiteralsAsTheyAre) {
  EXPECT_EQ(Html::verbatim("<!doctype html>").octets(), "<!doctype html>");
}

}  // namespace
}  // namespace ferryman::html
