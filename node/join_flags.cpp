#include "node/join_flags.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>

namespace mz {
namespace {

constexpr std::size_t kMaxLine = 4096;

Result<std::string> first_line(std::istream& in, const std::string& name) {
  std::string line;
  for (char c = 0; line.size() < kMaxLine && in.get(c) && c != '\n';) line += c;
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (line.empty()) return Error{ErrorKind::usage, "There is nothing to read in " + name + "."};
  return line;
}

Result<std::string> line_of(const std::string& file) {
  if (file == "-") return first_line(std::cin, "standard input");
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{ErrorKind::not_found, "The file " + file + " cannot be read."};
  return first_line(in, file);
}

// Keeps the terminal from showing what is typed.
class Silence {
 public:
  Silence() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~Silence() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

}  // namespace

Result<JoinToken> read_join_token(const std::string& given) {
  if (given == "-" || given.starts_with("@")) {
    auto line = line_of(given == "-" ? given : given.substr(1));
    if (!line) return line.error();
    return JoinToken::parse(*line);
  }
  return JoinToken::parse(given);
}

PeerFlags add_peer_flag(CLI::App& verb) {
  auto peers = std::make_shared<std::vector<std::string>>();
  verb.add_option("--peer", *peers, "Where a member may be reached; may be given more than once.")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);
  return peers;
}

Result<std::vector<PeerAddress>> parse_peers(const std::vector<std::string>& texts) {
  std::vector<PeerAddress> peers;
  for (const std::string& text : texts) {
    auto peer = PeerAddress::parse(text);
    if (!peer) return peer.error();
    peers.push_back(*peer);
  }
  return peers;
}

Result<std::string> read_secret(const std::string& file, const std::string& question) {
  if (!file.empty()) return line_of(file);
  if (::isatty(STDIN_FILENO) == 0) {
    return Error{ErrorKind::usage,
                 "There is no terminal to ask. Name a file with --passphrase-file, or - for standard input."};
  }
  const Silence silence;  // first: what is typed before it is shown, and lost
  std::fprintf(stderr, "%s: ", question.c_str());
  auto line = first_line(std::cin, "the terminal");
  std::fprintf(stderr, "\n");
  return line;
}

Result<std::string> read_new_secret(const std::string& file, const std::string& question) {
  auto secret = read_secret(file, question);
  if (!secret || !file.empty()) return secret;
  const auto again = read_secret(file, "The same once more");
  if (!again) return again;
  if (*again != *secret) return Error{ErrorKind::usage, "The two are not the same. Nothing was done; try again."};
  return secret;
}

}  // namespace mz
