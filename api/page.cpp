#include "api/page.h"

#include <zlib.h>

#include <map>
#include <optional>
#include <string>

#include "web/assets.h"

namespace mz {
namespace {

const web::Asset* find_asset(std::string_view path) {
  for (const web::Asset& asset : web::assets()) {
    if (asset.path == path) return &asset;
  }
  return nullptr;
}

// The input is ours, so only our own bug can make it fail.
std::optional<std::string> inflated(std::span<const unsigned char> gzip) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;  // 16: with gzip header
  stream.next_in = const_cast<unsigned char*>(gzip.data());         // zlib's interface; it does not write there
  stream.avail_in = static_cast<unsigned>(gzip.size());
  std::string out;
  int code = Z_OK;
  while (code == Z_OK) {
    const std::size_t used = out.size();
    out.resize(used + (64U << 10));
    stream.next_out = reinterpret_cast<unsigned char*>(out.data() + used);
    stream.avail_out = 64U << 10;
    code = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END) return std::nullopt;
  return out;
}

// For clients that do not take gzip. All are unpacked the first time one is wanted: this runs in the thread of all sockets, and a
// client may ask again and again for nothing but the head.
const std::optional<std::string>& plain(const web::Asset& asset) {
  static const std::map<std::string_view, std::optional<std::string>> unpacked = [] {
    std::map<std::string_view, std::optional<std::string>> all;
    for (const web::Asset& each : web::assets()) all.emplace(each.path, inflated(each.gzip));
    return all;
  }();
  return unpacked.at(asset.path);
}

}  // namespace

HttpResponse page_asset(const RequestHead& head) {
  const web::Asset* asset = find_asset(head.path);
  if (asset == nullptr) return error_response(404, "not_found", "The page has no such part. Reload it.");
  HttpResponse response;
  response.content_type = asset->mime;
  response.headers = {
      {"ETag", std::string(asset->etag)},
      {"Cache-Control", asset->path == "/" ? "no-cache" : "public, max-age=31536000, immutable"},
      {"Vary", "Accept-Encoding"},
      {"Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
      {"Referrer-Policy", "no-referrer"},
  };
  if (head.header("if-none-match").find(asset->etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  if (head.header("accept-encoding").find("gzip") != std::string_view::npos) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body.assign(reinterpret_cast<const char*>(asset->gzip.data()), asset->gzip.size());
    return response;
  }
  const auto& text = plain(*asset);
  if (!text) return error_response(500, "failure", "The page inside this program is damaged. Build it again.");
  response.body = *text;
  return response;
}

}  // namespace mz
