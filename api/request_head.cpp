#include "api/request_head.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace mz {
namespace {

HeadRefusal refuse(int status, std::string text) { return {status, std::move(text)}; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

constexpr std::array<std::string_view, 5> kMethods{"GET", "HEAD", "POST", "PUT", "DELETE"};
// A second one of these makes two readers of the same request disagree.
constexpr std::array<std::string_view, 7> kOnce{"host",   "content-length", "authorization", "content-type",
                                                "origin", "range",          "expect"};

// Names that gateways use for what they know about a connection. Who sends something is never read from a header, and
// nothing behind this point shall be tempted to.
bool is_reserved(std::string_view lower_case_name) {
  return lower_case_name.starts_with("remote_") || lower_case_name.starts_with("local_") ||
         lower_case_name.starts_with("x-forwarded-") || lower_case_name == "forwarded" ||
         lower_case_name == "x-real-ip";
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kExtra = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || kExtra.find(c) != std::string_view::npos;
  });
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (has_control_character(out)) return std::nullopt;
  return out;
}

std::optional<HeadRefusal> read_query(std::string_view text, std::map<std::string, std::string>& out) {
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(equals < pair.size() ? pair.substr(equals + 1) : "", true);
    if (!name || !value) return refuse(400, "The query of this address is not encoded correctly.");
    if (!out.emplace(*name, std::move(*value)).second) {
      return refuse(400, "The query parameter " + *name + " occurs twice; give it once.");
    }
  }
  return std::nullopt;
}

std::optional<HeadRefusal> read_request_line(std::string_view line, RequestHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last == first || line.find(' ', first + 1) != last) {
    return refuse(400, "This is no HTTP request line.");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || has_control_character(target)) return refuse(400, "This is no HTTP request line.");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
    return refuse(405, "Only GET, HEAD, POST, PUT and DELETE are spoken here.");
  }
  if (target.size() > kMaxTargetBytes) return refuse(414, "This address is longer than 2 KiB.");
  if (target.empty() || target.front() != '/') return refuse(400, "The address must begin with a slash.");

  const auto question = std::min(target.find('?'), target.size());
  auto path = percent_decoded(target.substr(0, question), false);
  if (!path) return refuse(400, "This address is not encoded correctly.");
  head.method = method;
  head.path = std::move(*path);
  head.keep_alive = version == "HTTP/1.1";
  return read_query(question < target.size() ? target.substr(question + 1) : "", head.query);
}

std::optional<HeadRefusal> read_header(std::string_view line, RequestHead& head) {
  const auto colon = line.find(':');
  // A line that begins with a blank continues the one before it; no client of today sends that, attackers do.
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return refuse(400, "A header line is malformed.");
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (has_control_character(value)) return refuse(400, "A header holds a control character.");
  const std::string name = lower(line.substr(0, colon));
  if (is_reserved(name)) return std::nullopt;
  auto [entry, is_new] = head.headers.emplace(name, value);
  if (is_new) return std::nullopt;
  if (std::find(kOnce.begin(), kOnce.end(), name) != kOnce.end()) {
    return refuse(400, "The header " + name + " occurs twice.");
  }
  entry->second += ", ";
  entry->second += value;
  return std::nullopt;
}

// Digits only, at most 18 of them; anything else is read differently by different programs.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<HeadRefusal> check_headers(RequestHead& head) {
  const auto host = head.headers.find("host");
  if (host == head.headers.end()) return refuse(400, "The request has no Host header.");
  head.host = host->second;
  if (head.headers.contains("transfer-encoding")) {
    return refuse(411, "Transfer-Encoding is not taken here; state the Content-Length.");
  }
  if (head.headers.contains("content-length")) {
    head.content_length = whole_number(head.header("content-length"));
    if (!head.content_length) return refuse(400, "The Content-Length is no number.");
  }
  if (head.content_length.value_or(0) > 0 && (head.method == "GET" || head.method == "HEAD")) {
    return refuse(413, "A reading request has no body.");
  }
  if (head.headers.contains("expect")) {
    if (lower(head.header("expect")) != "100-continue") return refuse(417, "Only 100-continue may be expected here.");
    head.expects_continue = true;
  }
  if (head.header("range").find(',') != std::string_view::npos) {
    return refuse(416, "Ask for one range at a time.");
  }
  const std::string connection = lower(head.header("connection"));
  if (connection.find("keep-alive") != std::string::npos) head.keep_alive = true;
  if (connection.find("close") != std::string::npos) head.keep_alive = false;  // it wins (RFC 9112 section 9.3)
  return std::nullopt;
}

}  // namespace

std::string_view RequestHead::header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

HeadOutcome parse_request_head(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos || end + 4 > kMaxHeadBytes) {
    if (bytes.size() >= kMaxHeadBytes) return refuse(431, "The head of this request is larger than 32 KiB.");
    // An over-long first line is known before the head is complete; so is something that is no HTTP at all.
    if (bytes.find("\r\n") == std::string_view::npos && bytes.size() > kMaxTargetBytes + 64) {
      return refuse(414, "This address is longer than 2 KiB.");
    }
    if (!bytes.empty() && std::isupper(static_cast<unsigned char>(bytes.front())) == 0) {
      return refuse(400, "Plain HTTP is spoken here, and this is none.");
    }
    return HeadIncomplete{};
  }
  RequestHead head;
  head.bytes = end + 4;
  std::string_view rest = bytes.substr(0, end + 2);
  std::size_t lines = 0;
  while (!rest.empty()) {
    const auto line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(line_end + 2);
    if (lines > kMaxHeaders) return refuse(431, "The request has more than 100 headers.");
    auto refusal = lines == 0 ? read_request_line(line, head) : read_header(line, head);
    if (refusal) return *refusal;
    ++lines;
  }
  if (auto refusal = check_headers(head)) return *refusal;
  return head;
}

}  // namespace mz
