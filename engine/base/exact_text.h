// Numbers as text without loss, for states that must be resumed bit for bit: words separated by spaces, a double as the 16
// hexadecimal digits of its bits, ended by a SHA-256 of everything before. The reader treats the text as hostile.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mz {

class ExactWriter {
 public:
  explicit ExactWriter(std::string_view title) : text_(title) {}
  void count(std::uint64_t value);
  void bits(std::uint64_t value);
  void real(double value);
  void reals(std::span<const double> values);  // with their number in front
  // The finished text; the writer is used up.
  std::string finish();

 private:
  std::string text_;
};

// Every read returns a value even after a failure; ask `good` at the end. Reals are finite unless said otherwise.
class ExactReader {
 public:
  // Not good unless the text has this title and its digest is right.
  ExactReader(std::string_view text, std::string_view title);

  std::uint64_t count(std::uint64_t max);
  std::uint64_t bits();
  double real();
  double real_or_infinite();
  std::vector<double> reals(std::size_t max);
  void require(bool condition) { good_ = good_ && condition; }
  [[nodiscard]] bool good() const { return good_; }
  // Good, and everything has been read.
  [[nodiscard]] bool complete() const { return good_ && rest_.empty(); }

 private:
  std::string_view word();
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace mz
