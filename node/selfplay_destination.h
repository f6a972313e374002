// Where the games of a run end up: a directory or a file here, or a file elsewhere. The run collects games in the folder
// `staging`, writes `file` at the end, and publishes it; only then the staging goes.
//
// Used by one thread. Errors are sentences about the destination; `refused` also when a publication was interrupted.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "store/disk.h"
#include "store/merge.h"

namespace mz {

class SelfplayDestination {
 public:
  struct Places {
    std::string name;     // as people know it
    std::string staging;  // a folder; of a directory: itself
    std::string file;     // on this computer
    OutputKind kind = OutputKind::directory;
  };

  virtual ~SelfplayDestination() = default;
  [[nodiscard]] const Places& places() const { return places_; }

  // Whether games are there already. Called once, before anything is created or played.
  virtual Result<bool> exists() = 0;
  // Makes `file` hold what is there.
  virtual Result<void> fetch() = 0;
  // Makes what is there be what `file` holds.
  virtual Result<void> publish() = 0;

 protected:
  explicit SelfplayDestination(Places places) : places_(std::move(places)) {}

 private:
  Places places_;
};

// A path. A file is written beside its staging, PATH.partial, under its own name in one step, so there is nothing to fetch or to
// publish.
Result<std::unique_ptr<SelfplayDestination>> local_destination(const std::string& path, Disk& disk);

}  // namespace mz
