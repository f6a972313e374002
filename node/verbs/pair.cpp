// `meshzero pair` and `meshzero approve`: machines join after six digits were compared, or their id was.
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <set>

#include <nlohmann/json.hpp>

#include "node/control_client.h"
#include "node/exit_code.h"
#include "node/interrupt.h"
#include "node/neighbours.h"
#include "node/pairing_book.h"
#include "node/running_node.h"
#include "node/verbs.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{30};  // to ask another machine takes some

// Requests live in the running node only, so nothing is done without one.
Result<json> ask(const FlagValues& flags, const std::string& method, const std::string& path, const json& body) {
  auto found = find_node(flags);
  if (!found) return found.error();
  HttpQuestion question{.method = method, .path = path};
  if (!body.is_null()) {
    question.content_type = "application/json";
    question.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  return ask_node(found->data, question, kPatience);
}

bool is_open(const json& request) {
  const auto state = parse_pairing_state(request.value("state", ""));
  return state && mz::is_open(*state);
}

std::string digits_of(const json& request) {
  const json digits = request.value("digits", json());
  return digits.is_string() ? spaced_digits(digits.get<std::string>()) : "-";
}

void print(const json& request) {
  std::printf("%-8s  %-3s  %-8s  %-15s  %s  %s\n          %s\n", request.value("id", "").c_str(),
              request.value("direction", "").c_str(), digits_of(request).c_str(), request.value("state", "").c_str(),
              request.value("node_id", "").c_str(), request.value("name", "").c_str(),
              request.value("text", "").c_str());
}

int list(const FlagValues& flags, bool as_json) {
  auto answer = ask(flags, "GET", "/api/v1/pairing", nullptr);
  if (!answer) return report(answer.error());
  if (as_json) {
    std::printf("%s\n", answer->dump(2).c_str());
    return kExitOk;
  }
  if (!answer->value("open", false)) std::printf("Pairing is switched off (setting `pairing`).\n");
  const json requests = answer->value("requests", json::array());
  if (requests.empty()) std::printf("No machine asks for pairing, and this node asks none.\n");
  for (const json& request : requests) print(request);
  return kExitOk;
}

int say(const Result<json>& request, bool as_json) {
  if (!request) return report(request.error());
  if (as_json) {
    std::printf("%s\n", request->dump(2).c_str());
  } else {
    std::printf("%s\n", request->value("text", "").c_str());
  }
  return kExitOk;
}

int start(const FlagValues& flags, const std::string& peer, bool as_json) {
  auto request = ask(flags, "POST", "/api/v1/pairing", {{"peer", peer}});
  if (!request || as_json) return say(request, as_json);
  std::printf("Digits: %s\n%s\nConfirm here with: meshzero pair\n", digits_of(*request).c_str(),
              request->value("text", "").c_str());
  return kExitOk;
}

// Whether this is one segment of a path.
bool is_id(const std::string& text) {
  return !text.empty() && text.size() <= 16 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == text.npos;
}

Result<json> settle(const FlagValues& flags, const std::string& id, const std::string& step, const json& body) {
  if (!is_id(id)) return Error{ErrorKind::usage, "Name the request by its id, as `meshzero pair list` shows it."};
  return ask(flags, "POST", "/api/v1/pairing/" + id + "/" + step, body);
}

// --- interactive ---------------------------------------------------------------------------------------------------------

// The request of that id as it is now; null when it is gone.
Result<json> look_up(const FlagValues& flags, const std::string& id) {
  auto answer = ask(flags, "GET", "/api/v1/pairing", nullptr);
  if (!answer) return answer;
  for (const json& request : answer->value("requests", json::array())) {
    if (request.value("id", "") == id) return request;
  }
  return json();
}

// The first open request with digits that is not among those a person has passed over.
Result<json> next_request(const FlagValues& flags, const std::set<std::string>& passed) {
  auto answer = ask(flags, "GET", "/api/v1/pairing", nullptr);
  if (!answer) return answer;
  for (const json& request : answer->value("requests", json::array())) {
    const bool waits = request.value("state", "") == "waiting" || request.value("state", "") == "confirmed_there";
    if (waits && request.value("kind", "") == "digits" && !passed.contains(request.value("id", ""))) return request;
  }
  return json();
}

// Waits for the end of a request, or for Ctrl-C, and says how it ended.
int wait_for_end(const FlagValues& flags, const std::string& id, const std::atomic<bool>& stopped) {
  std::string said;
  while (!stopped) {
    auto request = look_up(flags, id);
    if (!request) return report(request.error());
    if (!request->is_object()) return report({ErrorKind::not_found, "The request is gone. Start again."});
    const std::string text = request->value("text", "");
    if (text != said) std::printf("%s\n", text.c_str());
    std::fflush(stdout);
    said = text;
    if (!is_open(*request)) return request->value("state", "") == "done" ? kExitOk : kExitRefused;
    ::poll(nullptr, 0, 250);
  }
  return kExitOk;
}

// What the person answers; nothing when the decision is left for later.
std::string answer_of_person() {
  std::string line;
  std::getline(std::cin, line);
  return line;
}

// With what was read on the other screen. False when it was something else and may be typed again.
Result<bool> confirm_with(const FlagValues& flags, const std::string& id, const std::string& digits) {
  const auto settled = settle(flags, id, "confirm", {{"digits", digits}});
  if (settled) return true;
  auto request = look_up(flags, id);
  if (!request) return request.error();
  if (!request->is_object() || !is_open(*request)) return settled.error();
  std::printf("%s\n", settled.error().text.c_str());
  return false;
}

// Machines that this node may ask to take it in and that no request is open with; none when it has other members.
std::vector<Neighbour> whom_to_ask(const FlagValues& flags) {
  auto status = ask(flags, "GET", "/api/v1/status", nullptr);
  if (!status || has_others(*status)) return {};
  auto seen = ask(flags, "GET", "/api/v1/discovery", nullptr);
  if (!seen) return {};
  std::vector<Neighbour> found = neighbours_in(*seen);
  std::erase_if(found, [](const Neighbour& each) { return each.pairing; });
  return found;
}

void print(const std::vector<Neighbour>& found) {
  std::printf("Machines on the network:\n");
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::printf("  %2zu  %s  (node %s, cluster %s)\n", i + 1, found[i].name.c_str(), found[i].node.c_str(),
                found[i].cluster.c_str());
  }
  std::printf("Whom shall this machine join? [number, or Enter = wait for one that asks] ");
  std::fflush(stdout);
}

// The machine that the person has chosen, by its number; nothing for anything else.
std::optional<Neighbour> choice_of_person(const std::vector<Neighbour>& found) {
  std::string line;
  std::getline(std::cin, line);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (error != std::errc() || end != line.data() + line.size() || number < 1 || number > found.size()) return {};
  return found[number - 1];
}

// Asks at one address after the other.
Result<json> ask_to_be_taken_in(const FlagValues& flags, const Neighbour& machine) {
  Result<json> last = Error{ErrorKind::unreachable, "No address of that machine is known."};
  for (const std::string& address : machine.addresses) {
    last = ask(flags, "POST", "/api/v1/pairing", {{"peer", address}});
    if (last || last.error().kind != ErrorKind::unreachable) break;
  }
  return last;
}

// While no machine asks: shows whom this one may ask, each time that changes, and lets the person choose.
class Offer {
 public:
  explicit Offer(const FlagValues& flags) : flags_(flags) {}

  // Shows what is new and waits half a second for an answer.
  void turn() {
    if (!declined_) show();
    pollfd keys{STDIN_FILENO, POLLIN, 0};
    const bool asked_for = !declined_ && !shown_.empty();
    if (::poll(&keys, asked_for ? 1 : 0, 500) <= 0) return;
    const auto chosen = choice_of_person(shown_);
    declined_ = !chosen || !std::cin;
    if (declined_) std::printf("This waits for a machine that asks; Ctrl-C ends it.\n");
    if (chosen) {
      const auto asked = ask_to_be_taken_in(flags_, *chosen);
      if (!asked) std::printf("%s\n", asked.error().text.c_str());
      shown_.clear();
    }
    std::fflush(stdout);
  }
  // Somebody asks: the question on the screen is none any more.
  void give_way() {
    if (!shown_.empty() && !declined_) std::printf("\n");
    shown_.clear();
  }

 private:
  void show() {
    const std::vector<Neighbour> found = whom_to_ask(flags_);
    const auto same = [](const Neighbour& a, const Neighbour& b) { return a.node == b.node; };
    if (found.empty() && !std::exchange(said_, true)) {
      std::printf("No machine asks for pairing yet. This waits for one; Ctrl-C ends it.\n");
      std::fflush(stdout);
    }
    if (std::equal(found.begin(), found.end(), shown_.begin(), shown_.end(), same)) return;
    give_way();
    shown_ = found;
    if (!shown_.empty()) print(shown_);
  }

  const FlagValues flags_;
  std::vector<Neighbour> shown_;
  bool said_ = false;
  bool declined_ = false;
};

int converse(const FlagValues& flags) {
  if (::isatty(STDIN_FILENO) == 0) {
    return report({ErrorKind::usage,
                   "There is no terminal to ask. Use `meshzero pair list` and `meshzero pair confirm ID --digits N`."});
  }
  const std::atomic<bool>& stopped = stop_on_signals();
  std::set<std::string> passed;
  Offer offer(flags);
  while (!stopped) {
    auto request = next_request(flags, passed);
    if (!request) return report(request.error());
    if (!request->is_object()) {
      if (!passed.empty()) return kExitOk;
      offer.turn();
      continue;
    }
    offer.give_way();
    ::tcflush(STDIN_FILENO, TCIFLUSH);  // what was typed before the question is no answer to it
    const std::string id = request->value("id", "");
    std::printf(
        "%s\nNode %s\n\n    %s\n\nWhich digits does the other machine show? [six digits = confirm, n = refuse, Enter = "
        "later] ",
        request->value("text", "").c_str(), request->value("node_id", "").c_str(), digits_of(*request).c_str());
    std::fflush(stdout);
    const std::string answer = answer_of_person();
    if (stopped) break;
    if (answer.empty()) {
      passed.insert(id);
    } else if (answer.front() == 'n' || answer.front() == 'N') {
      const auto refused = settle(flags, id, "refuse", nullptr);
      if (!refused) return report(refused.error());
      std::printf("%s\n", refused->value("text", "").c_str());
      passed.insert(id);
    } else {
      const auto confirmed = confirm_with(flags, id, answer);
      if (!confirmed) return report(confirmed.error());
      if (*confirmed) return wait_for_end(flags, id, stopped);
    }
  }
  return kExitOk;
}

}  // namespace

void add_pair(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand(
      "pair", "Let a machine in, or this one into another cluster, after comparing six digits on both.");
  verb->require_subcommand(0, 1);
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer(
      "Without a further word it shows the requests one by one and asks; while there is none, it shows the machines "
      "found on the network and lets you choose whom to join.\nExamples:\n  meshzero pair\n"
      "  meshzero pair start studio.local:8765\n  meshzero pair list --json\n"
      "  meshzero pair confirm k3v2xq7a --digits 482913");
  verb->callback([verb, &action, flags] {
    if (verb->get_subcommands().empty()) action = [=] { return converse(flags); };
  });

  auto as_json = std::make_shared<bool>(false);
  CLI::App* show = verb->add_subcommand("list", "Show the requests: id, direction, digits, state, node.");
  show->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues show_flags = add_configuration_flags(*show, {"data"});
  show->footer("Exit code 3 when no node runs.\nExample:\n  meshzero pair list");
  show->callback([&action, show_flags, as_json] { action = [=] { return list(show_flags, *as_json); }; });

  CLI::App* begin = verb->add_subcommand("start", "Ask the node at an address to take this one into its cluster.");
  auto peer = std::make_shared<std::string>();
  begin->add_option("HOST:PORT", *peer, "Where a node of that cluster is reached.")->required();
  begin->add_flag("--json", *as_json, "Print JSON: the request.");
  const FlagValues begin_flags = add_configuration_flags(*begin, {"data"});
  begin->footer(
      "Exit code 4 when this node has other members or the other one refuses, 5 when nobody answers.\n"
      "Example:\n  meshzero pair start studio.local:8765");
  begin->callback(
      [&action, begin_flags, peer, as_json] { action = [=] { return start(begin_flags, *peer, *as_json); }; });

  auto id = std::make_shared<std::string>();
  CLI::App* yes = verb->add_subcommand("confirm", "Confirm a request with the digits that the other machine shows.");
  auto digits = std::make_shared<std::string>();
  yes->add_option("ID", *id, "The request's id, as `pair list` shows it.")->required();
  yes->add_option("--digits", *digits, "The six digits on the other machine.")->required()->type_name("N");
  yes->add_flag("--json", *as_json, "Print JSON: the request.");
  const FlagValues yes_flags = add_configuration_flags(*yes, {"data"});
  yes->footer(
      "The machines join when both are confirmed. Exit code 3 when there is no such request, 4 when the digits differ "
      "from those here or it has ended.\nExample:\n  meshzero pair confirm k3v2xq7a --digits 482913");
  yes->callback([&action, yes_flags, id, digits, as_json] {
    action = [=] { return say(settle(yes_flags, *id, "confirm", {{"digits", *digits}}), *as_json); };
  });

  CLI::App* no = verb->add_subcommand("refuse", "End a request; the machines stay apart.");
  no->add_option("ID", *id, "The request's id, as `pair list` shows it.")->required();
  no->add_flag("--json", *as_json, "Print JSON: the request.");
  const FlagValues no_flags = add_configuration_flags(*no, {"data"});
  no->footer("Example:\n  meshzero pair refuse k3v2xq7a");
  no->callback([&action, no_flags, id, as_json] {
    action = [=] { return say(settle(no_flags, *id, "refuse", nullptr), *as_json); };
  });
}

void add_approve(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand(
      "approve", "Take in a machine that was started with `up --cluster`, by its id; for machines without a screen.");
  auto node = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  verb->add_option("NODE", *node, "The node's id, or at least its first 16 characters.")->required();
  verb->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer(
      "Run it on an admin node, before or after the machine asks. Exit code 4 when this node is no admin.\n"
      "Example:\n  meshzero approve 4k2lq7ab3vndw2s5");
  verb->callback([&action, flags, node, as_json] {
    action = [=] { return say(ask(flags, "POST", "/api/v1/approvals", {{"node_id", *node}}), *as_json); };
  });
}

}  // namespace mz
