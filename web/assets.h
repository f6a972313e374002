// The page as bytes inside the binary.
//
// Built from the TypeScript sources in this folder by npm and written into a C++ source by embed.mjs. Everything is constant
// and lives as long as the program, so any thread may read it.
#pragma once

#include <span>
#include <string_view>

namespace mz::web {

struct Asset {
  std::string_view path;                // what the browser asks for: "/" for the page itself, else "/assets/..."
  std::string_view mime;                // Content-Type
  std::string_view etag;                // quoted, ready for the header; changes with the content
  std::span<const unsigned char> gzip;  // the content, gzip-compressed: send it with Content-Encoding: gzip
};

// All assets, sorted by file name. Names under /assets/ contain a hash of their content and may be cached for ever; "/" may not.
std::span<const Asset> assets();

}  // namespace mz::web
