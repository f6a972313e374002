#include "node/doctor/packet_rules.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

namespace mz::doctor {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 16;  // of chains that jump to chains; the kernel allows as many

struct Walk {
  enum class End : std::uint8_t { fell_through, accepted, dropped } end = End::fell_through;
  bool may_accept = false;  // a rule on the way might have
  bool may_drop = false;
};

Walk walk(const RuleChains& chains, const std::string& name, int depth) {
  Walk result;
  const auto found = chains.find(name);
  if (found == chains.end() || depth > kMaxDepth) return result;
  const auto end_with = [&result](Walk::End end) {
    result.end = end;
    return result;
  };
  for (const Rule& rule : found->second.rules) {
    if (rule.fits == Fits::no) continue;
    const bool sure = rule.fits == Fits::yes;
    Walk inner;
    switch (rule.verdict) {
      case Rule::Verdict::none:
        continue;
      case Rule::Verdict::leave:
        if (sure) return result;
        result.may_accept = result.may_drop = true;  // what comes after may not be met
        continue;
      case Rule::Verdict::accept:
        inner.end = Walk::End::accepted;
        break;
      case Rule::Verdict::drop:
        inner.end = Walk::End::dropped;
        break;
      case Rule::Verdict::jump:
      case Rule::Verdict::go_to:
        inner = walk(chains, rule.target, depth + 1);
        break;
    }
    result.may_accept |= inner.may_accept;
    result.may_drop |= inner.may_drop;
    if (sure && inner.end != Walk::End::fell_through) return end_with(inner.end);
    if (sure && rule.verdict == Rule::Verdict::go_to) return result;
    result.may_accept |= inner.end == Walk::End::accepted;
    result.may_drop |= inner.end == Walk::End::dropped;
  }
  return result;
}

// --- nft -----------------------------------------------------------------------------------------------------------------

Fits fits_if(bool same) { return same ? Fits::yes : Fits::no; }

// Whether `value` (a number, a word, a range, a set of them) holds the number or the word.
Fits holds(const json& value, const json& wanted) {
  if (value.is_string() && value.get<std::string>().starts_with("@")) return Fits::perhaps;  // a named set
  if (value.is_array()) {
    Fits best = Fits::no;
    for (const json& each : value) best = std::max(best, holds(each, wanted));
    return best;
  }
  if (value.is_object()) {
    if (value.contains("set")) return holds(value["set"], wanted);
    if (value.contains("elem")) return holds(value["elem"].value("val", json()), wanted);
    const json range = value.value("range", json());
    if (range.is_array() && range.size() == 2 && wanted.is_number() && range[0].is_number() && range[1].is_number()) {
      return fits_if(range[0] <= wanted && wanted <= range[1]);
    }
    return Fits::perhaps;
  }
  return fits_if(value == wanted);
}

std::string text_at(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// What the probe has in the place that an expression looks at; nothing when nobody can know. `other`: the expression is about
// another protocol, so the rule does not fit.
std::optional<json> seen_by(const json& left, const Probe& probe, bool& other) {
  const json payload = left.is_object() ? left.value("payload", json()) : json();
  const json meta = left.is_object() ? left.value("meta", json()) : json();
  const json tracked = left.is_object() ? left.value("ct", json()) : json();
  if (payload.is_object()) {
    const std::string protocol = text_at(payload, "protocol");
    const std::string field = text_at(payload, "field");
    if (protocol == "tcp" || protocol == "udp" || protocol == "icmp" || protocol == "icmpv6" || protocol == "sctp") {
      other = protocol != probe.protocol;
    }
    if (field == "dport" && (protocol == probe.protocol || protocol == "th")) return json(probe.port);
    if ((field == "protocol" && protocol == "ip") || (field == "nexthdr" && protocol == "ip6"))
      return json(probe.protocol);
  }
  if (meta.is_object() && text_at(meta, "key") == "l4proto") return json(probe.protocol);
  if (tracked.is_object() && text_at(tracked, "key") == "state") return json("new");
  return std::nullopt;
}

bool looks_at_interface(const json& left) {
  const std::string key = left.is_object() ? text_at(left.value("meta", json()), "key") : "";
  return key == "iif" || key == "iifname";
}

Fits match_fits(const json& match, const Probe& probe) {
  const json left = match.value("left", json());
  const json right = match.value("right", json());
  const std::string op = text_at(match, "op");
  bool other = false;
  const auto seen = seen_by(left, probe, other);
  if (other) return Fits::no;
  Fits fits = Fits::perhaps;
  if (seen) {
    fits = op == "<" || op == ">" || op == "<=" || op == ">=" ? Fits::perhaps : holds(right, *seen);
  } else if (looks_at_interface(left) && right == "lo") {
    fits = Fits::no;
  }
  if (op == "!=" && fits != Fits::perhaps) fits = fits == Fits::yes ? Fits::no : Fits::yes;
  return fits;
}

void set_verdict(const json& expression, Rule& rule) {
  if (expression.contains("accept")) rule.verdict = Rule::Verdict::accept;
  if (expression.contains("drop") || expression.contains("reject")) rule.verdict = Rule::Verdict::drop;
  if (expression.contains("return")) rule.verdict = Rule::Verdict::leave;
  for (const auto& [word, verdict] :
       {std::pair{"jump", Rule::Verdict::jump}, std::pair{"goto", Rule::Verdict::go_to}}) {
    if (!expression.contains(word)) continue;
    rule.verdict = verdict;
    rule.target = text_at(expression[word], "target");
  }
}

// A verdict map is one rule for each of its entries.
std::vector<Rule> map_rules(const json& map, Fits fits, const Probe& probe) {
  const json data = map.value("data", json());
  bool other = false;
  const auto seen = seen_by(map.value("key", json()), probe, other);
  std::vector<Rule> rules;
  if (other || !data.is_object()) return rules;
  for (const json& entry : data.value("set", json::array())) {
    if (!entry.is_array() || entry.size() != 2 || !entry[1].is_object()) continue;
    Rule rule;
    const bool loopback = looks_at_interface(map.value("key", json())) && entry[0] == "lo";
    rule.fits = std::min(fits, seen ? holds(entry[0], *seen) : loopback ? Fits::no : Fits::perhaps);
    set_verdict(entry[1], rule);
    rules.push_back(rule);
  }
  return rules;
}

std::vector<Rule> rules_of(const json& expressions, const Probe& probe) {
  std::vector<Rule> rules;
  Rule rule;
  for (const json& expression : expressions) {
    if (!expression.is_object()) continue;
    if (expression.contains("match") && expression["match"].is_object()) {
      rule.fits = std::min(rule.fits, match_fits(expression["match"], probe));
    } else if (expression.contains("vmap") && expression["vmap"].is_object()) {
      rules = map_rules(expression["vmap"], rule.fits, probe);
    } else if (expression.contains("limit") || expression.contains("xt") || expression.contains("queue")) {
      rule.fits = std::min(rule.fits, Fits::perhaps);
      if (expression.contains("queue")) rule.verdict = Rule::Verdict::drop;
    } else {
      set_verdict(expression, rule);
    }
  }
  rules.push_back(rule);
  return rules;
}

// --- iptables ------------------------------------------------------------------------------------------------------------

std::optional<std::uint16_t> number_in(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "22", "22:80", "22,80:90"
Fits ports_fit(std::string_view list, std::uint16_t port) {
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    const auto colon = part.find(':');
    const auto low = number_in(part.substr(0, colon));
    const auto high = colon == std::string_view::npos ? low : number_in(part.substr(colon + 1));
    if (!low || !high) return Fits::perhaps;
    if (*low <= port && port <= *high) return Fits::yes;
  }
  return Fits::no;
}

// The words of a line; a text in quotes is one word.
std::vector<std::string> shell_words(const std::string& line) {
  std::vector<std::string> words;
  bool quoted = false;
  bool inside = false;  // a word has begun
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
      if (!inside) words.emplace_back();
      inside = true;
    } else if (c == ' ' && !quoted) {
      inside = false;
    } else {
      if (!inside) words.emplace_back();
      inside = true;
      words.back() += c;
    }
  }
  return words;
}

void set_target(const std::string& option, const std::string& target, Rule& rule) {
  if (target == "ACCEPT") {
    rule.verdict = Rule::Verdict::accept;
  } else if (target == "DROP" || target == "REJECT") {
    rule.verdict = Rule::Verdict::drop;
  } else if (target == "RETURN") {
    rule.verdict = Rule::Verdict::leave;
  } else {  // a chain; what writes logs and sets marks is none and falls through like an empty one
    rule.verdict = option == "-g" ? Rule::Verdict::go_to : Rule::Verdict::jump;
    rule.target = target;
  }
}

// The words behind "-A CHAIN".
Rule iptables_rule(const std::vector<std::string>& words, const Probe& probe) {
  Rule rule;
  bool negated = false;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string value = i + 1 < words.size() ? words[i + 1] : "";
    Fits fits = Fits::yes;
    if (word == "!") {
      negated = true;
      continue;
    }
    if (word == "-j" || word == "-g") {
      set_target(word, value, rule);
      break;  // what follows belongs to the target
    }
    if (word == "-p")
      fits = value == "all" ? Fits::yes : fits_if(value == probe.protocol);
    else if (word == "--dport" || word == "--dports")
      fits = ports_fit(value, probe.port);
    else if (word == "-i")
      fits = value == "lo" ? Fits::no : Fits::perhaps;
    else if (word == "--ctstate" || word == "--state")
      fits = fits_if(value.find("NEW") != std::string::npos);
    else if (word == "-m")
      fits = value == "limit" || value == "recent" || value == "hashlimit" ? Fits::perhaps : Fits::yes;
    else if (word.starts_with("-") && word != "--comment")
      fits = Fits::perhaps;  // -s, --sport and all the rest
    if (std::exchange(negated, false) && fits != Fits::perhaps) fits = fits == Fits::yes ? Fits::no : Fits::yes;
    rule.fits = std::min(rule.fits, fits);
    ++i;
  }
  return rule;
}

}  // namespace

Passage passage(const RuleChains& chains, const std::string& chain) {
  const Walk result = walk(chains, chain, 0);
  const auto found = chains.find(chain);
  const bool accepts = found == chains.end() || found->second.accepts;
  const bool in = result.end == Walk::End::accepted || (result.end == Walk::End::fell_through && accepts);
  if (in) return result.may_drop ? Passage::unclear : Passage::open;
  return result.may_accept ? Passage::unclear : Passage::blocked;
}

std::vector<FilterChain> nft_chains(std::string_view ruleset, const Probe& probe) {
  const json document = json::parse(ruleset, nullptr, false);
  std::vector<FilterChain> bases;
  std::map<std::string, RuleChains> tables;  // by family and name
  if (!document.is_object()) return bases;
  for (const json& item : document.value("nftables", json::array())) {
    if (!item.is_object()) continue;
    if (const json chain = item.value("chain", json()); chain.is_object()) {
      const std::string table = text_at(chain, "family") + ' ' + text_at(chain, "table");
      tables[table][text_at(chain, "name")].accepts = text_at(chain, "policy") != "drop";
      const std::string hook = text_at(chain, "hook");
      const std::string family = text_at(chain, "family");
      const bool ours = family == "inet" || family == "ip" || family == "ip6";
      if (ours && text_at(chain, "type") == "filter" && (hook == "input" || hook == "prerouting")) {
        bases.push_back({.family = family, .table = text_at(chain, "table"), .name = text_at(chain, "name")});
      }
    }
    if (const json rule = item.value("rule", json()); rule.is_object()) {
      const std::string table = text_at(rule, "family") + ' ' + text_at(rule, "table");
      auto& rules = tables[table][text_at(rule, "chain")].rules;
      for (Rule& each : rules_of(rule.value("expr", json::array()), probe)) rules.push_back(std::move(each));
    }
  }
  for (FilterChain& base : bases) base.passage = passage(tables[base.family + ' ' + base.table], base.name);
  return bases;
}

Passage iptables_passage(std::string_view rules, const Probe& probe) {
  RuleChains chains;
  std::istringstream lines{std::string(rules)};
  for (std::string line; std::getline(lines, line);) {
    const auto words = shell_words(line);
    if (words.size() < 3) continue;
    if (words[0] == "-P") chains[words[1]].accepts = words[2] == "ACCEPT";
    if (words[0] == "-A") chains[words[1]].rules.push_back(iptables_rule(words, probe));
  }
  return passage(chains, "INPUT");
}

}  // namespace mz::doctor
