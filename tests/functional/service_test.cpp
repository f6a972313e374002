// `meshzero service`, on the files of a system below a folder, and with a systemctl played by the test.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "tests/functional/test_node.h"

using mz::test::Ended;
using mz::test::json;
using mz::test::kOnlyStderr;
using mz::test::NodeTest;
using mz::test::run_program;

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void append(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::app) << text; }

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// An image of a system with the program in it.
class ServiceOfImage : public NodeTest {
 protected:
  void SetUp() override {
    NodeTest::SetUp();
    image_ = fs::canonical(root_) / "image";
    fs::create_directories(image_ / "usr/bin");
    fs::copy_file(MESHZERO_BINARY, image_ / "usr/bin/meshzero");
    unit_ = image_ / "etc/systemd/system/meshzero.service";
    link_ = image_ / "etc/systemd/system/multi-user.target.wants/meshzero.service";
  }
  [[nodiscard]] Ended service(const std::string& words, const std::string& redirect = mz::test::kOnlyStdout) const {
    return run_program((image_ / "usr/bin/meshzero").string(), "service " + words + " --root " + image_.string(),
                       redirect);
  }

  fs::path image_;
  fs::path unit_;
  fs::path link_;
};

#ifdef __linux__

TEST_F(ServiceOfImage, the_unit_is_the_one_of_the_repository_with_the_path_that_the_program_has_there) {
  ASSERT_EQ(service("install").code, 0);
  std::string wanted = text_of(fs::path(MESHZERO_SOURCE_DIR) / "config/service/meshzero.service");
  const std::string place = "@PROGRAM@";
  ASSERT_NE(wanted.find("ExecStart=" + place), std::string::npos);
  wanted.replace(wanted.find(place), place.size(), "/usr/bin/meshzero");
  const std::string unit = text_of(unit_);
  EXPECT_EQ(unit.substr(0, wanted.size()), wanted);
  EXPECT_EQ(std::count(unit.begin() + static_cast<std::ptrdiff_t>(wanted.size()), unit.end(), '\n'), 1);
  struct stat status {};
  ASSERT_EQ(::stat(unit_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0644U);
}

TEST_F(ServiceOfImage, a_second_install_changes_nothing_and_a_second_uninstall_finds_nothing) {
  EXPECT_EQ(service("status").code, 3);
  const json first = json::parse(service("install --json").out);
  EXPECT_TRUE(first.at("written").get<bool>());
  EXPECT_TRUE(first.at("enabled").get<bool>());
  EXPECT_EQ(fs::weakly_canonical(link_), unit_);
  const auto when = fs::last_write_time(unit_);
  const json second = json::parse(service("install --json").out);
  EXPECT_FALSE(second.at("written").get<bool>());
  EXPECT_EQ(fs::last_write_time(unit_), when);

  const Ended shown = service("status --json");
  EXPECT_EQ(shown.code, 0);
  const json status = json::parse(shown.out);
  EXPECT_EQ(status.at("file"), unit_.string());
  EXPECT_TRUE(status.at("installed").get<bool>());
  EXPECT_TRUE(status.at("enabled").get<bool>());
  EXPECT_FALSE(status.at("changed").get<bool>());

  EXPECT_TRUE(json::parse(service("uninstall --json").out).at("removed").get<bool>());
  for (const auto& entry : fs::recursive_directory_iterator(image_ / "etc")) EXPECT_TRUE(entry.is_directory());
  const Ended again = service("uninstall --json");
  EXPECT_EQ(again.code, 0);
  EXPECT_FALSE(json::parse(again.out).at("removed").get<bool>());
}

TEST_F(ServiceOfImage, a_unit_that_somebody_changed_is_left_alone_unless_told_otherwise) {
  ASSERT_EQ(service("install").code, 0);
  append(unit_, "# mine\n");
  const std::string mine = text_of(unit_);
  EXPECT_TRUE(json::parse(service("status --json").out).at("changed").get<bool>());
  for (const char* verb : {"install", "uninstall"}) {
    const Ended refused = service(verb, kOnlyStderr);
    EXPECT_EQ(refused.code, 4);
    EXPECT_NE(refused.out.find("--force"), std::string::npos);
    EXPECT_EQ(text_of(unit_), mine);
  }
  ASSERT_EQ(service("install --force").code, 0);
  EXPECT_FALSE(json::parse(service("status --json").out).at("changed").get<bool>());
  EXPECT_EQ(text_of(unit_.string() + ".old"), mine);
  EXPECT_EQ(service("uninstall").code, 0);
  EXPECT_FALSE(fs::exists(unit_));
}

TEST_F(ServiceOfImage, a_unit_that_somebody_else_wrote_is_left_alone) {
  fs::create_directories(unit_.parent_path());
  append(unit_, "[Service]\nExecStart=/bin/true\n");
  EXPECT_EQ(service("install", kOnlyStderr).code, 4);
  fs::remove(unit_);
  fs::create_symlink("/dev/null", unit_);  // as `systemctl mask` does
  EXPECT_EQ(service("install", kOnlyStderr).code, 4);
  EXPECT_TRUE(fs::is_symlink(unit_));
}

TEST_F(ServiceOfImage, a_unit_of_the_package_is_left_to_the_package) {
  const fs::path brought = image_ / "usr/lib/systemd/system/meshzero.service";
  fs::create_directories(brought.parent_path());
  append(brought, "[Service]\n");
  for (const char* verb : {"install", "uninstall"}) {
    const Ended refused = service(verb, kOnlyStderr);
    EXPECT_EQ(refused.code, 4);
    EXPECT_NE(refused.out.find("package"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(unit_));
  const json status = json::parse(service("status --json").out);
  EXPECT_TRUE(status.at("packaged").get<bool>());
  EXPECT_EQ(status.at("file"), brought.string());
}

TEST_F(ServiceOfImage, a_program_that_the_service_cannot_reach_is_refused_with_what_to_do) {
  fs::permissions(root_, fs::perms::owner_all);  // nobody else gets through to the program
  const Ended refused =
      run_program(MESHZERO_BINARY, "service install --root " + (root_ / "config").string(), kOnlyStderr);
  EXPECT_EQ(refused.code, 3);  // no such folder
  const fs::path other = root_ / "other";
  fs::create_directories(other);
  const Ended hidden =
      run_program((image_ / "usr/bin/meshzero").string(), "service install --root " + other.string(), kOnlyStderr);
  EXPECT_EQ(hidden.code, 4);
  EXPECT_NE(hidden.out.find("/usr/local/bin/meshzero"), std::string::npos);
  EXPECT_TRUE(fs::is_empty(other));
}

// A manager that writes down what it is told and does as the files beside it say.
class ServiceOfUser : public NodeTest {
 protected:
  void SetUp() override {
    NodeTest::SetUp();
    const fs::path bin = root_ / "bin";
    fs::create_directories(bin);
    std::ofstream(bin / "systemctl")
        << "#!/bin/sh\n"
           "here="
        << root_.string()
        << "\n"
           "echo \"$*\" >>$here/told\n"
           "case \"$2\" in\n"
           "  show) [ ! -e $here/silent ] || { echo No bus here.; exit 1; } ;;\n"
           "  start | restart) [ ! -e $here/broken ] || { echo It broke.; exit 1; }; : >$here/runs ;;\n"
           "  stop) rm -f $here/runs ;;\n"
           "  is-active) [ -e $here/runs ] && echo active || { echo inactive; exit 3; } ;;\n"
           "esac\n";
    fs::permissions(bin / "systemctl", fs::perms::owner_all);
    before_ = std::getenv("PATH");
    ::setenv("PATH", (bin.string() + ":" + before_).c_str(), 1);
    unit_ = root_ / "config/systemd/user/meshzero.service";
  }
  void TearDown() override {
    ::setenv("PATH", before_.c_str(), 1);
    NodeTest::TearDown();
  }
  [[nodiscard]] static Ended service(const std::string& words, const std::string& redirect = mz::test::kOnlyStdout) {
    return mz::test::run_binary("service " + words + " --user", redirect);
  }
  // What the manager was told since the last call, without questions.
  std::vector<std::string> told() {
    std::vector<std::string> orders;
    for (const std::string& line : lines_of(root_ / "told")) {
      if (line.find("show") == std::string::npos && line.find("is-active") == std::string::npos) orders.push_back(line);
    }
    fs::remove(root_ / "told");
    return orders;
  }

  fs::path unit_;
  std::string before_;
};

using Orders = std::vector<std::string>;

TEST_F(ServiceOfUser, install_starts_it_and_uninstall_stops_it_before_the_unit_goes) {
  const json installed = json::parse(service("install --json").out);
  EXPECT_EQ(installed.at("state"), "running");
  EXPECT_EQ(installed.at("file"), unit_.string());
  EXPECT_TRUE(fs::exists(unit_));
  EXPECT_EQ(told(), (Orders{"--user daemon-reload", "--user reset-failed meshzero.service",
                            "--user restart meshzero.service"}));
  EXPECT_EQ(service("install").code, 0);  // nothing has changed, so what runs goes on
  EXPECT_EQ(told().back(), "--user start meshzero.service");
  EXPECT_EQ(json::parse(service("status --json").out).at("state"), "running");
  told();
  EXPECT_EQ(service("uninstall").code, 0);
  EXPECT_EQ(told(),
            (Orders{"--user stop meshzero.service", "--user daemon-reload", "--user reset-failed meshzero.service"}));
  EXPECT_FALSE(fs::exists(unit_));
  EXPECT_EQ(service("status").code, 3);
}

TEST_F(ServiceOfUser, the_program_in_the_unit_is_this_one_whatever_name_it_was_called_by) {
  fs::create_symlink(MESHZERO_BINARY, root_ / "bin/another-name");
  ASSERT_EQ(run_program((root_ / "bin/another-name").string(), "service install --user", mz::test::kOnlyStdout).code,
            0);
  EXPECT_NE(text_of(unit_).find("ExecStart=" + fs::canonical(MESHZERO_BINARY).string() + " up --foreground\n"),
            std::string::npos);
}

TEST_F(ServiceOfUser, without_a_manager_nothing_is_written_and_the_user_learns_what_to_do) {
  append(root_ / "silent", "");
  const Ended refused = service("install", kOnlyStderr);
  EXPECT_EQ(refused.code, 5);
  EXPECT_NE(refused.out.find("No bus here."), std::string::npos);
  EXPECT_NE(refused.out.find("meshzero up --foreground"), std::string::npos);
  EXPECT_FALSE(fs::exists(unit_));
}

TEST_F(ServiceOfUser, a_service_that_does_not_start_is_a_failure_with_the_managers_words) {
  append(root_ / "broken", "");
  const Ended failed = service("install", kOnlyStderr);
  EXPECT_EQ(failed.code, 1);
  EXPECT_NE(failed.out.find("It broke."), std::string::npos);
  EXPECT_NE(failed.out.find("journalctl --user -u meshzero"), std::string::npos);
}

TEST_F(ServiceOfUser, the_service_of_the_machine_is_for_root) {
  if (::geteuid() == 0) GTEST_SKIP() << "This test runs as root.";
  const Ended refused = mz::test::run_binary("service install", kOnlyStderr);
  EXPECT_EQ(refused.code, 4);
  EXPECT_NE(refused.out.find("sudo"), std::string::npos);
}

#endif

}  // namespace
