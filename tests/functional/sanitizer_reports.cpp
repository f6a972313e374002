// In a build with sanitizers: makes a test fail when a program it started has reported something. Most of them are heard by
// nobody (a node's stderr goes nowhere), a worker that ends with a report is replaced, and a node may be killed by its test before
// anybody asks for its exit code. So each writes its report into a directory of the test, which must be empty in the end.
//
// Linked into every test that runs the binary.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace mz::test {
namespace {

class SanitizerReports : public testing::Environment {
 public:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "meshzero-reportsXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    // This program has read its own options already, so its own reports stay on its stderr.
    const std::string path = "log_path=" + (directory_ / "report").string();
    for (const char* name : {"ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) add(name, path);
    // Beside the address sanitizer the other one writes to stderr alone, whatever its path; the abort is then reported.
    add("UBSAN_OPTIONS", "abort_on_error=1");
    add("ASAN_OPTIONS", "handle_abort=1");
  }
  void TearDown() override {
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      std::ifstream file(entry.path());
      ADD_FAILURE() << "a program that this test started has reported:\n"
                    << std::string(std::istreambuf_iterator<char>(file), {});
    }
    std::filesystem::remove_all(directory_);
  }

 private:
  static void add(const char* name, const std::string& option) {
    const char* options = std::getenv(name);
    setenv(name, (options != nullptr ? std::string(options) + ":" + option : option).c_str(), 1);
  }

  std::filesystem::path directory_;
};

[[maybe_unused]] const testing::Environment* const kReports = testing::AddGlobalTestEnvironment(new SanitizerReports);

}  // namespace
}  // namespace mz::test
