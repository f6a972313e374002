#include "node/conformance_run.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <utility>

#include "node/joined_threads.h"
#include "node/line_reader.h"
#include "node/recording.h"

namespace mz {
namespace {

constexpr std::size_t kMaxCachedGames = 64;  // configurations kept by one thread

// The files as one stream of lines, and what was found in them. Every member is guarded by mutex_; comparing happens
// outside it.
class Work {
 public:
  explicit Work(const std::vector<std::string>& paths) : files_(paths.size()), lines_(paths.size()) {
    for (std::size_t i = 0; i < paths.size(); ++i) files_[i].path = paths[i];
  }

  struct Line {
    std::size_t file = 0;
    std::size_t number = 0;
    std::string text;
  };

  // False when all files are read.
  bool next(Line& line) {
    const std::lock_guard lock(mutex_);
    while (file_ < files_.size()) {
      if (const auto got = read(line); !got) {
        set_error(file_, reader_ ? reader_->line_number() + 1 : 0, got.error());
      } else if (*got) {
        return true;
      }
      reader_.reset();
      ++file_;
    }
    return false;
  }

  void add(const Line& line, Comparison comparison) {
    const std::lock_guard lock(mutex_);
    FileConformance& file = files_[line.file];
    ++file.games;
    file.plies += comparison.plies;
    file.mismatches += comparison.mismatches;
    if (comparison.first && line.number < lines_[line.file].mismatch) {
      lines_[line.file].mismatch = line.number;
      file.first = std::move(comparison.first);
    }
  }

  void add(const Line& line, const Error& error) {
    const std::lock_guard lock(mutex_);
    set_error(line.file, line.number,
              {error.kind, files_[line.file].path + " line " + std::to_string(line.number) + ": " + error.text});
  }

  std::vector<FileConformance> take() { return std::move(files_); }

 private:
  struct FirstLines {
    std::size_t mismatch = std::numeric_limits<std::size_t>::max();
    std::size_t error = std::numeric_limits<std::size_t>::max();
  };

  Result<bool> read(Line& line) {
    if (!reader_) {
      auto opened = LineReader::open(files_[file_].path);
      if (!opened) return opened.error();
      reader_ = std::move(*opened);
    }
    const auto got = reader_->next(line.text);
    line.file = file_;
    line.number = reader_->line_number();
    return got;
  }

  void set_error(std::size_t file, std::size_t number, Error error) {
    if (number >= lines_[file].error) return;
    lines_[file].error = number;
    files_[file].error = std::move(error);
  }

  std::mutex mutex_;
  std::vector<FileConformance> files_;
  std::vector<FirstLines> lines_;
  std::size_t file_ = 0;
  std::unique_ptr<LineReader> reader_;
};

// The games that one thread has needed so far.
class Games {
 public:
  Result<const Game*> of(const GameConfig& config) {
    const Key key{config.game, config.board, config.seats, config.options};
    if (const auto at = games_.find(key); at != games_.end()) return at->second.get();
    if (games_.size() >= kMaxCachedGames) games_.clear();
    auto game = make_game(config);
    if (!game) return game.error();
    return games_.emplace(key, std::move(*game)).first->second.get();
  }

 private:
  using Key = std::tuple<std::string, std::string, int, std::map<std::string, int>>;
  std::map<Key, std::unique_ptr<Game>> games_;
};

template <class Recorded>
Result<Comparison> compare_with(const Recorded& recorded, Games& games) {
  const auto game = games.of(recorded.config);
  if (!game) return game.error();
  return compare(recorded, **game);
}

void compare_line(const Work::Line& line, Work& work, Games& games) {
  const auto recording = parse_recording(line.text);
  if (!recording) return work.add(line, recording.error());
  if (std::holds_alternative<InexactVector>(*recording)) return;
  const auto* game = std::get_if<RecordedGame>(&*recording);
  auto comparison =
      game != nullptr ? compare_with(*game, games) : compare_with(std::get<RecordedVector>(*recording), games);
  if (!comparison) return work.add(line, comparison.error());
  work.add(line, std::move(*comparison));
}

void compare_all(Work& work) {
  Games games;
  Work::Line line;
  while (work.next(line)) compare_line(line, work, games);
}

}  // namespace

std::vector<FileConformance> run_conformance(const std::vector<std::string>& paths, unsigned threads) {
  Work work(paths);
  JoinedThreads helpers;
  for (unsigned i = 1; i < threads; ++i) {
    // No more threads to be had: those that run, this one included, do all the work.
    if (!helpers.start([&work] { compare_all(work); })) break;
  }
  compare_all(work);
  helpers.join();
  return work.take();
}

}  // namespace mz
