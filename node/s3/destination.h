// An object in S3 as the destination of a run. Staging and file are in the working directory: of s3://bucket/a/games.db the
// folder games.db.partial and in it the file finished.db, a name that the store in that folder has no other use for.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "node/s3/settings.h"
#include "node/selfplay_destination.h"

namespace mz {

// A usage error when `text` is no address, its ending is that of no file of games, or the environment lacks a setting.
// Once `stop` is true everything ends within a second or two.
Result<std::unique_ptr<SelfplayDestination>> s3_destination(const std::string& text, const Environment& environment,
                                                            Disk& disk, const std::atomic<bool>& stop);

}  // namespace mz
