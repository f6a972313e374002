#include "node/s3/destination.h"

#include <optional>
#include <string_view>
#include <utility>

#include "node/s3/object.h"

namespace mz {
namespace {

constexpr std::string_view kDatabase = ".db";

// Empty when the name is that of no file of games.
std::string_view ending_of(std::string_view name) {
  for (const std::string_view ending : {kDatabase, std::string_view(".jsonl"), std::string_view(".jsonl.gz")}) {
    if (name.ends_with(ending)) return ending;
  }
  return {};
}

class S3Destination final : public SelfplayDestination {
 public:
  S3Destination(Places places, S3Object object, Disk& disk)
      : SelfplayDestination(std::move(places)), object_(std::move(object)), disk_(disk) {}

  Result<bool> exists() override {
    auto found = object_.look();
    if (!found) return found.error();
    found_ = std::move(*found);
    return found_.has_value();
  }

  Result<void> fetch() override {
    // What an interruption has left.
    if (disk_.size(places().file)) {
      if (auto removed = disk_.remove(places().file); !removed) return removed;
    }
    return object_.download(*found_, places().file, disk_);
  }

  Result<void> publish() override { return object_.upload(places().file, found_); }

 private:
  S3Object object_;
  Disk& disk_;
  std::optional<S3Object::Found> found_;  // what is replaced
};

}  // namespace

Result<std::unique_ptr<SelfplayDestination>> s3_destination(const std::string& text, const Environment& environment,
                                                            Disk& disk, const std::atomic<bool>& stop) {
  const auto address = parse_s3_address(text);
  if (!address) return address.error();
  const std::string name = address->last_part();
  const std::string_view ending = ending_of(name);
  if (ending.empty()) {
    return Error{ErrorKind::usage, "An output in S3 is one file: end " + text + " in .db, .jsonl or .jsonl.gz."};
  }
  auto settings = s3_settings(environment, disk);
  if (!settings) return settings.error();
  auto object = S3Object::create(std::move(*settings), *address, stop);
  if (!object) return object.error();
  const std::string staging = name + ".partial";
  SelfplayDestination::Places places{.name = address->text(),
                                     .staging = staging,
                                     .file = staging + "/finished" + std::string(ending),
                                     .kind = ending == kDatabase ? OutputKind::database : OutputKind::lines};
  return std::unique_ptr<SelfplayDestination>(
      std::make_unique<S3Destination>(std::move(places), std::move(*object), disk));
}

}  // namespace mz
