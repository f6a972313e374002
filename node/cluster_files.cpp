#include "node/cluster_files.h"

#include <algorithm>

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

// not_found when there is none. One that is empty is damaged like any other that is cut short.
Result<Promise> read_promise(const std::filesystem::path& file) {
  auto bytes = read_private_file(file, kMaxSmallFile);
  if (!bytes) return bytes.error();
  return Promise::decode(*bytes);
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
  if (!from.empty() && !parse_cluster_id(from)) {
    return Error{ErrorKind::corrupt,
                 (directory_ / kOf).string() + " names no cluster. Delete it if this node is in no other cluster now."};
  }
  auto current = read_promise(path(Write::File::promise));
  if (!current) return current.error();
  const std::filesystem::path promises = directory_ / kPromises;
  auto next = read_promise(promises / to);
  if (!next && next.error().kind == ErrorKind::not_found) next = Promise{};
  if (!next) return next.error();
  for (const Write::File file : {Write::File::cards, Write::File::events}) {
    auto gone = remove_private_file(path(file));
    if (!gone && gone.error().kind != ErrorKind::not_found) return gone.error();
  }
  // Nobody knows in which cluster the promise was given, if there is one: it goes on to bind.
  if (from.empty()) return write_private_file(directory_ / kOf, to);
  if (auto made = make_private_directory(promises); !made) return made.error();
  if (auto kept = write_private_file(promises / from, current->encode()); !kept) return kept.error();
  // Between these writes a crash leaves the promise of neither cluster but the higher one, which binds in both.
  const Ballot bound = next->ballot;
  next->incarnation = current->incarnation;
  next->ballot = std::max(current->ballot, bound);
  if (auto written = write_private_file(path(Write::File::promise), next->encode()); !written) return written.error();
  if (auto written = write_private_file(directory_ / kOf, to); !written) return written.error();
  next->ballot = bound;
  return write_private_file(path(Write::File::promise), next->encode());
}

// The promise is the first file that is written here, so where any other is, a missing one is lost.
Result<void> ClusterFiles::check_promise() {
  const auto promise = read_promise(path(Write::File::promise));
  if (promise) return {};
  if (promise.error().kind != ErrorKind::not_found) return promise.error();
  for (const std::filesystem::path& file :
       {directory_ / kOf, path(Write::File::cards), path(Write::File::events), directory_ / kPromises}) {
    std::error_code error;
    if (!std::filesystem::exists(file, error)) continue;
    return Error{ErrorKind::corrupt,
                 "The file that holds this node's votes, " + path(Write::File::promise).string() +
                     ", is gone, although others beside it show that the node took part in its cluster. A node that "
                     "forgot its votes must not vote: give it a new identity with `meshzero identity reset` and join "
                     "again."};
  }
  return write_private_file(path(Write::File::promise), Promise{}.encode());
}

Result<Bytes> ClusterFiles::cards(const std::string& cluster) const {
  auto of = read_or_nothing(directory_ / kOf, kMaxSmallFile);
  if (!of) return of.error();
  if (std::string(of->begin(), of->end()) != cluster) return Bytes();
  return read_or_nothing(path(Write::File::cards), Agreement::kMaxCardFile);
}

Result<AgreementFiles> ClusterFiles::load(const std::string& cluster) {
  if (auto made = make_private_directory(directory_); !made) return made.error();
  if (auto bound = check_promise(); !bound) return bound.error();
  auto of = read_or_nothing(directory_ / kOf, kMaxSmallFile);
  if (!of) return of.error();
  if (const std::string before(of->begin(), of->end()); before != cluster) {
    if (auto changed = change_cluster(before, cluster); !changed) return changed.error();
  }
  AgreementFiles files;
  auto promise = read_private_file(path(Write::File::promise), kMaxSmallFile);
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
