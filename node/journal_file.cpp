#include "node/journal_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <limits>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "p2p/trust/private_file.h"
#include "store/descriptor.h"

namespace mz {
namespace {

using nlohmann::json;

static_assert(kJournalKinds * Journal::kMaxPerKind * (3 * Journal::kMaxTextBytes + 256) < JournalFile::kRewriteBytes,
              "a file that was written anew must not be due again; JSON spells a byte with three at most");

Bytes lines_of(const std::vector<JournalEntry>& entries) {
  std::string text;
  for (const JournalEntry& entry : entries) {
    text += journal_entry_json(entry).dump(-1, ' ', false, json::error_handler_t::replace) + '\n';
  }
  return {text.begin(), text.end()};
}

// The journal is no secret: what others could read of it, a backup that came back for example, is as good as before.
void take_from_others(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!descriptor.valid() || ::fstat(descriptor.get(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  if ((status.st_mode & 077) != 0) ::fchmod(descriptor.get(), 0600);  // otherwise it is refused
}

}  // namespace

Result<std::vector<JournalEntry>> JournalFile::load() {
  take_from_others(file_);
  std::vector<JournalEntry> entries;
  const auto bytes = read_private_file(file_, kMaxBytes);
  if (!bytes && bytes.error().kind == ErrorKind::not_found) return entries;
  if (!bytes) {
    whole_ = true;
    return bytes.error();
  }
  size_ = bytes->size();
  std::string_view rest(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    auto entry = read_journal_entry(json::parse(rest.substr(0, end), nullptr, false));
    if (entry) entries.push_back(std::move(*entry));
    whole_ = whole_ || !entry || end == std::string_view::npos;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return entries;
}

Result<std::vector<JournalEntry>> JournalFile::save(Journal& journal) {
  const std::vector<JournalEntry> added = journal.take_unsaved();
  Bytes lines = lines_of(added);
  if (size_ + lines.size() > kRewriteBytes) whole_ = true;
  if (whole_) lines = lines_of(journal.after(0, std::numeric_limits<std::size_t>::max()));
  if (lines.empty()) return added;
  auto written = make_private_directory(file_.parent_path());
  if (written) written = whole_ ? write_private_file(file_, lines) : append_private_file(file_, lines);
  if (!written) {
    whole_ = true;
    return written.error();
  }
  size_ = (whole_ ? 0 : size_) + lines.size();
  whole_ = false;
  return added;
}

}  // namespace mz
