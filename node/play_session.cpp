#include "node/play_session.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>

#include "engine/ringrift/kernel.h"
#include "node/move_words.h"

namespace mz {
namespace {

constexpr std::uint64_t kEngineStream = 1;
constexpr std::uint64_t kHintStream = 2;

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : line + " ") {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string printable(const std::string& text) {
  constexpr std::size_t kShown = 60;
  std::string out;
  for (const char c : text.substr(0, kShown)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > kShown ? "…" : "");
}

// Whether `wanted` occur among `parts` in this order.
bool in_order(const std::vector<std::string>& wanted, const std::vector<std::string>& parts) {
  auto from = parts.begin();
  for (const std::string& word : wanted) {
    from = std::find(from, parts.end(), word);
    if (from == parts.end()) return false;
    ++from;
  }
  return true;
}

std::string moves(std::size_t count) { return std::to_string(count) + (count == 1 ? " move" : " moves"); }

// A cell as people type it too: "3, 4" and, alone on its line, "3 4".
std::string with_cells_joined(const std::string& line) {
  std::string text;
  for (const char c : line) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (space && text.ends_with(',')) continue;
    while (c == ',' && text.ends_with(' ')) text.pop_back();
    text += space ? ' ' : c;
  }
  const auto words = words_of(text);
  Cell cell;
  const bool cell_in_two = words.size() == 2 && read_cell_text(words[0] + "," + words[1], cell);
  return cell_in_two ? words[0] + "," + words[1] : text;
}

Goals goals_of(const GameConfig& config) {
  const auto board = std::find(ringrift::kBoardNames.begin(), ringrift::kBoardNames.end(), config.board);
  if (config.game != "ringrift" || board == ringrift::kBoardNames.end()) return {};
  const auto setup = ringrift::make_setup(static_cast<ringrift::Board>(board - ringrift::kBoardNames.begin()), config);
  return setup ? Goals{setup->rings_to_win, setup->territory_to_win} : Goals{};
}

std::optional<std::size_t> number_of(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<std::unique_ptr<PlaySession>> PlaySession::make(PlayPlan plan, std::ostream& out) {
  std::unique_ptr<PlaySession> session(new PlaySession(std::move(plan), out));
  PlayPlan& p = session->plan_;
  auto game = make_game(p.config);
  if (!game) return game.error();
  session->game_ = std::move(*game);
  session->goals_ = goals_of(session->game_->config());
  if (p.hint.empty()) {
    const std::vector<EngineKind> kinds = session->game_->engines();
    const auto has = [&](EngineKind kind) { return std::find(kinds.begin(), kinds.end(), kind) != kinds.end(); };
    p.hint = has(EngineKind::minimax) ? "difficulty:10" : has(EngineKind::heuristic) ? "heuristic" : "random";
  }
  if (p.position.empty()) {
    session->start_ = session->game_->initial();
  } else {
    auto start = session->game_->parse(p.position);
    if (!start) return start.error();
    session->start_ = std::move(*start);
  }
  session->position_ = session->start_->clone();
  // Everything that may be needed later is made now, so that a wrong name is reported before the game begins.
  for (const std::string& spec : p.seats) {
    if (spec == kHuman) continue;
    if (auto engine = session->engine(spec); !engine) {
      return Error{engine.error().kind, engine.error().text + " Name a person " + std::string(kHuman) + "."};
    }
  }
  for (const std::string& spec : {p.substitute, p.hint}) {
    if (auto engine = session->engine(spec); !engine) return engine.error();
  }
  return session;
}

Result<EngineSeat*> PlaySession::engine(const std::string& spec) {
  const auto parsed = parse_engine_spec(spec);
  if (!parsed) return parsed.error();
  const std::string name = to_string(*parsed);
  for (const auto& engine : engines_) {
    if (engine->spec() == name) return engine.get();
  }
  auto made = EngineSeat::make(*game_, name);
  if (!made) return made.error();
  engines_.push_back(std::move(*made));
  return engines_.back().get();
}

std::size_t PlaySession::occupant(int seat) const {
  return static_cast<std::size_t>(swaps_.size() % 2 == 1 ? 1 - seat : seat);
}

bool PlaySession::is_human(int seat) const { return plan_.seats[occupant(seat)] == kHuman; }

std::string PlaySession::seat_name(int seat) const {
  return "Seat " + std::to_string(seat + 1) + (is_human(seat) ? "" : " (" + plan_.seats[occupant(seat)] + ")");
}

Rng PlaySession::rng_now(std::uint64_t purpose) const {
  return Rng(derive_seed(derive_seed(plan_.seed, purpose), moves_.size()));
}

void PlaySession::read_legal() {
  position_->moves(list_);
  legal_.clear();
  for (const Move move : list_) legal_.push_back(position_->move_text(move));
}

void PlaySession::show_board(const std::set<Cell>& pointed_out) {
  const std::string text = position_->text();
  const auto drawn = parse_drawn(text);
  out_ << "\n" << (drawn ? draw_board(*drawn, plan_.colour, pointed_out, goals_) : text + "\n");
}

std::string PlaySession::words_for(const std::string& move) const {
  const auto drawn = parse_drawn(position_->text());
  return move_words(move) + (drawn ? landing_words(*drawn, move) : "");
}

void PlaySession::play(Move move, const std::string& remark) {
  const std::string text = position_->move_text(move);
  out_ << seat_name(position_->actor()) << " " << words_for(text) << ".  [" << text << "]" << remark << "\n";
  const bool swap = position_->exchanges_seats(move);
  if (swap) swaps_.push_back(moves_.size());
  position_->apply(move);
  moves_.push_back(move);
  if (swap) tell_new_seats();
}

void PlaySession::tell_new_seats() {
  if (is_human(0) && is_human(1)) {
    out_ << "Whoever sat on seat 1 is now seat 2, and the other way round.\n";
  } else if (is_human(0) || is_human(1)) {
    out_ << "You are now seat " << (is_human(0) ? 1 : 2) << ".\n";
  }
}

void PlaySession::explain_game() {
  const auto drawn = parse_drawn(position_->text());
  if (!drawn) return;
  std::string aim = "You win as the last who can act";
  if (goals_.rings > 0)
    aim += ", or with " + std::to_string(goals_.rings) + " eliminated rings credited to your seat, whosever they were";
  if (goals_.territory > 0)
    aim += ", or with " + std::to_string(goals_.territory) + " cells of territory and more than all others together";
  out_
      << aim
      << ".\n"
         "On the board 2:3 is a stack of three rings that seat 2 owns, (2) a marker and [2] territory of seat 2, and * "
         "a cell to choose.\n";
  out_ << (drawn->hexagonal
               ? "A cell is written x,y: y is the row, and x counts along it as the end of its line says.\n"
               : "A cell is written column,row: 2,5 is in the column under 2 and the row beside 5.\n");
}

Result<void> PlaySession::run(BoundedLines& in) {
  const bool people =
      std::any_of(plan_.seats.begin(), plan_.seats.end(), [](const auto& seat) { return seat == kHuman; });
  if (people) {
    explain_game();
    out_ << "Type 'help' at a question for what can be answered.\n";
  }
  int shown_for = kNobody;
  while (position_->kind() != NodeKind::terminal) {
    if (position_->kind() == NodeKind::chance) {
      Rng rng = rng_now(kEngineStream);
      const Move drawn = position_->sample(rng);
      position_->apply(drawn);
      moves_.push_back(drawn);
      continue;
    }
    read_legal();
    const int seat = position_->actor();
    if (list_.empty()) {
      return Error{ErrorKind::failure, "No move is legal in this position, and the game is not over: it cannot go on."};
    }
    if (!is_human(seat) && shown_for != seat) show_board({});
    shown_for = seat;
    if (list_.size() == 1) {
      play(list_[0], is_bookkeeping(legal_[0]) ? "" : "  It was the only move.");
      continue;
    }
    if (!is_human(seat)) {
      const auto move = think(plan_.seats[occupant(seat)]);
      if (!move) return move.error();
      play(*move, "");
      continue;
    }
    Move chosen;
    const Answer answer = ask(in, chosen);
    if (answer == Answer::leave) {
      out_ << "The game is left after " << moves(moves_.size()) << "; nobody has won.\n";
      return {};
    }
    if (answer == Answer::undo) undo();
    if (answer == Answer::resign && resign(seat)) return {};
    if (answer == Answer::move) {
      decisions_.push_back(moves_.size());
      play(chosen, "");
    }
    shown_for = kNobody;
  }
  announce_end();
  return {};
}

Result<Move> PlaySession::think(const std::string& spec) {
  const auto seat = engine(spec);
  if (!seat) return seat.error();
  Rng rng = rng_now(kEngineStream);
  (*seat)->begin();
  return (*seat)->decide(*position_, rng).move;
}

void PlaySession::hint() {
  const auto seat = engine(plan_.hint);
  if (!seat) {
    out_ << seat.error().text << "\n";
    return;
  }
  Rng rng = rng_now(kHintStream);
  (*seat)->begin();
  const Decision decision = (*seat)->decide(*position_, rng);
  const std::string text = position_->move_text(decision.move);
  char value[64] = "";
  if (decision.value) std::snprintf(value, sizeof value, ", and expects %+.2f from it", *decision.value);
  out_ << (*seat)->spec() << " suggests: " << text << "  (" << words_for(text) << ")" << value << "\n";
}

void PlaySession::undo() {
  if (decisions_.empty()) {
    out_ << "There is no decision of yours to take back.\n";
    return;
  }
  const std::size_t length = decisions_.back();
  decisions_.pop_back();
  out_ << "Taken back: " << moves(moves_.size() - length) << ".\n";
  const std::size_t swaps = swaps_.size();
  moves_.resize(length);
  while (!swaps_.empty() && swaps_.back() >= length) swaps_.pop_back();
  if (swaps_.size() % 2 != swaps % 2) tell_new_seats();
  position_ = start_->clone();
  for (const Move move : moves_) position_->apply(move);
  for (const auto& engine : engines_) engine->new_game();
}

bool PlaySession::resign(int seat) {
  if (plan_.seats.size() == 2) {
    out_ << "Seat " << seat + 1 << " resigns. " << seat_name(1 - seat) << " wins after " << moves(moves_.size())
         << ".\n";
    return true;
  }
  // Against several the game goes on for the others.
  plan_.seats[occupant(seat)] = plan_.substitute;
  resigned_.insert(occupant(seat));
  decisions_.clear();
  out_ << "Seat " << seat + 1 << " resigns. The engine " << plan_.substitute << " plays on for it.\n";
  return false;
}

void PlaySession::announce_end() {
  show_board({});
  const Outcome outcome = position_->outcome();
  out_ << "The game is over after " << moves(moves_.size()) << ": ";
  if (outcome.winner == kNobody) {
    out_ << "nobody wins";
  } else {
    out_ << seat_name(outcome.winner) << " wins";
  }
  out_ << " (" << ending_words(outcome.reason, outcome.detail) << ").\n";
  if (outcome.winner != kNobody && resigned_.contains(occupant(outcome.winner))) {
    out_ << "That is a win of the engine: the person on this seat had resigned.\n";
  }
}

std::vector<PlaySession::Entry> PlaySession::entries(const std::vector<std::size_t>& scope) const {
  const auto single = [&](std::size_t index) {
    return Entry{legal_[index] + "  (" + words_for(legal_[index]) + ")", {index}, target_cells(legal_[index])};
  };
  std::map<std::string, Entry> starts;
  std::vector<Entry> result;
  for (const std::size_t index : scope) {
    const std::string start = choice_cell(legal_[index]);
    if (!start.empty()) starts[start].moves.push_back(index);
  }
  if (scope.size() <= kMaxListed || starts.size() < 2) {
    for (const std::size_t index : scope) result.push_back(single(index));
    return result;
  }
  // In the order of the legal list, each start where its first move stands.
  for (const std::size_t index : scope) {
    const std::string start = choice_cell(legal_[index]);
    if (start.empty()) {
      result.push_back(single(index));
      continue;
    }
    Entry& entry = starts[start];
    if (entry.moves.front() != index) continue;
    if (entry.moves.size() == 1) {
      result.push_back(single(index));
      continue;
    }
    Cell cell;
    if (read_cell_text(start, cell)) entry.cells = {cell};
    entry.label = start;
    result.push_back(entry);
  }
  return result;
}

void PlaySession::show_choice(const std::vector<Entry>& choice, std::size_t moves) {
  std::set<Cell> cells;
  for (const Entry& entry : choice) cells.insert(entry.cells.begin(), entry.cells.end());
  show_board(cells);
  const auto drawn = parse_drawn(position_->text());
  if (drawn) out_ << phase_words(*drawn, legal_) << "\n";
  if (choice.size() > kMaxStarts) {
    out_ << moves << " moves are possible, on the cells marked *. Name a cell, such as " << choice.front().label
         << ".\n";
  }
  constexpr std::size_t kPerLine = 8;
  std::size_t in_line = 0;
  for (std::size_t i = 0; i < choice.size(); ++i) {
    const bool start = choice[i].moves.size() > 1;
    if (start && choice.size() > kMaxStarts) continue;  // named, not numbered
    const std::string item = std::to_string(i + 1) + ") " + choice[i].label;
    if (!start) {
      out_ << (in_line > 0 ? "\n" : "") << "  " << item << "\n";
      in_line = 0;
      continue;
    }
    out_ << (in_line == 0 ? "  " : "   ") << item;
    if (++in_line == kPerLine) {
      out_ << "\n";
      in_line = 0;
    }
  }
  if (in_line > 0) out_ << "\n";
}

// What the line can mean: a notation (with or without the seat), or cells and counts in the order of the notation. A single cell where
// moves begin means those moves.
std::vector<std::size_t> PlaySession::matching(const std::vector<std::size_t>& scope, const std::string& line) const {
  std::vector<std::string> words = words_of(line);
  std::string kind;
  if (!words.empty() && std::isalpha(static_cast<unsigned char>(words[0][0])) != 0) {
    for (const char c : words[0]) kind += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    words.erase(words.begin());
    if (!words.empty() && words[0] == std::to_string(position_->actor() + 1)) words.erase(words.begin());
  }
  std::vector<std::size_t> starting;
  std::vector<std::size_t> containing;
  for (const std::size_t index : scope) {
    if (!kind.empty() && !legal_[index].starts_with(kind + " ")) continue;
    const std::vector<std::string> parts = move_parts(legal_[index]);
    if (!kind.empty() && parts == words) return {index};
    if (words.size() == 1 && choice_cell(legal_[index]) == words[0]) starting.push_back(index);
    if (in_order(words, parts)) containing.push_back(index);
  }
  return starting.empty() ? containing : starting;
}

void PlaySession::list_all() {
  for (const std::string& text : legal_) out_ << "  " << text << "\n";
}

void PlaySession::help() {
  explain_game();
  out_ << "Answer with\n"
          "  a number from the list, or a cell such as 3,4: the moves that begin there\n"
          "  cells in order, such as 3,4 5,4: from there to there; or a ring count behind a cell: 3,4 2\n"
          "  a move in notation, such as MS 1 3,4 5,4 or ms 3,4 5,4\n"
          "  back      from the moves of one cell to all moves\n"
          "  moves     all legal moves in notation\n"
          "  board     the board again\n"
          "  hint      what "
       << plan_.hint
       << " would play\n"
          "  undo      takes back the last decision of a person, also of another one, and everything after it\n"
          "  resign    gives up\n"
          "  quit      leaves the game\n";
}

PlaySession::Answer PlaySession::ask(BoundedLines& in, Move& chosen) {
  std::vector<std::size_t> all(legal_.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<std::size_t> scope = all;
  std::vector<Entry> choice = entries(scope);
  bool show = true;
  for (std::string line;;) {
    if (show) show_choice(choice, scope.size());
    show = false;
    out_ << "Seat " << position_->actor() + 1 << "> " << std::flush;
    const auto got = in.next(line);
    if (got == BoundedLines::Got::end) {
      out_ << "\nThe input has ended. ";
      return Answer::leave;
    }
    if (got == BoundedLines::Got::too_long) {
      out_ << "That line is longer than " << kMaxLineBytes << " bytes and was skipped.\n";
      continue;
    }
    line = with_cells_joined(line);
    const std::vector<std::string> words = words_of(line);
    const std::string command = words.size() == 1 ? lower(words[0]) : "";
    if (command == "quit" || command == "exit") return Answer::leave;
    if (command == "undo") return Answer::undo;
    if (command == "resign") return Answer::resign;
    if (words.empty() || command == "help" || command == "?") {
      help();
    } else if (command == "hint") {
      hint();
    } else if (command == "moves") {
      list_all();
    } else if (command == "board" || command == "back") {
      if (command == "back") scope = all;
      choice = entries(scope);
      show = true;
    } else {
      std::vector<std::size_t> found;
      const auto number = words.size() == 1 ? number_of(words[0]) : std::nullopt;
      if (number && *number >= 1 && *number <= choice.size()) found = choice[*number - 1].moves;
      if (!number) found = matching(scope, line);
      if (!number && found.empty()) found = matching(all, line);
      if (found.size() == 1) {
        chosen = list_[found[0]];
        return Answer::move;
      }
      if (found.empty()) {
        out_ << "'" << printable(line) << "' is none of the " << legal_.size()
             << " moves possible here. Choose from the list, or type 'moves' or 'help'.\n";
      } else {
        show = found != scope;
        if (!show) out_ << "That leaves all of the listed moves open; choose one by its number.\n";
        scope = std::move(found);
        choice = entries(scope);
      }
    }
  }
}

}  // namespace mz
