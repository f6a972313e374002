#include "web/assets.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <set>
#include <string>

namespace mz::web {
namespace {

constexpr std::size_t kMaxPageBytes = 150'000;     // the whole page over the wire
constexpr std::size_t kMaxAssetBytes = 4'000'000;  // one asset, inflated: far above any real one

// The content of an asset, or an empty string when its gzip stream is damaged.
std::string inflated(const Asset& asset) {
  std::string out(kMaxAssetBytes, '\0');
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return {};
  stream.next_in = const_cast<unsigned char*>(asset.gzip.data());
  stream.avail_in = static_cast<uInt>(asset.gzip.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  out.resize(status == Z_STREAM_END && stream.avail_in == 0 ? stream.total_out : 0);
  inflateEnd(&stream);
  return out;
}

const Asset* find(std::string_view path) {
  const auto all = assets();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Asset& asset) { return asset.path == path; });
  return found == all.end() ? nullptr : &*found;
}

// Every address that the text asks the browser to load through src="..." or href="...".
std::set<std::string> references(const std::string& html) {
  std::set<std::string> found;
  for (const std::string_view attribute : {"src=\"", "href=\""}) {
    for (std::size_t at = html.find(attribute); at != std::string::npos; at = html.find(attribute, at + 1)) {
      const std::size_t begin = at + attribute.size();
      found.insert(html.substr(begin, html.find('"', begin) - begin));
    }
  }
  return found;
}

TEST(WebAssets, FitIntoTheSizeThePageMayHave) {
  std::size_t total = 0;
  for (const Asset& asset : assets()) total += asset.gzip.size();
  EXPECT_GT(total, 10'000U);
  EXPECT_LE(total, kMaxPageBytes);
}

TEST(WebAssets, AreWholeGzipStreamsWithATypeAndAnEntityTagEach) {
  std::set<std::string_view> tags;
  for (const Asset& asset : assets()) {
    EXPECT_FALSE(inflated(asset).empty()) << asset.path;
    EXPECT_NE(asset.mime.find('/'), std::string_view::npos) << asset.path;
    ASSERT_GT(asset.etag.size(), 2U) << asset.path;
    EXPECT_EQ(asset.etag.front(), '"');
    EXPECT_EQ(asset.etag.back(), '"');
    EXPECT_TRUE(tags.insert(asset.etag).second) << "two assets share the tag " << asset.etag;
  }
}

TEST(WebAssets, CarryNoClockAndNoSystemInTheGzipHeader) {
  for (const Asset& asset : assets()) {
    ASSERT_GT(asset.gzip.size(), 10U);
    for (const std::size_t mtime_byte : {4U, 5U, 6U, 7U}) EXPECT_EQ(asset.gzip[mtime_byte], 0) << asset.path;
    EXPECT_EQ(asset.gzip[9], 255) << asset.path;  // RFC 1952: unknown operating system
  }
}

TEST(WebAssets, PageLoadsOnlyWhatIsEmbeddedAndHasNothingInline) {
  const Asset* page = find("/");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->mime, "text/html; charset=utf-8");
  const std::string html = inflated(*page);
  const std::set<std::string> loaded = references(html);
  EXPECT_GE(loaded.size(), 2U);  // a script and a style sheet at least
  for (const std::string& address : loaded) EXPECT_NE(find(address), nullptr) << address;
  EXPECT_EQ(html.find(" style="), std::string::npos);
  for (std::size_t at = html.find("<script"); at != std::string::npos; at = html.find("<script", at + 1)) {
    EXPECT_NE(html.substr(at, html.find('>', at) - at).find("src="), std::string::npos) << "an inline script";
  }
}

}  // namespace
}  // namespace mz::web
