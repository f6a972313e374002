// The files of the agreement in DATA/cluster: promise, cards, events, and `of`, which names the cluster they belong to. Cards
// and events of another cluster are dropped; its promise is kept in `promises`, under the id of the cluster, until the node is
// in that cluster again.
//
// Belongs to one thread at a time.
#pragma once

#include <filesystem>
#include <string>

#include "engine/base/result.h"
#include "p2p/agreement/agreement.h"
#include "p2p/trust/key.h"

namespace mz {

class ClusterFiles {
 public:
  explicit ClusterFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Refused when the promise is damaged, or is missing while other files are there.
  Result<AgreementFiles> load(const std::string& cluster);
  // Only the cards, without a change of any file; none when those there are of another cluster.
  [[nodiscard]] Result<Bytes> cards(const std::string& cluster) const;
  Result<void> write(const Write& write);

 private:
  Result<void> check_promise();
  Result<void> change_cluster(const std::string& from, const std::string& to);
  [[nodiscard]] std::filesystem::path path(Write::File file) const;
  std::filesystem::path directory_;
};

}  // namespace mz
