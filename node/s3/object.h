// One object in S3, or in a service that speaks like it: what is there, its bytes into a file, the bytes of a file into it.
//
// A file of at most one part goes by one PUT, a larger one by a multipart upload, part by part: memory is a part or two,
// whatever the file. An upload never replaces what it was not told of: its last request carries a condition, and the digest of
// the file, by which the object is known again where the answer got lost and the repetition was refused.
//
// Blocks the caller, never beyond the time that a request has, and a few repetitions after it with growing pauses. Once `stop`
// is true everything ends within a second or two, with the error `refused`. Not thread-safe.
//
// Errors: unreachable when nothing answers or the service cannot work now, also after repetitions; refused when it does not let
// us in, or the object is not what the condition says; not_found for a bucket; corrupt when what it says makes no sense.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "api/http_connection.h"
#include "node/s3/address.h"
#include "node/s3/answer.h"
#include "node/s3/settings.h"
#include "store/disk.h"

namespace mz {

class S3Object {
 public:
  static constexpr std::uint64_t kPartBytes = 16U << 20;                     // S3 takes parts from 5 MiB on
  static constexpr std::uint64_t kMaxParts = 10'000;                         // of S3; parts of larger files are larger
  static constexpr std::uint64_t kMaxObjectBytes = std::uint64_t{5} << 40U;  // of S3
  static constexpr std::uint64_t kRangeBytes = 8U << 20;                     // of one answer when an object is read
  static constexpr int kAttempts = 6;                                        // of one request
  static constexpr std::chrono::milliseconds kFirstPause{
      200};  // before the second attempt; doubled before each further one
  static constexpr std::chrono::seconds kConnectPatience{10};
  // An idle connection is not used again after this time: the service closes it, or a router on the way forgets it in silence.
  static constexpr std::chrono::seconds kMaxIdle{5};
  // A request has this time, and behind it as long as the slowest line that is served needs.
  static constexpr std::chrono::seconds kAnswerPatience{60};
  static constexpr std::uint64_t kSlowestBytesPerSecond = 64U << 10;

  // Refused when the certificates in the settings cannot be used.
  static Result<S3Object> create(S3Settings settings, S3Address address, const std::atomic<bool>& stop);

  [[nodiscard]] std::string name() const { return address_.text(); }

  struct Found {
    std::uint64_t bytes = 0;
    std::string etag;    // of this version of the object
    std::string sha256;  // as our upload has noted it; empty: it was another program's
  };
  // Nothing when there is no such object, in a bucket that is there.
  Result<std::optional<Found>> look();
  // Into a new file. Fails when the object has changed since it was looked at.
  Result<void> download(const Found& found, const std::string& path, Disk& disk);
  // Replaces `replaced`, and nothing else: when that is empty, there must be no object yet.
  Result<void> upload(const std::string& path, const std::optional<Found>& replaced);

  // How large the parts of a file are.
  static std::uint64_t part_bytes(std::uint64_t file_bytes);

 private:
  struct OpenFile;

  S3Object(S3Settings settings, S3Address address, TlsContext context, const std::atomic<bool>& stop)
      : settings_(std::move(settings)), address_(std::move(address)), context_(std::move(context)), stop_(&stop) {}

  Result<void> put_whole(OpenFile& file, S3Fields headers);
  Result<void> put_in_parts(OpenFile& file, const S3Fields& condition, const S3Fields& description);
  Result<std::string> begin_parts(const S3Fields& description);
  Result<std::vector<std::string>> put_parts(OpenFile& file, const std::string& upload);
  Result<void> complete_parts(const std::string& upload, const std::vector<std::string>& etags,
                              const S3Fields& condition);
  void abort_parts(const std::string& upload);

  // Asks until there is an answer that does not say "later". The path of the question is the object's.
  Result<HttpAnswer> ask(S3Question question, std::string body, std::uint64_t max_answer = S3Answer::kMaxBytes);
  Result<HttpAnswer> ask_once(const S3Question& question, HttpQuestion& http, Deadline deadline,
                              std::uint64_t max_answer);
  bool pause(std::chrono::milliseconds time) const;

  [[nodiscard]] Error refusal(const HttpAnswer& answer, const std::string& doing) const;
  [[nodiscard]] Error nonsense(const std::string& what) const;
  [[nodiscard]] Error interrupted() const { return {ErrorKind::refused, "Interrupted."}; }

  S3Settings settings_;
  S3Address address_;
  TlsContext context_;
  const std::atomic<bool>* stop_;
  std::optional<HttpConnection> connection_;
  Deadline usable_until_{};  // of the connection
};

}  // namespace mz
