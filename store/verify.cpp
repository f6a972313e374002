#include "store/verify.h"

#include <set>

#include "store/game_file.h"
#include "store/game_source.h"
#include "store/segment.h"

namespace mz {
namespace {

constexpr std::size_t kMaxDamage = 1000;  // sentences kept; more add nothing

class Verifier {
 public:
  Verifier(std::string path, Disk& disk) : disk_(disk) { report_.path = std::move(path); }

  Result<VerifyReport> run() {
    const auto kind = source_kind(report_.path);
    if (!kind && (kind.error().kind == ErrorKind::not_found || kind.error().kind == ErrorKind::failure))
      return kind.error();
    if (!kind) {
      damage(kind.error());
    } else if (*kind == SourceKind::directory) {
      if (auto checked = check_directory(); !checked) return checked.error();
    } else {
      ++report_.files;
      if (auto read = read_games(report_.path, disk_, table_, count()); !read) damage(read.error());
    }
    report_.games = ids_.size();
    report_.distinct_games = plays_.size();
    return report_;
  }

 private:
  void damage(const Error& error) {
    if (report_.damage.size() < kMaxDamage) report_.damage.push_back(error.text);
  }

  // Counts a game of the path itself.
  GameVisitor count() {
    return [this](const CheckedGame& game) -> Result<void> {
      plays_.insert(game.play_hash);
      if (ids_.insert(game.id).second) report_.plies += game.record.moves.size();
      return {};
    };
  }

  Result<void> check_directory() {
    // The view first: what it shows was sealed before, so the segments read afterwards must have it.
    const std::string view = report_.path + "/games.db";
    std::set<Digest> in_view;
    const auto note = [&in_view](const CheckedGame& game) -> Result<void> {
      in_view.insert(game.id);
      return {};
    };
    const bool has_view = disk_.size(view).ok();
    bool view_whole = has_view;
    if (has_view) {
      ++report_.files;
      if (auto read = read_game_file(view, table_, note); !read) {
        damage(read.error());
        view_whole = false;
      }
    }
    if (auto checked = check_segments(); !checked) return checked;
    if (!has_view)
      report_.notes.push_back("There is no games.db; it will be made from the segments at the next start.");
    if (!view_whole) return {};
    std::uint64_t missing = 0;
    for (const Digest& id : ids_) missing += in_view.contains(id) ? 0U : 1U;
    for (const Digest& id : in_view) {
      if (!ids_.contains(id))
        damage({ErrorKind::corrupt, view + " has game " + to_hex(id) + ", which no intact segment has."});
    }
    if (missing > 0) {
      report_.notes.push_back("games.db lacks " + std::to_string(missing) +
                              " games of the segments; the next start adds them.");
    }
    return {};
  }

  // Segments may be joined by the node while we read; see read_games.
  Result<void> check_segments() {
    std::set<Digest> done;
    for (bool again = true; again;) {
      again = false;
      const auto names = list_segments(disk_, report_.path);
      if (!names) return names.error();
      for (const Digest& name : *names) {
        if (!done.insert(name).second) continue;
        again = true;
        const auto read = read_segment(report_.path, name, disk_, table_, count());
        if (read) {
          ++report_.files;
        } else if (read.error().kind != ErrorKind::not_found) {
          ++report_.files;
          damage(read.error());
        }
      }
    }
    return {};
  }

  Disk& disk_;
  GameTable table_;
  VerifyReport report_;
  std::set<Digest> ids_;
  std::set<Digest> plays_;
};

}  // namespace

Result<VerifyReport> verify_games(const std::string& path, Disk& disk) { return Verifier(path, disk).run(); }

}  // namespace mz
