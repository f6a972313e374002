// A test that starts a program which a sanitizer reports must fail, though it asks that program for nothing. CTest takes that
// failure for success, by its words.
#include <gtest/gtest.h>

#include "tests/functional/binary.h"

namespace {

void run_with_fault(const std::string& fault) {
  (void)mz::test::run_program(MESHZERO_FAULTY_PROGRAM, fault, ">/dev/null 2>&1");
}

TEST(SanitizerReports, Race) { run_with_fault("race"); }
TEST(SanitizerReports, Address) { run_with_fault("address"); }
TEST(SanitizerReports, Overflow) { run_with_fault("overflow"); }

}  // namespace
