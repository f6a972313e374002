#include "node/limits.h"

#include "engine/record.h"
#include "node/configuration.h"
#include "node/line_reader.h"

namespace mz {

std::vector<Limit> limits() {
  return {
      {"one game record", GameRecord::kMaxBytes, "bytes", "the record is refused"},
      {"moves of one game", GameRecord::kMaxMoves, "moves", "the record is refused"},
      {"search statistics of one game", GameRecord::kMaxStatisticsBytes, "bytes", "the record is refused"},
      {"specification of an engine", GameRecord::kMaxSpecBytes, "bytes", "the record is refused"},
      {"options of one game", GameRecord::kMaxOptions, "options", "the record is refused"},
      {"a configuration file", Configuration::kMaxFileBytes, "bytes", "the file is refused"},
      {"one line of a recording", LineReader::kMaxLineBytes, "bytes", "reading the file ends there"},
  };
}

}  // namespace mz
