#include "node/running_node.h"

namespace mz {

Result<FoundNode> find_node(const FlagValues& flags) {
  auto configuration = load_configuration(flags);
  if (!configuration) return configuration.error();
  auto path = data_path(*configuration);
  if (!path) return path.error();
  auto data = DataDirectory::open(*path);
  if (!data) return data.error();
  auto node = data->find_running();
  if (!node) return node.error();
  return FoundNode{std::move(*data), *node};
}

}  // namespace mz
