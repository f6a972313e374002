#include "node/selfplay_destination.h"

#include <utility>

namespace mz {
namespace {

class LocalDestination final : public SelfplayDestination {
 public:
  LocalDestination(Places places, Disk& disk) : SelfplayDestination(std::move(places)), disk_(disk) {}

  Result<bool> exists() override { return disk_.size(places().file).ok(); }
  Result<void> fetch() override { return {}; }
  Result<void> publish() override { return {}; }

 private:
  Disk& disk_;
};

}  // namespace

Result<std::unique_ptr<SelfplayDestination>> local_destination(const std::string& path, Disk& disk) {
  const auto kind = output_kind(path);
  if (!kind) return kind.error();
  const std::string staging = *kind == OutputKind::directory ? path : path + ".partial";
  return std::unique_ptr<SelfplayDestination>(std::make_unique<LocalDestination>(
      SelfplayDestination::Places{.name = path, .staging = staging, .file = path, .kind = *kind}, disk));
}

}  // namespace mz
