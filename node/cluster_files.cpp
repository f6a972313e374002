#include "node/cluster_files.h"

#include "p2p/trust/private_file.h"

namespace mz {
namespace {

constexpr char kOf[] = "of";
constexpr std::size_t kMaxSmallFile = 1024;

// Nothing for a file that does not exist.
Result<Bytes> read_or_nothing(const std::filesystem::path& file, std::size_t limit) {
  auto bytes = read_private_file(file, limit);
  if (!bytes && bytes.error().kind == ErrorKind::not_found) return Bytes();
  return bytes;
}

}  // namespace

std::filesystem::path ClusterFiles::path(Write::File file) const {
  switch (file) {
    case Write::File::promise:
      return directory_ / "promise";
    case Write::File::cards:
      return directory_ / "cards";
    case Write::File::events:
      return directory_ / "events";
  }
  return directory_;
}

Result<AgreementFiles> ClusterFiles::load(const std::string& cluster) {
  if (auto made = make_private_directory(directory_); !made) return made.error();
  auto of = read_or_nothing(directory_ / kOf, kMaxSmallFile);
  if (!of) return of.error();
  if (std::string(of->begin(), of->end()) != cluster) {
    for (const Write::File file : {Write::File::cards, Write::File::events}) {
      auto gone = remove_private_file(path(file));
      if (!gone && gone.error().kind != ErrorKind::not_found) return gone.error();
    }
    if (auto written = write_private_file(directory_ / kOf, cluster); !written) return written.error();
  }
  AgreementFiles files;
  auto promise = read_or_nothing(path(Write::File::promise), kMaxSmallFile);
  if (!promise) return promise.error();
  auto cards = read_or_nothing(path(Write::File::cards), Agreement::kMaxCardFile);
  if (!cards) return cards.error();
  auto events = read_or_nothing(path(Write::File::events), Agreement::kMaxEventFile);
  if (!events) return events.error();
  files.promise = std::move(*promise);
  files.cards = std::move(*cards);
  files.events = std::move(*events);
  return files;
}

Result<void> ClusterFiles::write(const Write& write) {
  return write.append ? append_private_file(path(write.file), write.bytes)
                      : write_private_file(path(write.file), write.bytes);
}

}  // namespace mz
