// Rules that can be written down: move and position text as in FORMAT sections 3 and 4, packed bytes, results. See rules.inl for how
// this file is compiled.

namespace mz::ringrift::MZ_ISA {

namespace detail {

inline std::optional<int> parse_int(std::string_view text, int low, int high) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty() || value < low || value > high)
    return {};
  return value;
}

inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

}  // namespace detail

template <class G>
class RingRift : public Rules<G> {
 public:
  using Base = Rules<G>;
  using State = typename Base::State;
  using Run = typename Base::Run;
  using Rows = typename Base::Rows;
  using Base::Base;

  [[nodiscard]] std::string move_text(const State& s, Move m) const;
  [[nodiscard]] static bool exchanges_seats(Move m) { return type_of(m) == MoveType::swap_sides; }
  [[nodiscard]] std::optional<Move> parse_move(const State& s, std::string_view text) const;
  [[nodiscard]] std::string text(const State& s) const;
  [[nodiscard]] Result<State> parse(std::string_view text) const;
  [[nodiscard]] Outcome outcome(const State& s) const;
  void observe(const State& s, int /*seat*/, std::vector<std::uint8_t>& out) const { pack(s, out); }
  void pack(const State& s, std::vector<std::uint8_t>& out) const;
  [[nodiscard]] bool unpack(std::span<const std::uint8_t> in, State& s) const;

 private:
  static constexpr std::size_t idx(int i) { return static_cast<std::size_t>(i); }
  static std::string cell_text(int cell) {
    return std::to_string(G::row(cell) - G::kRadius) + "," + std::to_string(G::column(cell) - G::kRadius);
  }
  static int parse_cell(std::string_view text) {
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) return -1;
    const auto x = detail::parse_int(text.substr(0, comma), -99, 99);
    const auto y = detail::parse_int(text.substr(comma + 1), -99, 99);
    if (!x || !y || !G::on_board(*x + G::kRadius, *y + G::kRadius)) return -1;
    return G::cell(*x + G::kRadius, *y + G::kRadius);
  }
  static std::string run_text(const Run& run, int from, int count) {
    std::string out;
    for (int i = from; i < from + count; ++i)
      out += (i == from ? "" : ";") + cell_text(G::step(run.axis, run.first, i));
    return out;
  }
  // What no reader may let through, because the rules rely on it.
  [[nodiscard]] bool sound(const State& s) const;
  [[nodiscard]] bool place_content(State& s, int cell, std::uint8_t who, Rings rings) const;
};

template <class G>
std::string RingRift<G>::move_text(const State& s, Move m) const {
  const int to = to_of(m);
  const int from = from_of(m);
  const std::string p = " " + std::to_string(s.h.player + 1);
  const auto at = [](int cell) { return " " + cell_text(cell); };
  const auto count = [](int n) { return " " + std::to_string(n); };
  const auto slide_text = [&](const char* mode, const std::string& ex, const std::string& cells) {
    return "RS" + p + at(from) + at(to) + " " + mode + " " + ex + " " + cells;
  };
  switch (type_of(m)) {
    case MoveType::no_placement:
      return "NP" + p;
    case MoveType::skip_placement:
      return "SP" + p;
    case MoveType::no_movement:
      return "NM" + p;
    case MoveType::skip_capture:
      return "SC" + p;
    case MoveType::no_line:
      return "NL" + p;
    case MoveType::no_territory:
      return "NT" + p;
    case MoveType::skip_territory:
      return "ST" + p;
    case MoveType::skip_recovery:
      return "SR" + p;
    case MoveType::swap_sides:
      return "SW" + p;
    case MoveType::place:
      return "PR" + p + at(to) + count(from + 1);
    case MoveType::move_stack:
      return "MS" + p + at(from) + at(to);
    case MoveType::capture:
      return "OC" + p + at(from) + at(extra_of(m)) + at(to);
    case MoveType::continue_capture:
      return "CC" + p + at(from) + at(extra_of(m)) + at(to);
    case MoveType::recover_line:
      return slide_text("L1", cell_text(extra_of(m)), "-");
    case MoveType::recover_fallback:
      return slide_text("F", cell_text(extra_of(m)), "-");
    case MoveType::recover_strike:
      return slide_text("S", cell_text(extra_of(m)), "-");
    case MoveType::recover_window: {
      const Run windows = this->slide(s, s.h.player, from, to).windows;
      const int start = G::bit(windows.axis, to) - G::bit(windows.axis, windows.first) - extra_of(m);
      return slide_text("L2", "-", run_text(windows, start, this->setup().line_length));
    }
    case MoveType::process_line:
    case MoveType::choose_line:
    case MoveType::choose_window: {
      const Run run = this->run_through(s, s.h.player, from, to);
      const std::string line = run_text(run, 0, run.length);
      if (type_of(m) == MoveType::process_line) return "PL" + p + " " + line;
      if (type_of(m) == MoveType::choose_line) return "CL" + p + " " + line + " " + line;
      return "CL" + p + " " + line + " " + run_text(run, extra_of(m), this->setup().line_length);
    }
    case MoveType::claim_region: {
      std::string cells;
      Base::for_each_cell(this->region_of(s, m),
                          [&](int cell) { cells += (cells.empty() ? "" : ";") + cell_text(cell); });
      return "CT" + p + " " + cells;
    }
    case MoveType::pay_line:
      return "ER" + p + " L" + at(to) + count(1);
    case MoveType::pay_territory:
      return "ER" + p + " T" + at(to) + count(cap(s.rings[idx(to)]));
    case MoveType::pay_recovery:
      return "ER" + p + " R" + at(to) + count(1);
    case MoveType::forced_elimination:
      return "FE" + p + at(to) + count(cap(s.rings[idx(to)]));
  }
  return "?";
}

// The common moves are read directly; lines, regions and recovery windows are looked for in the legal list.
template <class G>
std::optional<Move> RingRift<G>::parse_move(const State& s, std::string_view text) const {
  const std::vector<std::string_view> f = detail::split(text, ' ');
  const auto cell_at = [&](std::size_t i) { return i < f.size() ? parse_cell(f[i]) : -1; };
  const auto with_cells = [](MoveType type, int to, int from, int extra) -> std::optional<Move> {
    if (to < 0 || from < 0 || extra < 0) return std::nullopt;
    return make_move(type, static_cast<unsigned>(to), static_cast<unsigned>(from), static_cast<unsigned>(extra));
  };
  const std::string_view kind = f[0];
  static constexpr std::array<std::pair<std::string_view, MoveType>, 9> kPlain = {{{"NP", MoveType::no_placement},
                                                                                   {"SP", MoveType::skip_placement},
                                                                                   {"NM", MoveType::no_movement},
                                                                                   {"SC", MoveType::skip_capture},
                                                                                   {"NL", MoveType::no_line},
                                                                                   {"NT", MoveType::no_territory},
                                                                                   {"ST", MoveType::skip_territory},
                                                                                   {"SR", MoveType::skip_recovery},
                                                                                   {"SW", MoveType::swap_sides}}};
  for (const auto& [name, type] : kPlain) {
    if (kind == name) return make_move(type);
  }
  if (kind == "PR" && f.size() == 4) {
    const auto count = detail::parse_int(f[3], 1, 3);
    return count ? with_cells(MoveType::place, cell_at(2), *count - 1, 0) : std::nullopt;
  }
  if (kind == "MS") return with_cells(MoveType::move_stack, cell_at(3), cell_at(2), 0);
  if (kind == "OC") return with_cells(MoveType::capture, cell_at(4), cell_at(2), cell_at(3));
  if (kind == "CC") return with_cells(MoveType::continue_capture, cell_at(4), cell_at(2), cell_at(3));
  if (kind == "FE") return with_cells(MoveType::forced_elimination, cell_at(2), 0, 0);
  MoveList list;
  this->moves(s, list);
  for (const Move move : list) {
    if (type_of(move) > MoveType::continue_capture && move_text(s, move) == text) return move;
  }
  return std::nullopt;
}

template <class G>
std::string RingRift<G>::text(const State& s) const {
  const Header& h = s.h;
  const bool over = h.phase == Phase::game_over;
  const int n = this->setup().players;
  std::string out(kBoardNames[static_cast<std::size_t>(G::kBoard)]);
  out += "|N" + std::to_string(n) + "|T" + std::to_string(over ? 0 : h.player + 1) + "|";
  out += kPhaseNames[static_cast<std::size_t>(h.phase)];
  std::string stacks = "|S ";
  std::string markers = "|M ";
  std::string collapsed = "|C ";
  for (int cell = 0; cell < G::kCells; ++cell) {
    const std::uint8_t who = s.who[idx(cell)];
    if (who == kEmpty) continue;
    std::string& section = is_stack(who) ? stacks : is_marker(who) ? markers : collapsed;
    if (section.size() > 3) section += ' ';
    section += cell_text(cell) + ":";
    if (is_stack(who)) {
      const Rings rings = s.rings[idx(cell)];
      for (int i = 0; i < height(rings); ++i) section += static_cast<char>('1' + ring_at(rings, i));
    } else {
      section += static_cast<char>('1' + owner_of(who));
    }
  }
  out += stacks + markers + collapsed;
  const auto numbers = [&](const char* name, const std::array<std::uint16_t, kMaxPlayers>& values) {
    out += name;
    for (int p = 0; p < n; ++p) out += (p == 0 ? "" : ",") + std::to_string(values[idx(p)]);
  };
  numbers("|H ", h.hand);
  numbers("|E ", h.eliminated);
  numbers("|R ", h.territory);
  out += "|X " + (!over && h.must_move != kNoCell ? cell_text(h.must_move) : std::string("-"));
  out += "|K " + (!over && h.origin != kNoCell ? cell_text(h.origin) : std::string("-"));
  std::string flags;
  static constexpr std::array<std::pair<std::uint8_t, char>, 5> kFlags = {
      {{kActed, 'a'}, {kRecovered, 'r'}, {kLineDebt, 'e'}, {kRegionDebt, 't'}, {kMaySwap, 's'}}};
  for (const auto& [flag, letter] : kFlags) {
    if ((h.flags & flag) != 0) flags += letter;
  }
  out += "|Q " + (over || flags.empty() ? "-" : flags) + "|L ";
  if (over) return out + "-";
  out += std::to_string(h.lps_first) + ";";
  for (int p = 0; p < n; ++p) {
    if ((h.lps_seen >> p & 1) == 0) continue;
    out += static_cast<char>('1' + p);
    out += (h.lps_real >> p & 1) != 0 ? '+' : '-';
  }
  if (h.lps_seen == 0) out += '.';
  return out + ";" + std::to_string(h.lps_count) + ";" + std::to_string(h.lps_player);
}

template <class G>
bool RingRift<G>::place_content(State& s, int cell, std::uint8_t who, Rings rings) const {
  if (cell < 0 || s.who[idx(cell)] != kEmpty) return false;
  if (owner_of(who) >= this->setup().players) return false;
  this->put(s, cell, who, rings, nullptr);
  for (int i = 0; rings != 0 && i < height(rings); ++i) {
    if (ring_at(rings, i) >= this->setup().players) return false;
    ++s.h.board_rings[idx(ring_at(rings, i))];
  }
  return true;
}

template <class G>
bool RingRift<G>::sound(const State& s) const {
  const Header& h = s.h;
  const auto own_stack = [&](Cell cell) { return cell < G::kCells && s.who[idx(cell)] == stack_of(h.player); };
  if (h.player >= this->setup().players) return false;
  if (h.must_move != kNoCell && (h.phase != Phase::movement || !own_stack(h.must_move))) return false;
  const bool capturing = h.phase == Phase::capture || h.phase == Phase::chain_capture;
  if (h.origin != kNoCell && (!capturing || !own_stack(h.origin))) return false;
  if ((h.flags & kRegionDebt) != 0 && h.phase != Phase::territory_processing) return false;
  if ((h.flags & kMaySwap) != 0 && this->setup().players != 2) return false;
  return h.lps_first <= this->setup().players && h.lps_player <= this->setup().players &&
         (h.lps_real & ~h.lps_seen) == 0;
}

template <class G>
auto RingRift<G>::parse(std::string_view text) const -> Result<State> {
  const auto wrong = [](const std::string& what) {
    return Error{ErrorKind::usage, "This is not a RingRift position: " + what + "."};
  };
  static constexpr std::size_t kMaxText = 1U << 15;
  if (text.size() > kMaxText) return wrong("it is longer than " + std::to_string(kMaxText) + " characters");
  const std::vector<std::string_view> f = detail::split(text, '|');
  if (f.size() != 14) return wrong("it must have 14 fields joined by '|'");
  const std::string_view board = kBoardNames[static_cast<std::size_t>(G::kBoard)];
  const int n = this->setup().players;
  if (f[0] != board) return wrong("the board must be " + std::string(board));
  if (f[1] != "N" + std::to_string(n)) return wrong("it must say N" + std::to_string(n) + " for the number of players");

  State s;
  this->clear(s);
  Header& h = s.h;
  const auto phase = std::find(kPhaseNames.begin(), kPhaseNames.end(), f[3]);
  if (phase == kPhaseNames.end()) return wrong("there is no phase '" + std::string(f[3].substr(0, 40)) + "'");
  h.phase = static_cast<Phase>(phase - kPhaseNames.begin());
  const bool over = h.phase == Phase::game_over;
  const auto turn = detail::parse_int(f[2].substr(0, 1) == "T" ? f[2].substr(1) : "", over ? 0 : 1, over ? 0 : n);
  if (!turn) return wrong("the player to act must be T1 to T" + std::to_string(n) + ", or T0 when the game is over");
  h.player = static_cast<std::uint8_t>(over ? 0 : *turn - 1);

  const auto labelled = [&](std::size_t i, char label) -> std::optional<std::string_view> {
    if (f[i].size() < 2 || f[i][0] != label || f[i][1] != ' ') return std::nullopt;
    return f[i].substr(2);
  };
  for (const auto& [field, label] : {std::pair<std::size_t, char>{4, 'S'}, {5, 'M'}, {6, 'C'}}) {
    const auto section = labelled(field, label);
    if (!section) return wrong(std::string("a section must begin with '") + label + " '");
    if (section->empty()) continue;
    for (const std::string_view entry : detail::split(*section, ' ')) {
      const std::size_t colon = entry.find(':');
      const int cell = parse_cell(entry.substr(0, colon));
      const std::string_view digits = colon == std::string_view::npos ? "" : entry.substr(colon + 1);
      Rings rings = 0;
      bool good = cell >= 0 && !digits.empty() && digits.size() <= (label == 'S' ? kMaxHeight : 1U);
      for (const char digit : digits) {
        good = good && digit >= '1' && digit < '1' + n;
        if (good) rings = push_top(rings, digit - '1');
      }
      const int owner = good ? top_owner(rings) : 0;
      const std::uint8_t who = label == 'S' ? stack_of(owner) : label == 'M' ? marker_of(owner) : collapsed_of(owner);
      if (!good || !place_content(s, cell, who, label == 'S' ? rings : 0)) {
        return wrong("the entry '" + std::string(entry.substr(0, 40)) + "' is not a free cell with owners 1 to " +
                     std::to_string(n));
      }
    }
  }
  for (auto* counter : {&h.hand, &h.eliminated, &h.territory}) {
    const std::size_t field = counter == &h.hand ? 7 : counter == &h.eliminated ? 8 : 9;
    const auto section = labelled(field, counter == &h.hand ? 'H' : counter == &h.eliminated ? 'E' : 'R');
    const auto numbers = section ? detail::split(*section, ',') : std::vector<std::string_view>{};
    bool good = numbers.size() == static_cast<std::size_t>(n);
    for (std::size_t p = 0; good && p < numbers.size(); ++p) {
      const auto value = detail::parse_int(numbers[p], 0, 9999);
      good = value.has_value();
      if (good) (*counter)[p] = static_cast<std::uint16_t>(*value);
    }
    if (!good) return wrong("hands, eliminated rings and territory must each be " + std::to_string(n) + " numbers");
  }
  for (const auto& [field, label] : {std::pair<std::size_t, char>{10, 'X'}, {11, 'K'}}) {
    const auto section = labelled(field, label);
    const int cell = section && *section != "-" ? parse_cell(*section) : kNoCell;
    if (!section || cell < 0) return wrong(std::string("the field ") + label + " must be a cell or '-'");
    (label == 'X' ? h.must_move : h.origin) = static_cast<Cell>(cell);
  }
  const std::string_view flags = labelled(12, 'Q').value_or("?");
  for (const char letter : flags == "-" ? std::string_view{} : flags) {
    static constexpr std::string_view kLetters = "arets";
    const std::size_t at = kLetters.find(letter);
    if (at == std::string_view::npos) return wrong("the field Q must be '-' or some of the letters a r e t s");
    h.flags |= static_cast<std::uint8_t>(1U << at);
  }
  const auto rounds = labelled(13, 'L');
  if (!rounds) return wrong("the last field must begin with 'L '");
  if (!over) {
    const auto parts = detail::split(*rounds, ';');
    const auto first = detail::parse_int(parts[0], 0, n);
    const auto count = parts.size() == 4 ? detail::parse_int(parts[2], 0, 255) : std::nullopt;
    const auto who = parts.size() == 4 ? detail::parse_int(parts[3], 0, n) : std::nullopt;
    if (!first || !count || !who) return wrong("the field L must read 'first;mask;count;player'");
    h.lps_first = static_cast<std::uint8_t>(*first);
    h.lps_count = static_cast<std::uint8_t>(*count);
    h.lps_player = static_cast<std::uint8_t>(*who);
    const std::string_view mask = parts[1] == "." ? "" : parts[1];
    for (std::size_t i = 0; i + 1 < mask.size(); i += 2) {
      const int seat = mask[i] - '1';
      if (seat < 0 || seat >= n) return wrong("the round mask names a player who does not exist");
      h.lps_seen |= static_cast<std::uint8_t>(1U << seat);
      if (mask[i + 1] == '+') h.lps_real |= static_cast<std::uint8_t>(1U << seat);
    }
  }
  if (!sound(s)) return wrong("player, phase and the fields X, K, Q and L contradict each other");
  if (this->text(s) != text) return wrong("it is not in canonical form; that would be " + this->text(s));
  return s;
}

template <class G>
Outcome RingRift<G>::outcome(const State& s) const {
  Outcome out;
  if (s.h.phase != Phase::game_over) return out;
  out.over = true;
  out.winner = s.h.winner;
  out.returns.resize(idx(this->setup().players));
  this->returns(s, out.returns);
  if (s.h.ending != Ending::none) out.detail = kEndingNames[static_cast<std::size_t>(s.h.ending)];
  switch (s.h.ending) {
    case Ending::ring_threshold:
    case Ending::stalemate_eliminated:
      out.reason = "ring_elimination";
      break;
    case Ending::territory_threshold:
    case Ending::stalemate_territory:
      out.reason = "territory_control";
      break;
    case Ending::none:
      break;  // read from text, which does not say
    default:
      out.reason = "last_player_standing";
      break;
  }
  return out;
}

// Packed form: 8 bytes of turn state, the two named cells, three counters per player, five bytes of rounds, winner and ending, one
// nibble of content per cell, then for each stack in cell order its height and its rings, two bits each from the bottom.
template <class G>
void RingRift<G>::pack(const State& s, std::vector<std::uint8_t>& out) const {
  const Header& h = s.h;
  const auto byte = [&out](int value) { out.push_back(static_cast<std::uint8_t>(value)); };
  const auto word = [&byte](int value) {
    byte(value & 255);
    byte(value >> 8);
  };
  byte(1);
  byte(static_cast<int>(G::kBoard));
  byte(this->setup().players);
  byte(static_cast<int>(h.phase));
  byte(h.player);
  byte(h.flags);
  word(h.must_move);
  word(h.origin);
  for (int p = 0; p < this->setup().players; ++p) {
    word(h.hand[idx(p)]);
    word(h.eliminated[idx(p)]);
    word(h.territory[idx(p)]);
  }
  for (const int value : {h.lps_first, h.lps_seen, h.lps_real, h.lps_count, h.lps_player}) byte(value);
  byte(h.winner + 1);
  byte(static_cast<int>(h.ending));
  for (int cell = 0; cell < G::kCells; cell += 2) {
    byte(s.who[idx(cell)] | (cell + 1 < G::kCells ? s.who[idx(cell + 1)] << 4 : 0));
  }
  for (int cell = 0; cell < G::kCells; ++cell) {
    const Rings rings = s.rings[idx(cell)];
    if (rings == 0) continue;
    const int levels = height(rings);
    byte(levels);
    for (int i = 0; i < levels; i += 4) byte(static_cast<int>((rings ^ Rings{1} << 2 * levels) >> 2 * i & 255));
  }
}

template <class G>
bool RingRift<G>::unpack(std::span<const std::uint8_t> in, State& s) const {
  std::size_t at = 0;
  bool short_of_bytes = false;
  const auto byte = [&]() -> int {
    if (at >= in.size()) {
      short_of_bytes = true;
      return 0;
    }
    return in[at++];
  };
  const auto word = [&byte] {
    const int low = byte();
    return low | byte() << 8;
  };
  const int n = this->setup().players;
  if (byte() != 1 || byte() != static_cast<int>(G::kBoard) || byte() != n) return false;
  this->clear(s);
  Header& h = s.h;
  const int phase = byte();
  const int player = byte();
  const int flags = byte();
  if (phase > static_cast<int>(Phase::game_over) || player >= n || flags > 31) return false;
  h.phase = static_cast<Phase>(phase);
  h.player = static_cast<std::uint8_t>(player);
  h.flags = static_cast<std::uint8_t>(flags);
  h.must_move = static_cast<Cell>(word());
  h.origin = static_cast<Cell>(word());
  for (int p = 0; p < n; ++p) {
    for (auto* counter : {&h.hand, &h.eliminated, &h.territory}) {
      const int value = word();
      if (value > 9999) return false;
      (*counter)[idx(p)] = static_cast<std::uint16_t>(value);
    }
  }
  for (auto* value : {&h.lps_first, &h.lps_seen, &h.lps_real, &h.lps_count, &h.lps_player}) {
    *value = static_cast<std::uint8_t>(byte());
  }
  if (h.lps_seen >> n != 0) return false;
  const int winner = byte() - 1;
  const int ending = byte();
  if (winner >= n || ending >= static_cast<int>(kEndingNames.size())) return false;
  if (h.phase != Phase::game_over && (winner != -1 || ending != 0)) return false;
  h.winner = static_cast<std::int8_t>(winner);
  h.ending = static_cast<Ending>(ending);

  std::array<std::uint8_t, G::kCells + 1> who{};
  for (int cell = 0; cell < G::kCells; cell += 2) {
    const int pair = byte();
    who[idx(cell)] = static_cast<std::uint8_t>(pair & 15);
    who[idx(cell + 1)] = static_cast<std::uint8_t>(pair >> 4);
  }
  if (who[G::kCells] != 0) return false;
  for (int cell = 0; cell < G::kCells && !short_of_bytes; ++cell) {
    const std::uint8_t content = who[idx(cell)];
    if (content == kEmpty) continue;
    if (content > stack_of(kMaxPlayers - 1)) return false;
    Rings rings = 0;
    if (is_stack(content)) {
      const int levels = byte();
      if (levels < 1 || levels > kMaxHeight) return false;
      for (int i = 0; i < levels; i += 4) rings |= static_cast<Rings>(byte()) << 2 * i;
      const Rings mark = Rings{1} << 2 * levels;
      if (rings >= mark) return false;
      rings |= mark;
      if (stack_of(top_owner(rings)) != content) return false;
    }
    if (!place_content(s, cell, content, rings)) return false;
  }
  return !short_of_bytes && at == in.size() && sound(s);
}

}  // namespace mz::ringrift::MZ_ISA
