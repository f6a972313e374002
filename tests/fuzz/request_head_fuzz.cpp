// Bytes as they come over a connection, through everything that looks at them before a route does: parsing the head, then
// deciding who may go where. The table is that of a real node.
//
// Checked besides: nothing accepted breaks a limit, the same bytes give the same decision however they arrive, and a stranger
// from elsewhere gets to nothing but the routes that say so.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "api/host_name.h"
#include "api/routes.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_head(const mz::RequestHead& head, std::string_view bytes) {
  require(head.bytes <= bytes.size() && head.bytes <= mz::kMaxHeadBytes);
  require(head.headers.size() <= mz::kMaxHeaders);
  require(!head.path.empty() && head.path.front() == '/' && head.path.size() <= mz::kMaxTargetBytes);
  require(!head.headers.contains("transfer-encoding"));
  require(head.header("range").find(',') == std::string_view::npos);
  for (const auto& [name, value] : head.headers) {
    require(!name.starts_with("remote_") && !name.starts_with("local_"));
    for (const char c : value) require(static_cast<unsigned char>(c) >= 0x20 || c == '\t');
  }
}

mz::Arrival arrival(bool encrypted, bool loopback) {
  mz::Arrival out;
  out.encrypted = encrypted;
  out.loopback = loopback;
  return out;
}

void check_admission(const mz::RequestHead& head) {
  const mz::NodeServices services;
  for (const bool encrypted : {false, true}) {
    for (const bool loopback : {false, true}) {
      const auto admission = mz::admit_request(mz::routes(), services, head, {}, arrival(encrypted, loopback));
      if (admission.route == nullptr) {
        require(admission.refusal.status >= 400);
        continue;
      }
      const mz::Access& access = admission.route->access;
      const bool here = access.has(mz::Caller::here) && loopback && mz::is_loopback_host(head.host);
      const bool over_tls = access.has(mz::Caller::encrypted) && encrypted;
      require(access.has(mz::Caller::anyone) || here || over_tls);
      require(head.content_length.value_or(0) <= admission.route->body_limit);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = mz::parse_request_head(bytes);
  const auto* head = std::get_if<mz::RequestHead>(&whole);
  if (head == nullptr) return 0;
  check_head(*head, bytes);
  check_admission(*head);
  // What follows a head does not change it, and neither does its arriving byte by byte.
  const auto alone = mz::parse_request_head(bytes.substr(0, head->bytes));
  require(std::holds_alternative<mz::RequestHead>(alone));
  require(std::get<mz::RequestHead>(alone).headers == head->headers);
  require(!std::holds_alternative<mz::RequestHead>(mz::parse_request_head(bytes.substr(0, head->bytes - 1))));
  return 0;
}
