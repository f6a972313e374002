#include "node/s3/answer.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace mz {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxShownBytes = 200;

constexpr std::pair<std::string_view, char> kEntities[] = {
    {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// A reference to a character that is not ASCII, or that XML does not know, becomes a question mark: some services write keys
// so, and no field that is used has one.
std::optional<char> character_of(std::string_view reference) {
  for (const auto& [name, character] : kEntities) {
    if (reference == name) return character;
  }
  if (!reference.starts_with('#')) {
    const bool is_a_name = !reference.empty() && reference.size() <= kMaxNameBytes &&
                           std::all_of(reference.begin(), reference.end(), is_name);
    return is_a_name ? std::optional('?') : std::nullopt;
  }
  reference.remove_prefix(1);
  const bool hexadecimal = reference.starts_with('x');
  if (hexadecimal) reference.remove_prefix(1);
  std::uint32_t code = 0;
  const char* end = reference.data() + reference.size();
  const auto parsed = std::from_chars(reference.data(), end, code, hexadecimal ? 16 : 10);
  if (reference.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return code < 128 ? static_cast<char>(code) : '?';
}

class Reader {
 public:
  explicit Reader(std::string_view xml) : left_(xml) {}

  std::optional<S3Answer> read() {
    skip_spaces();  // a service that needs long sends spaces first
    if (left_.starts_with("<?xml ")) {
      const std::size_t end = left_.find("?>");
      if (end == std::string_view::npos) return std::nullopt;
      left_.remove_prefix(end + 2);
      skip_spaces();
    }
    S3Answer answer;
    bool empty = false;
    if (!open(answer.name, empty)) return std::nullopt;
    while (!empty) {
      skip_spaces();
      if (left_.starts_with("</")) {
        if (!close(answer.name)) return std::nullopt;
        break;
      }
      std::string name;
      std::string value;
      bool no_text = false;
      if (!open(name, no_text)) return std::nullopt;
      if (!no_text && !(text(value) && close(name))) return std::nullopt;
      if (answer.fields.size() == S3Answer::kMaxFields || !answer.fields.emplace(name, value).second)
        return std::nullopt;
    }
    skip_spaces();
    return left_.empty() ? std::optional(std::move(answer)) : std::nullopt;
  }

 private:
  void skip_spaces() {
    while (!left_.empty() && is_space(left_.front())) left_.remove_prefix(1);
  }

  // "<Name" with attributes, which mean nothing here, up to ">" or "/>".
  bool open(std::string& name, bool& empty) {
    if (!left_.starts_with('<')) return false;
    left_.remove_prefix(1);
    const auto end_of_name = std::find_if_not(left_.begin(), left_.end(), is_name);
    name.assign(left_.begin(), end_of_name);
    left_.remove_prefix(name.size());
    if (name.empty() || name.size() > kMaxNameBytes || left_.empty()) return false;
    if (!is_space(left_.front()) && left_.front() != '>' && left_.front() != '/') return false;
    const std::size_t end = left_.find('>');
    if (end == std::string_view::npos || left_.substr(0, end).find('<') != std::string_view::npos) return false;
    empty = end > 0 && left_[end - 1] == '/';
    left_.remove_prefix(end + 1);
    return true;
  }

  bool close(const std::string& name) {
    const std::string end = "</" + name + ">";
    if (!left_.starts_with(end)) return false;
    left_.remove_prefix(end.size());
    return true;
  }

  bool text(std::string& out) {
    while (!left_.empty() && left_.front() != '<') {
      if (left_.front() != '&') {
        out += left_.front();
        left_.remove_prefix(1);
        continue;
      }
      const std::size_t end = left_.find(';');
      const auto character = end == std::string_view::npos ? std::nullopt : character_of(left_.substr(1, end - 1));
      if (!character) return false;
      out += *character;
      left_.remove_prefix(end + 1);
    }
    return true;
  }

  std::string_view left_;
};

}  // namespace

std::optional<S3Answer> parse_s3_answer(std::string_view xml) {
  if (xml.size() > S3Answer::kMaxBytes) return std::nullopt;
  return Reader(xml).read();
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto* entity =
        std::find_if(std::begin(kEntities), std::end(kEntities), [c](const auto& each) { return each.second == c; });
    if (entity == std::end(kEntities)) {
      out += c;
    } else {
      out += '&';
      out += entity->first;
      out += ';';
    }
  }
  return out;
}

std::string shown(std::string_view foreign) {
  std::string out(foreign.substr(0, kMaxShownBytes));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = ' ';
  }
  const std::size_t first = out.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

}  // namespace mz
