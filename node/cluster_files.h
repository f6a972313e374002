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

namespace mz {

class ClusterFiles {
 public:
  explicit ClusterFiles(std::filesystem::path directory) : directory_(std::move(directory)) {}

  Result<AgreementFiles> load(const std::string& cluster);
  Result<void> write(const Write& write);

 private:
  Result<void> change_cluster(const std::string& from, const std::string& to);
  [[nodiscard]] std::filesystem::path path(Write::File file) const;
  std::filesystem::path directory_;
};

}  // namespace mz
