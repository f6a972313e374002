#include "api/request_head.h"

#include <algorithm>
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
  if (method != "GET" && method != "HEAD") return refuse(405, "Only GET and HEAD are allowed here.");
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
  auto [entry, is_new] = head.headers.emplace(name, value);
  if (is_new) return std::nullopt;
  if (name == "host" || name == "content-length") return refuse(400, "The header " + name + " occurs twice.");
  entry->second += ", ";
  entry->second += value;
  return std::nullopt;
}

std::optional<HeadRefusal> check_headers(RequestHead& head) {
  const auto host = head.headers.find("host");
  if (host == head.headers.end()) return refuse(400, "The request has no Host header.");
  head.host = host->second;
  if (head.headers.contains("transfer-encoding")) return refuse(411, "Requests with a body are not taken here.");
  if (const std::string_view length = head.header("content-length"); !length.empty() && length != "0") {
    return refuse(413, "Requests with a body are not taken here.");
  }
  if (head.headers.contains("expect")) return refuse(417, "Requests with a body are not taken here.");
  const std::string connection = lower(head.header("connection"));
  if (connection.find("close") != std::string::npos) head.keep_alive = false;
  if (connection.find("keep-alive") != std::string::npos) head.keep_alive = true;
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

bool is_loopback_host(std::string_view host) {
  const std::string name = lower(host);
  for (const std::string_view allowed : {"localhost", "127.0.0.1", "[::1]"}) {
    if (!std::string_view(name).starts_with(allowed)) continue;
    const std::string_view port = std::string_view(name).substr(allowed.size());
    if (port.empty()) return true;
    return port.size() >= 2 && port.size() <= 6 && port.front() == ':' &&
           port.find_first_not_of("0123456789", 1) == std::string_view::npos;
  }
  return false;
}

}  // namespace mz
