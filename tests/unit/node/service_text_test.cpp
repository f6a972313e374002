#include "node/service_text.h"

#include <gtest/gtest.h>

using mz::launchd_plist;
using mz::ServiceKind;
using mz::systemd_unit;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(ServiceText, a_unit_names_the_program_and_leaves_no_place_open) {
  for (const ServiceKind kind : {ServiceKind::system, ServiceKind::user}) {
    const auto unit = systemd_unit(kind, "/opt/meshzero");
    ASSERT_TRUE(unit.ok());
    EXPECT_TRUE(holds(*unit, "\nExecStart=/opt/meshzero up --foreground"));
    EXPECT_FALSE(holds(*unit, "@PROGRAM"));
  }
}

TEST(ServiceText, a_path_with_a_space_stays_one_word) {
  EXPECT_TRUE(holds(*systemd_unit(ServiceKind::user, "/opt/two words"), "ExecStart=\"/opt/two words\" up"));
}

TEST(ServiceText, a_path_that_systemd_would_understand_otherwise_is_refused) {
  for (const char* path : {"/a%h", "/a$HOME", "/a\"b", "/a'b", "/a\\b", "/a\nExecStartPost=/b"}) {
    EXPECT_FALSE(systemd_unit(ServiceKind::system, path).ok()) << path;
  }
}

TEST(ServiceText, a_property_list_escapes_what_it_is_given) {
  const std::string list = launchd_plist(ServiceKind::system, "/a&b/<c>", "/log & more", "a<b");
  EXPECT_TRUE(holds(list, "<string>/a&amp;b/&lt;c&gt;</string>"));
  EXPECT_TRUE(holds(list, "<string>/log &amp; more</string>"));
  EXPECT_TRUE(holds(list, "<string>a&lt;b</string>"));
}

TEST(ServiceText, only_a_daemon_has_an_account) {
  EXPECT_TRUE(holds(launchd_plist(ServiceKind::system, "/p", "/l", "somebody"), "<key>UserName</key>"));
  EXPECT_FALSE(holds(launchd_plist(ServiceKind::user, "/p", "/l", "somebody"), "somebody"));
}
