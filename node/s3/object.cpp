#include "node/s3/object.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <thread>

#include "engine/base/sha256.h"
#include "p2p/trust/service_tls.h"

namespace mz {
namespace {

constexpr const char* kDigestHeader = "x-amz-meta-sha256";
constexpr std::uint64_t kMebibyte = 1U << 20;
constexpr std::size_t kMaxTagBytes = 256;  // of an ETag
constexpr std::size_t kMaxUploadIdBytes = 2048;
constexpr std::chrono::seconds kAbortPatience{5};
constexpr std::chrono::milliseconds kLookAround{100};  // between two looks at `stop`

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return text.data();
}

std::string header(const HttpAnswer& answer, const char* name) {
  const auto found = answer.headers.find(name);
  return found == answer.headers.end() ? "" : found->second;
}

bool is_token(const std::string& text, std::size_t max_bytes) {
  const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
  return !text.empty() && text.size() <= max_bytes && std::all_of(text.begin(), text.end(), printable);
}

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return value;
}

S3Answer said(const HttpAnswer& answer) { return parse_s3_answer(answer.body).value_or(S3Answer{}); }

// "Later", in the words of S3.
bool is_transient(const HttpAnswer& answer) {
  switch (answer.status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    case 400:
      return said(answer).field("Code") == "RequestTimeout";
    default:
      return false;
  }
}

std::string range(std::uint64_t first, std::uint64_t bytes) {
  return std::to_string(first) + "-" + std::to_string(first + bytes - 1);
}

}  // namespace

// A file that is read from its beginning to its end, and again.
struct S3Object::OpenFile {
  std::string path;
  std::ifstream in;
  std::uint64_t bytes = 0;

  static Result<OpenFile> open(const std::string& path) {
    OpenFile file{.path = path, .in = std::ifstream(path, std::ios::binary | std::ios::ate)};
    const auto end = file.in.tellg();
    if (!file.in || end < 0) return Error{ErrorKind::failure, "Cannot read " + path + "."};
    file.bytes = static_cast<std::uint64_t>(end);
    file.in.seekg(0);
    if (file.bytes > kMaxObjectBytes) {
      return Error{ErrorKind::refused, path + " is larger than the 5 TiB that S3 takes."};
    }
    return file;
  }

  Result<std::string> read(std::uint64_t count) {
    std::string part(count, '\0');
    in.read(part.data(), static_cast<std::streamsize>(part.size()));
    if (!in) return Error{ErrorKind::failure, "Cannot read " + path + "; it has changed meanwhile."};
    return part;
  }

  Result<std::string> sha256_hex(const std::atomic<bool>& stop) {
    Sha256 digest;
    for (std::uint64_t left = bytes; left > 0;) {
      if (stop) return Error{ErrorKind::refused, "Interrupted."};
      const auto part = read(std::min(left, kMebibyte));
      if (!part) return part;
      digest.update(*part);
      left -= part->size();
    }
    in.seekg(0);
    return to_hex(digest.finish());
  }
};

Result<S3Object> S3Object::create(S3Settings settings, S3Address address, const std::atomic<bool>& stop) {
  TlsContext context;
  if (settings.tls) {
    auto made =
        make_service_context({.authorities_pem = settings.authorities_pem, .certificate_pem = {}, .key_pem = {}});
    if (!made) return made.error();
    context = std::move(*made);
  }
  return S3Object(std::move(settings), std::move(address), std::move(context), stop);
}

std::uint64_t S3Object::part_bytes(std::uint64_t file_bytes) {
  const std::uint64_t least = (file_bytes + kMaxParts - 1) / kMaxParts;
  return std::max(kPartBytes, (least + kMebibyte - 1) / kMebibyte * kMebibyte);
}

// --- the object ---------------------------------------------------------------------------------------------------------

Result<std::optional<S3Object::Found>> S3Object::look() {
  auto head = ask({.method = "HEAD"}, "");
  if (!head) return head.error();
  if (head->status == 200) {
    Found found{.bytes = 0, .etag = header(*head, "etag"), .sha256 = header(*head, kDigestHeader)};
    const auto bytes = number(header(*head, "content-length"));
    if (!bytes || !is_token(found.etag, kMaxTagBytes)) return nonsense("an object without a length or an ETag");
    found.bytes = *bytes;
    return std::optional(std::move(found));
  }
  // An answer to HEAD has no body, so it does not tell a missing bucket from a missing object, nor why we are refused.
  auto why = ask({.method = "GET", .headers = {{"range", "bytes=0-0"}}}, "");
  if (!why) return why.error();
  if (why->status == 404 && said(*why).field("Code") == "NoSuchKey") return std::optional<Found>();
  if (why->status == 200 || why->status == 206) {
    return nonsense("it refuses to say how large the object is, with status " + std::to_string(head->status));
  }
  return refusal(*why, "look whether the object exists");
}

Result<void> S3Object::download(const Found& found, const std::string& path, Disk& disk) {
  auto file = disk.create(path);
  if (!file) return file.error();
  for (std::uint64_t at = 0; at < found.bytes;) {
    const std::uint64_t bytes = std::min(kRangeBytes, found.bytes - at);
    const std::string wanted = range(at, bytes);
    auto answer =
        ask({.method = "GET", .headers = {{"if-match", found.etag}, {"range", "bytes=" + wanted}}}, "", bytes);
    if (!answer) return answer.error();
    if (answer->status == 412) {
      return Error{ErrorKind::refused, name() + " was replaced while it was read. Begin again."};
    }
    if (answer->status != 206) return refusal(*answer, "read the object");
    const std::string got = "bytes " + wanted + "/" + std::to_string(found.bytes);
    if (header(*answer, "content-range") != got || answer->body.size() != bytes) {
      return nonsense("other bytes of the object than those asked for");
    }
    const auto* begin = reinterpret_cast<const std::uint8_t*>(answer->body.data());
    if (auto kept = (*file)->append({begin, answer->body.size()}); !kept) return kept;
    at += bytes;
  }
  return (*file)->sync();
}

Result<void> S3Object::upload(const std::string& path, const std::optional<Found>& replaced) {
  auto file = OpenFile::open(path);
  if (!file) return file.error();
  const auto digest = file->sha256_hex(*stop_);
  if (!digest) return digest.error();
  const S3Fields condition{replaced ? std::pair<std::string, std::string>{"if-match", replaced->etag}
                                    : std::pair<std::string, std::string>{"if-none-match", "*"}};
  const S3Fields description{{kDigestHeader, *digest}};
  Result<void> put;
  if (file->bytes <= kPartBytes) {
    put = put_whole(*file, {condition[0], description[0]});
  } else {
    put = put_in_parts(*file, condition, description);
  }
  if (put || *stop_) return put;
  // It may be there all the same: the answer was lost, and what was repeated then met our own object, or an upload that had ended.
  const bool may_be_there = put.error().kind == ErrorKind::refused || put.error().kind == ErrorKind::not_found;
  if (!may_be_there) return put;
  const auto now = look();
  return now && *now && (*now)->bytes == file->bytes && (*now)->sha256 == *digest ? Result<void>{} : put;
}

Result<void> S3Object::put_whole(OpenFile& file, S3Fields headers) {
  auto body = file.read(file.bytes);
  if (!body) return body.error();
  auto answer = ask({.method = "PUT", .headers = std::move(headers)}, std::move(*body));
  if (!answer) return answer.error();
  return answer->status == 200 ? Result<void>{} : refusal(*answer, "write the object");
}

// --- in parts -----------------------------------------------------------------------------------------------------------

Result<void> S3Object::put_in_parts(OpenFile& file, const S3Fields& condition, const S3Fields& description) {
  const auto upload = begin_parts(description);
  if (!upload) return upload.error();
  const auto etags = put_parts(file, *upload);
  const Result<void> done = etags ? complete_parts(*upload, *etags, condition) : Result<void>(etags.error());
  if (!done) abort_parts(*upload);
  return done;
}

Result<std::string> S3Object::begin_parts(const S3Fields& description) {
  auto answer = ask({.method = "POST", .query = {{"uploads", ""}}, .headers = description}, "");
  if (!answer) return answer.error();
  if (answer->status != 200) return refusal(*answer, "begin to write the object");
  const S3Answer begun = said(*answer);
  std::string upload = begun.field("UploadId");
  if (begun.name != "InitiateMultipartUploadResult" || !is_token(upload, kMaxUploadIdBytes)) {
    return nonsense("an upload without a name");
  }
  return upload;
}

Result<std::vector<std::string>> S3Object::put_parts(OpenFile& file, const std::string& upload) {
  const std::uint64_t size = part_bytes(file.bytes);
  std::vector<std::string> etags;
  for (std::uint64_t at = 0; at < file.bytes; at += size) {
    auto body = file.read(std::min(size, file.bytes - at));
    if (!body) return body.error();
    const std::string part = std::to_string(etags.size() + 1);
    auto answer = ask({.method = "PUT", .query = {{"partNumber", part}, {"uploadId", upload}}}, std::move(*body));
    if (!answer) return answer.error();
    if (answer->status != 200) return refusal(*answer, "write a part of the object");
    etags.push_back(header(*answer, "etag"));
    if (!is_token(etags.back(), kMaxTagBytes)) return nonsense("a part without an ETag");
  }
  return etags;
}

Result<void> S3Object::complete_parts(const std::string& upload, const std::vector<std::string>& etags,
                                      const S3Fields& condition) {
  std::string body = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t i = 0; i < etags.size(); ++i) {
    body +=
        "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + xml_escaped(etags[i]) + "</ETag></Part>";
  }
  body += "</CompleteMultipartUpload>";
  auto answer = ask({.method = "POST", .query = {{"uploadId", upload}}, .headers = condition}, std::move(body));
  if (!answer) return answer.error();
  if (answer->status != 200) return refusal(*answer, "finish writing the object");
  if (said(*answer).name != "CompleteMultipartUploadResult") return nonsense("an upload that neither ended nor failed");
  return {};
}

// Parts of an upload that never ends cost money. On a connection of its own: it is needed most after a signal to stop. Nobody
// waits long for it; what it leaves behind a rule of the bucket can remove.
void S3Object::abort_parts(const std::string& upload) {
  const Deadline deadline = within(kAbortPatience);
  auto connection = HttpConnection::dial_service(settings_.endpoint, context_, deadline);
  if (!connection) return;
  const S3Question question{.method = "DELETE",
                            .path = "/" + address_.bucket + "/" + address_.key,
                            .query = {{"uploadId", upload}},
                            .headers = {}};
  HttpQuestion http{.method = question.method, .path = s3_target(question)};
  http.headers =
      s3_signed_headers(question, "", connection->host(), settings_.credentials, settings_.region, now_utc());
  (void)connection->ask(http, deadline, S3Answer::kMaxBytes);
}

// --- one request --------------------------------------------------------------------------------------------------------

Result<HttpAnswer> S3Object::ask(S3Question question, std::string body, std::uint64_t max_answer) {
  question.path = "/" + address_.bucket + "/" + address_.key;
  const std::uint64_t moved = body.size() + max_answer;
  HttpQuestion http{.method = question.method, .path = s3_target(question)};
  http.body = std::move(body);
  std::chrono::milliseconds wait = kFirstPause;
  for (int attempt = 1;; ++attempt, wait *= 2) {
    if (*stop_) return interrupted();
    const Deadline deadline = within(kAnswerPatience + std::chrono::seconds(moved / kSlowestBytesPerSecond));
    // An answer that is an error has a body too.
    auto answer = ask_once(question, http, deadline, std::max<std::uint64_t>(max_answer, S3Answer::kMaxBytes));
    const bool again = answer ? is_transient(*answer) : answer.error().kind == ErrorKind::unreachable;
    if (again && *stop_) return interrupted();
    if (!again || attempt == kAttempts) return answer;
    if (!pause(wait)) return interrupted();
  }
}

Result<HttpAnswer> S3Object::ask_once(const S3Question& question, HttpQuestion& http, Deadline deadline,
                                      std::uint64_t max_answer) {
  if (!connection_ || !connection_->usable() || std::chrono::steady_clock::now() > usable_until_) {
    connection_.reset();
    auto made = HttpConnection::dial_service(settings_.endpoint, context_, within(kConnectPatience), stop_);
    if (!made) {
      const std::string what = made.error().kind == ErrorKind::refused
                                   ? " Name the file with its authority in AWS_CA_BUNDLE, or mend AWS_ENDPOINT_URL."
                                   : " Check the network, AWS_REGION and AWS_ENDPOINT_URL.";
      return Error{made.error().kind, made.error().text + what};
    }
    connection_ = std::move(*made);
  }
  http.headers =
      s3_signed_headers(question, http.body, connection_->host(), settings_.credentials, settings_.region, now_utc());
  auto answer = connection_->ask(http, deadline, max_answer);
  usable_until_ = within(kMaxIdle);
  // The end of an upload takes long, so a service says 200 at once, and in the body how it went.
  if (answer && answer->status == 200 && question.method == "POST" && said(*answer).name == "Error")
    answer->status = 500;
  return answer;
}

bool S3Object::pause(std::chrono::milliseconds time) const {
  const Deadline end = within(time);
  while (!*stop_ && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::min(time, kLookAround));
  return !*stop_;
}

// --- what to tell people --------------------------------------------------------------------------------------------------

Error S3Object::nonsense(const std::string& what) const {
  return {ErrorKind::corrupt, "What answers at " + settings_.text() + " gives an answer that makes no sense (" + what +
                                  "). Is it a service for S3?"};
}

// Its own words are shown in part; they are no secret of ours.
Error S3Object::refusal(const HttpAnswer& answer, const std::string& doing) const {
  const S3Answer words = said(answer);
  const std::string code = shown(words.field("Code"));
  const std::string message = shown(words.field("Message"));
  const std::string says = " (it says: " + std::to_string(answer.status) + (code.empty() ? "" : " " + code) +
                           (message.empty() ? "" : ": " + message) + ")";
  const std::string who = settings_.text();
  const auto refused = [](const std::string& text) { return Error{ErrorKind::refused, text}; };
  if (code == "RequestTimeTooSkewed") {
    return refused("The clock of this computer differs too much from that of " + who + says + ". Set it right.");
  }
  if (code == "InvalidAccessKeyId") {
    return refused(who + " does not know the key that AWS_ACCESS_KEY_ID names" + says + ". Check the variable.");
  }
  if (code == "SignatureDoesNotMatch") {
    return refused(who + " does not accept the signature" + says + ". Check AWS_SECRET_ACCESS_KEY.");
  }
  if (code == "ExpiredToken" || code == "InvalidToken" || code == "TokenRefreshRequired") {
    return refused(who + " does not accept AWS_SESSION_TOKEN" + says + ". Get new credentials, all three together.");
  }
  if (code == "NoSuchBucket") {
    return {ErrorKind::not_found, "There is no bucket " + address_.bucket + " at " + who + says +
                                      ". Check its name, AWS_REGION and AWS_ENDPOINT_URL."};
  }
  const bool elsewhere = code == "PermanentRedirect" || code == "TemporaryRedirect" ||
                         code == "IllegalLocationConstraintException" || code == "AuthorizationHeaderMalformed" ||
                         (answer.status >= 300 && answer.status < 400);
  if (elsewhere) {
    std::string region = shown(header(answer, "x-amz-bucket-region"));
    if (region.empty()) region = shown(words.field("Region"));
    return refused("The bucket " + address_.bucket + " is not in the region " + settings_.region + says +
                   ". Set AWS_REGION to " + (region.empty() ? "that of the bucket." : region + "."));
  }
  if (answer.status == 412 || answer.status == 409) {
    return refused("Somebody else has written " + name() + " meanwhile, and it is not written over" + says + ".");
  }
  if (answer.status == 501) {
    return refused(
        who + " cannot " + doing + says +
        ". It has to know the headers If-None-Match and If-Match, which keep foreign objects from being written over.");
  }
  if (answer.status == 401 || answer.status == 403) {
    return refused(who + " does not let this key " + doing + says + ". Grant it s3:ListBucket on the bucket, and " +
                   "s3:GetObject, s3:PutObject and s3:AbortMultipartUpload on the object.");
  }
  if (is_transient(answer)) {
    return {ErrorKind::unreachable, who + " cannot " + doing + " now" + says + ". Try again later."};
  }
  const bool missing = answer.status == 404;
  return {missing ? ErrorKind::not_found : ErrorKind::refused,
          who + " did not " + doing + says + ". Check AWS_ENDPOINT_URL and the address " + name() + "."};
}

}  // namespace mz
