// What `meshzero doctor` has to say. Every kind of finding stands in one table, which the documentation is printed from: its id
// never changes its level or its meaning, so scripts may go by it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mz::doctor {

enum class Level : std::uint8_t {
  ok,
  info,     // worth knowing; nothing needs to be done
  warning,  // works less well than it could, or will stop working
  error,    // does not work
};

std::string_view level_word(Level level);

struct FindingKind {
  std::string_view id;  // CHECK.OUTCOME
  Level level;
  std::string_view meaning;
  std::string_view remedy;  // in general; empty for ok
};

std::span<const FindingKind> finding_kinds();

struct Finding {
  std::string id;
  Level level = Level::ok;
  std::string text;    // a sentence about this machine
  std::string remedy;  // what to do; empty when nothing is to be done
};

// Of a kind in the table; anything else is a bug of ours and ends the program. Without a `remedy` it gets the one of its kind.
Finding finding(std::string_view id, std::string text, std::string remedy = "");

}  // namespace mz::doctor
