#include "engine/base/exact_text.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/base/sha256.h"

namespace mz {
namespace {

constexpr std::string_view kDigestMark = " sha256 ";
constexpr std::size_t kDigestDigits = 64;

}  // namespace

void ExactWriter::count(std::uint64_t value) { text_ += " " + std::to_string(value); }

void ExactWriter::bits(std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
  text_ += " " + to_hex(bytes);
}

void ExactWriter::real(double value) { bits(std::bit_cast<std::uint64_t>(value)); }

void ExactWriter::reals(std::span<const double> values) {
  count(values.size());
  for (const double value : values) real(value);
}

std::string ExactWriter::finish() {
  const std::string digest = to_hex(sha256(std::string_view(text_)));
  text_ += kDigestMark;
  text_ += digest;
  return std::move(text_);
}

ExactReader::ExactReader(std::string_view text, std::string_view title) {
  const std::size_t tail = kDigestMark.size() + kDigestDigits;
  good_ = text.size() >= title.size() + tail && text.starts_with(title);
  if (!good_) return;
  const std::string_view body = text.substr(0, text.size() - tail);
  const std::string_view mark = text.substr(body.size(), kDigestMark.size());
  good_ = mark == kDigestMark && text.substr(text.size() - kDigestDigits) == to_hex(sha256(body));
  if (good_) rest_ = body.substr(title.size());
}

std::string_view ExactReader::word() {
  require(rest_.size() >= 2 && rest_.front() == ' ');
  if (!good_) return {};
  rest_.remove_prefix(1);
  const std::string_view out = rest_.substr(0, rest_.find(' '));
  rest_.remove_prefix(out.size());
  return out;
}

std::uint64_t ExactReader::count(std::uint64_t max) {
  const std::string_view text = word();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(error == std::errc() && end == text.data() + text.size() && value <= max);
  return good_ ? value : 0;
}

std::uint64_t ExactReader::bits() {
  const std::string_view text = word();
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  require(text.size() == 16 && error == std::errc() && end == text.data() + text.size());
  return good_ ? value : 0;
}

double ExactReader::real() {
  const double value = real_or_infinite();
  require(std::isfinite(value));
  return good_ ? value : 0;
}

double ExactReader::real_or_infinite() {
  const double value = std::bit_cast<double>(bits());
  require(!std::isnan(value));
  return good_ ? value : 0;
}

std::vector<double> ExactReader::reals(std::size_t max) {
  const std::uint64_t size = count(max);
  std::vector<double> out;
  for (std::uint64_t i = 0; i < size && good_; ++i) out.push_back(real());
  return out;
}

}  // namespace mz
