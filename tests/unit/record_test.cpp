#include "engine/record.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/bytes.h"
#include "tests/unit/toy_game.h"

namespace mz {
namespace {

using Bytes = std::vector<std::uint8_t>;

const GameConfig kToy{.game = "toy", .board = "3x3", .seats = 2, .options = {}};

GameRecord small_record() {
  GameRecord record;
  record.rules_hash.fill(0x11);
  record.config = {.game = "g", .board = "b", .seats = 2, .options = {{"a", -1}, {"z", 3}}};
  record.seed = 0x0102030405060708ULL;
  record.seats = {{"random", ""}, {"net:x", std::string(62, '0') + "ff"}};
  record.moves = {{0}, {127}, {128}, {0xffffffff}};
  record.winner = 1;
  record.reason = "row";
  record.statistics = {9, 8, 7};
  return record;
}

void append(Bytes& out, std::initializer_list<int> bytes) {
  for (const int byte : bytes) out.push_back(static_cast<std::uint8_t>(byte));
}

// small_record() spelled out by hand from the layout in engine/record.h.
Bytes small_bytes() {
  Bytes out;
  append(out, {'M', 'Z', 'G', 'R', 1});
  out.insert(out.end(), 32, 0x11);
  append(out, {1, 'g', 1, 'b', 2, 2, 1, 'a', 1, 1, 'z', 6});
  append(out, {8, 7, 6, 5, 4, 3, 2, 1});
  append(out, {6, 'r', 'a', 'n', 'd', 'o', 'm', 0, 5, 'n', 'e', 't', ':', 'x', 1});
  out.insert(out.end(), 31, 0);
  append(out, {0xff});
  append(out, {4, 0, 127, 0x80, 1, 0xff, 0xff, 0xff, 0xff, 0x0f});
  append(out, {0, 2, 3, 'r', 'o', 'w'});
  append(out, {3, 9, 8, 7});
  return out;
}

// A whole toy game with random players: chance by the rules, decisions by the player.
GameRecord play_toy(std::uint64_t seed, const GameConfig& config = kToy) {
  const auto game = make_game(config).value();
  GameRecord record;
  record.rules_hash = game->rules_hash();
  record.config = config;
  record.seed = seed;
  record.seats = {{"random", ""}, {"random", ""}};
  Rng rng(seed);
  const auto player = game->make_player("random").value();
  const auto position = game->initial();
  while (position->kind() != NodeKind::terminal) {
    const Move move =
        position->kind() == NodeKind::chance ? position->sample(rng) : player->decide(*position, rng).move;
    record.moves.push_back(move);
    position->apply(move);
  }
  record.winner = position->outcome().winner;
  record.reason = position->outcome().reason;
  return record;
}

TEST(Record, HasTheDocumentedBytes) { EXPECT_EQ(encode_record(small_record()), small_bytes()); }

TEST(Record, DecodesWhatItEncodes) {
  const auto record = decode_record(small_bytes());
  ASSERT_TRUE(record) << record.error().text;
  EXPECT_EQ(*record, small_record());
}

TEST(Record, GameIdIsTheHashOfTheBytesBeforeTheStatistics) {
  const Bytes bytes = small_bytes();
  EXPECT_EQ(game_id(small_record()), sha256(std::span(bytes).first(bytes.size() - 4)));
}

TEST(Record, StatisticsAreNoPartOfTheIdentityAndEverythingElseIs) {
  const GameRecord record = small_record();
  const auto changed = [&](auto change) {
    GameRecord other = record;
    change(other);
    return game_id(other) != game_id(record);
  };
  EXPECT_FALSE(changed([](GameRecord& r) { r.statistics.clear(); }));
  EXPECT_TRUE(changed([](GameRecord& r) { r.rules_hash[31] ^= 1; }));
  EXPECT_TRUE(changed([](GameRecord& r) { r.config.board = "c"; }));
  EXPECT_TRUE(changed([](GameRecord& r) { r.config.options["a"] = 0; }));
  EXPECT_TRUE(changed([](GameRecord& r) { r.seed += 1; }));
  EXPECT_TRUE(changed([](GameRecord& r) { r.seats[0].spec = "heuristic"; }));
  EXPECT_TRUE(changed([](GameRecord& r) { r.seats[1].weights_hash = ""; }));
  EXPECT_TRUE(changed([](GameRecord& r) { r.moves.back().code = 1; }));
  EXPECT_TRUE(changed([](GameRecord& r) { r.winner = 0; }));
  EXPECT_TRUE(changed([](GameRecord& r) { r.reason = "joker"; }));
}

TEST(Record, PlayHashIgnoresSeedAndSeatsAndSeesConfigurationAndMoves) {
  const GameRecord record = small_record();
  GameRecord same = record;
  same.seed = 5;
  same.seats[0].spec = "heuristic";
  EXPECT_EQ(play_hash(same), play_hash(record));
  GameRecord moved = record;
  moved.moves.pop_back();
  EXPECT_NE(play_hash(moved), play_hash(record));
  GameRecord configured = record;
  configured.config.options.clear();
  EXPECT_NE(play_hash(configured), play_hash(record));
}

TEST(Record, EverySpellingButTheCanonicalOneIsRefused) {
  const Bytes good = small_bytes();
  const auto refused = [](const Bytes& bytes) {
    const auto record = decode_record(bytes);
    return !record && record.error().kind == ErrorKind::corrupt;
  };
  const auto with = [&](std::size_t at, std::size_t erase, std::initializer_list<int> insert) {
    Bytes bytes = good;
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    const auto rest = bytes.erase(begin, begin + static_cast<std::ptrdiff_t>(erase));
    Bytes part;
    append(part, insert);
    bytes.insert(rest, part.begin(), part.end());
    return bytes;
  };
  const std::size_t game = 37;
  ASSERT_EQ(good[game + 1], 'g');
  EXPECT_TRUE(refused(with(0, 1, {'m'}))) << "magic";
  EXPECT_TRUE(refused(with(4, 1, {2}))) << "version";
  EXPECT_TRUE(refused(with(game, 1, {0x81, 0}))) << "length not minimal";
  EXPECT_TRUE(refused(with(game, 2, {0}))) << "empty name";
  EXPECT_TRUE(refused(with(game + 1, 1, {' '}))) << "space in a name";
  EXPECT_TRUE(refused(with(game + 4, 1, {0}))) << "no seats";
  EXPECT_TRUE(refused(with(game + 4, 1, {kMaxSeats + 1}))) << "too many seats";
  EXPECT_TRUE(refused(with(game + 6, 6, {1, 'z', 6, 1, 'a', 1}))) << "options out of order";
  EXPECT_TRUE(refused(with(game + 6, 6, {1, 'a', 6, 1, 'a', 1}))) << "option twice";
  EXPECT_TRUE(refused(with(game + 8, 1, {0xff, 0xff, 0xff, 0xff, 0x7f}))) << "option value above 32 bits";
  const std::size_t moves = good.size() - 4 - 6 - 10;
  ASSERT_EQ(good[moves], 4);
  EXPECT_TRUE(refused(with(moves + 1, 1, {0x80, 0}))) << "move not minimal";
  EXPECT_TRUE(refused(with(moves + 5, 5, {0xff, 0xff, 0xff, 0xff, 0x1f}))) << "move above 32 bits";
  EXPECT_TRUE(refused(with(moves, 1, {3}))) << "one move fewer than there are";
  const std::size_t capped = moves + 10;
  EXPECT_TRUE(refused(with(capped, 1, {2}))) << "capped neither 0 nor 1";
  EXPECT_TRUE(refused(with(capped, 1, {1}))) << "capped with a winner";
  EXPECT_TRUE(refused(with(capped + 1, 1, {4}))) << "winner without a seat";
  EXPECT_TRUE(refused(with(good.size(), 0, {0}))) << "trailing byte";
  EXPECT_FALSE(refused(good));
}

TEST(Record, CappedGamesSayMoveCapAndNameNoWinner) {
  GameRecord record = small_record();
  record.capped = true;
  EXPECT_FALSE(check_record(record));
  record.winner = kNobody;
  EXPECT_FALSE(check_record(record));
  record.reason = GameRecord::kMoveCap;
  ASSERT_TRUE(check_record(record));
  EXPECT_EQ(*decode_record(encode_record(record)), record);
  record.capped = false;
  EXPECT_FALSE(check_record(record));
}

TEST(Record, ResignationsHaveTwoSeatsAndAWinner) {
  GameRecord record = small_record();
  record.reason = GameRecord::kResignation;
  ASSERT_TRUE(check_record(record));
  EXPECT_EQ(*decode_record(encode_record(record)), record);
  record.winner = kNobody;
  EXPECT_FALSE(check_record(record));
  record.winner = 1;
  record.capped = true;
  EXPECT_FALSE(check_record(record));
  record.capped = false;
  record.config.seats = 3;
  record.seats.push_back({"random", ""});
  EXPECT_FALSE(check_record(record));
  record.reason = "row";
  EXPECT_TRUE(check_record(record)) << "it was the resignation that three seats must not have";
}

TEST(Record, LimitsAreKeptExactly) {
  GameRecord record = small_record();
  record.moves.assign(GameRecord::kMaxMoves, Move{0xffffffff});
  record.statistics.assign(GameRecord::kMaxStatisticsBytes, 1);
  ASSERT_TRUE(check_record(record));
  const Bytes bytes = encode_record(record);
  EXPECT_LE(bytes.size(), GameRecord::kMaxBytes);
  EXPECT_EQ(*decode_record(bytes), record);
  record.moves.push_back({0});
  EXPECT_FALSE(check_record(record));
  record.moves.pop_back();
  record.statistics.push_back(0);
  EXPECT_FALSE(check_record(record));
  EXPECT_FALSE(decode_record(Bytes(GameRecord::kMaxBytes + 1)));
}

TEST(Record, ClaimedLengthsBeyondTheInputAreRefusedBeforeAnythingIsAllocated) {
  Bytes bytes = small_bytes();
  bytes.erase(bytes.end() - 4 - 6 - 10, bytes.end());
  append(bytes, {0xa0, 0x8d, 0x06});  // 100,000 moves, of which none follows
  EXPECT_FALSE(decode_record(bytes));
}

// The decoder is total: cut, changed or random bytes are either refused or are the one spelling of what they decode to.
TEST(Record, DamagedBytesAreRefusedOrCanonical) {
  const Bytes good = encode_record(play_toy(1));
  const auto check = [](std::span<const std::uint8_t> bytes) {
    const auto record = decode_record(bytes);
    if (record) {
      const Bytes again = encode_record(*record);
      EXPECT_TRUE(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
    } else {
      EXPECT_EQ(record.error().kind, ErrorKind::corrupt);
    }
    return record.ok();
  };
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(check(std::span(good).first(size))) << size;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bytes = good;
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1 << bit));
      check(bytes);
    }
  }
  Rng rng(5);
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes = good;
    for (std::uint32_t changes = 1 + rng.below(4); changes > 0; --changes) {
      const auto at = static_cast<std::ptrdiff_t>(rng.below(static_cast<std::uint32_t>(bytes.size())));
      const auto value = static_cast<std::uint8_t>(rng.below(256));
      switch (rng.below(3)) {
        case 0:
          bytes[static_cast<std::size_t>(at)] = value;
          break;
        case 1:
          bytes.insert(bytes.begin() + at, value);
          break;
        default:
          bytes.erase(bytes.begin() + at);
          break;
      }
    }
    check(bytes);
  }
}

TEST(Replay, AcceptsWhatWasPlayedChanceIncluded) {
  for (const int jokers : {0, 1, 3}) {
    GameConfig config = kToy;
    if (jokers != 1) config.options = {{"jokers", jokers}};
    const auto game = make_game(config).value();
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const GameRecord record = *decode_record(encode_record(play_toy(seed, config)));
      EXPECT_GE(record.moves.front().code, toy::Rules::kDealPlain);
      const auto replayed = replay(record, *game);
      EXPECT_TRUE(replayed) << replayed.error().text;
    }
  }
}

TEST(Replay, SameSeedIsTheSameGameToTheByte) {
  EXPECT_EQ(encode_record(play_toy(3)), encode_record(play_toy(3)));
  EXPECT_NE(play_hash(play_toy(3)), play_hash(play_toy(4)));
}

TEST(Replay, RefusesAnIllegalMoveAndNamesIt) {
  GameRecord record = play_toy(1);
  record.moves[3] = record.moves[2];  // the cell that was just taken
  const auto replayed = replay(record, *make_game(kToy).value());
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().kind, ErrorKind::refused);
  EXPECT_NE(replayed.error().text.find("Move 3 "), std::string::npos) << replayed.error().text;
}

TEST(Replay, RefusesMovesAfterTheEndAndGamesWithoutOne) {
  const auto game = make_game(kToy).value();
  GameRecord longer = play_toy(1);
  longer.moves.push_back({0});
  EXPECT_FALSE(replay(longer, *game));
  GameRecord shorter = play_toy(1);
  shorter.moves.pop_back();
  EXPECT_FALSE(replay(shorter, *game));
}

TEST(Replay, AcceptsACappedGameThatStoppedShortAndRefusesOneThatIsOver) {
  const auto game = make_game(kToy).value();
  GameRecord record = play_toy(1);
  record.capped = true;
  record.winner = kNobody;
  record.reason = GameRecord::kMoveCap;
  EXPECT_FALSE(replay(record, *game));
  record.moves.pop_back();
  EXPECT_TRUE(replay(record, *game));
}

// Any prefix of a game may end by resignation of the seat whose turn it is then, of nobody else, and not where chance has the turn.
TEST(Replay, AcceptsAResignationOfTheSeatToMoveOnly) {
  const auto game = make_game(kToy).value();
  const GameRecord whole = play_toy(1);
  const auto position = game->initial();
  int accepted = 0;
  for (std::size_t plies = 0; plies <= whole.moves.size(); ++plies) {
    for (const int winner : {0, 1}) {
      GameRecord record = whole;
      record.moves.resize(plies);
      record.reason = GameRecord::kResignation;
      record.winner = winner;
      const bool others_turn = position->kind() == NodeKind::decision && position->actor() != winner;
      const auto replayed = replay(record, *game);
      EXPECT_EQ(replayed.ok(), others_turn) << plies << " " << winner;
      accepted += replayed.ok() ? 1 : 0;
    }
    if (plies < whole.moves.size()) position->apply(whole.moves[plies]);
  }
  EXPECT_GT(accepted, 3);
}

TEST(Replay, RefusesAnotherResultThanTheRulesGive) {
  const auto game = make_game(kToy).value();
  GameRecord record = play_toy(1);
  const int other = record.winner == 0 ? 1 : 0;
  record.winner = other;
  EXPECT_FALSE(replay(record, *game));
  record = play_toy(1);
  record.reason = "resigned";
  EXPECT_FALSE(replay(record, *game));
}

TEST(Replay, RefusesOtherRulesAndOtherConfigurations) {
  const auto game = make_game(kToy).value();
  GameRecord record = play_toy(1);
  record.rules_hash[0] ^= 1;
  const auto replayed = replay(record, *game);
  ASSERT_FALSE(replayed);
  EXPECT_NE(replayed.error().text.find(to_hex(game->rules_hash())), std::string::npos);
  EXPECT_NE(replayed.error().text.find(to_hex(record.rules_hash)), std::string::npos);
  record = play_toy(1);
  record.config.options = {{"jokers", 2}};
  EXPECT_FALSE(replay(record, *game));
}

TEST(Bytes, VarintsRoundTripAtEveryLength) {
  for (int bits = 0; bits <= 64; ++bits) {
    const std::uint64_t value = bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
    ByteWriter out;
    out.varint(value);
    EXPECT_EQ(out.bytes().size(), static_cast<std::size_t>(std::max(1, (bits + 6) / 7)));
    ByteReader in(out.bytes());
    EXPECT_EQ(in.varint(UINT64_MAX), value);
    EXPECT_TRUE(in.good());
    EXPECT_EQ(in.remaining(), 0U);
  }
}

TEST(Bytes, AReaderStaysBadAfterTheFirstFault) {
  const Bytes bytes{0x80, 0x00, 5, 6, 7};
  ByteReader in(bytes);
  EXPECT_EQ(in.varint(1000), 0U);  // not minimal
  EXPECT_FALSE(in.good());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_TRUE(in.raw(1).empty());
  EXPECT_EQ(in.u64(), 0U);
}

TEST(Bytes, SixtyFiveBitVarintsAreRefused) {
  Bytes bytes(9, 0xff);
  bytes.push_back(0x02);
  ByteReader in(bytes);
  in.varint(UINT64_MAX);
  EXPECT_FALSE(in.good());
}

}  // namespace
}  // namespace mz
