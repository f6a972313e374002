// What a route takes and gives, field by field. The declaration is what a request is checked and read with and what the
// OpenAPI document (api/openapi.h) is written from, so that the two cannot differ.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "api/request_head.h"
#include "engine/base/result.h"

namespace mz {

enum class FieldType : std::uint8_t {
  text,
  number,  // whole
  real,    // any number
  flag,
  object,
  list,   // of objects or lists
  texts,  // a list of texts
};

enum class Given : std::uint8_t {
  always,    // of a request: required
  optional,  // may be missing
  nullable,  // is there, and may be null
};

struct Field {
  std::string_view name;
  FieldType type = FieldType::text;
  std::string_view meaning;  // one sentence
  Given given = Given::always;
  // Of a number in a request, both ends included.
  std::int64_t minimum = 0;
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  std::optional<std::int64_t> fallback = {};  // of a number in a query that is not there
};

// One list out of two.
template <std::size_t A, std::size_t B>
constexpr std::array<Field, A + B> joined(const Field (&first)[A], const Field (&second)[B]) {
  std::array<Field, A + B> all{};
  for (std::size_t i = 0; i < A; ++i) all[i] = first[i];
  for (std::size_t i = 0; i < B; ++i) all[A + i] = second[i];
  return all;
}

// --- parameters behind the `?` -------------------------------------------------------------------------------------------

// A misspelt parameter would otherwise be ignored and the answer be taken for what was asked.
Result<void> only_declared(const RequestHead& head, std::span<const Field> parameters);

// A whole number within the field's bounds. Missing: the fallback of the field, or 0 when it has none.
Result<std::int64_t> number_of(const RequestHead& head, const Field& field);

// Empty when it is missing.
std::string text_of(const RequestHead& head, const Field& field);

// --- bodies --------------------------------------------------------------------------------------------------------------

// The JSON object in the body: what is required is there and every declared field is of its type. Other fields are let through
// unread, so that a newer sender is understood. Lists are not looked into.
Result<nlohmann::json> json_body(std::string_view body, std::span<const Field> fields);

// Fields of such an object; empty, false or 0 when they are not there.
std::string text_of(const nlohmann::json& body, const char* name);
bool flag_of(const nlohmann::json& body, const char* name);
std::int64_t number_of(const nlohmann::json& body, const char* name);

}  // namespace mz
