// Errors from the world (disk, peer, file, model, user) as values: a kind and a sentence that tells what to do next.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace mz {

// The kinds a caller may act on. The command line turns them into exit codes (node/exit_code.h).
enum class ErrorKind {
  failure,      // it was tried and did not work
  usage,        // the request itself is malformed
  not_found,    // the named thing does not exist
  refused,      // a rule, a lock or a limit forbids it
  unreachable,  // no answer from the other side
  corrupt,      // bytes that are not what they claim to be
};

struct Error {
  ErrorKind kind = ErrorKind::failure;
  std::string text;  // one or two full sentences, without a trailing newline
};

// A value or an Error. Reading the wrong side is a bug of ours and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return ok() ? *std::get_if<0>(&content_) : fail<T&>(); }
  const T& value() const& { return ok() ? *std::get_if<0>(&content_) : fail<const T&>(); }
  T&& value() && { return ok() ? std::move(*std::get_if<0>(&content_)) : fail<T&&>(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const { return ok() ? fail<const Error&>() : *std::get_if<1>(&content_); }

 private:
  template <class R>
  [[noreturn]] static R fail() {
    std::abort();
  }
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const {
    if (!error_) std::abort();
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace mz
