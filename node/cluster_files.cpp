#include "node/cluster_files.h"

#include "p2p/agreement/ledger.h"
#include "p2p/trust/authority.h"
#include "p2p/trust/private_file.h"

namespace mz {
namespace {

constexpr char kOf[] = "of";
constexpr char kPromises[] = "promises";
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

// Ballots of one cluster mean nothing in another, but a node that comes back is still bound by what it said there. The
// incarnation counts the lives of the node, wherever they are spent.
Result<void> ClusterFiles::change_cluster(const std::string& from, const std::string& to) {
  for (const Write::File file : {Write::File::cards, Write::File::events}) {
    auto gone = remove_private_file(path(file));
    if (!gone && gone.error().kind != ErrorKind::not_found) return gone.error();
  }
  if (!from.empty() && !parse_cluster_id(from)) {
    return Error{ErrorKind::corrupt,
                 (directory_ / kOf).string() + " names no cluster. Delete it if this node is in no other cluster now."};
  }
  const std::filesystem::path promises = directory_ / kPromises;
  auto bytes = read_or_nothing(path(Write::File::promise), kMaxSmallFile);
  if (!bytes) return bytes.error();
  if (bytes->empty() || from.empty()) return write_private_file(directory_ / kOf, to);
  auto promise = Promise::decode(*bytes);
  if (!promise) return promise.error();
  if (auto made = make_private_directory(promises); !made) return made.error();
  if (auto kept = write_private_file(promises / from, *bytes); !kept) return kept.error();
  promise->ballot = {};
  auto earlier = read_or_nothing(promises / to, kMaxSmallFile);
  if (!earlier) return earlier.error();
  if (!earlier->empty()) {
    auto before = Promise::decode(*earlier);
    if (!before) return before.error();
    promise->ballot = before->ballot;
  }
  // In this order: after a crash in between the node is bound by too much, never by too little.
  if (auto written = write_private_file(directory_ / kOf, to); !written) return written.error();
  return write_private_file(path(Write::File::promise), promise->encode());
}

Result<AgreementFiles> ClusterFiles::load(const std::string& cluster) {
  if (auto made = make_private_directory(directory_); !made) return made.error();
  auto of = read_or_nothing(directory_ / kOf, kMaxSmallFile);
  if (!of) return of.error();
  if (const std::string before(of->begin(), of->end()); before != cluster) {
    if (auto changed = change_cluster(before, cluster); !changed) return changed.error();
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
