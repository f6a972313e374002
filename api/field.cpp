#include "api/field.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "api/foreign_json.h"

namespace mz {
namespace {

using nlohmann::json;

std::string bounds_text(const Field& field) {
  const bool open = field.maximum == std::numeric_limits<std::int64_t>::max();
  return "a whole number " + (open ? "of at least " + std::to_string(field.minimum)
                                   : "from " + std::to_string(field.minimum) + " to " + std::to_string(field.maximum));
}

bool is_within(const Field& field, std::int64_t value) { return value >= field.minimum && value <= field.maximum; }

bool fits(const Field& field, const json& value) {
  switch (field.type) {
    case FieldType::text:
      return value.is_string();
    case FieldType::number:
      // An unsigned number beyond the signed ones would turn negative.
      return value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX) &&
             is_within(field, value.get<std::int64_t>());
    case FieldType::real:
      return value.is_number();
    case FieldType::flag:
      return value.is_boolean();
    case FieldType::object:
      return value.is_object();
    case FieldType::list:
    case FieldType::texts:
      return value.is_array();
  }
  return false;
}

std::string wanted_text(const Field& field) {
  switch (field.type) {
    case FieldType::text:
      return "a text";
    case FieldType::number:
      return bounds_text(field);
    case FieldType::real:
      return "a number";
    case FieldType::flag:
      return "true or false";
    case FieldType::object:
      return "an object";
    case FieldType::list:
    case FieldType::texts:
      return "a list";
  }
  return "something else";
}

std::string names_of(std::span<const Field> fields) {
  std::string list;
  for (const Field& field : fields) list += (list.empty() ? "" : ", ") + std::string(field.name);
  return list;
}

}  // namespace

Result<void> only_declared(const RequestHead& head, std::span<const Field> parameters) {
  for (const auto& [name, value] : head.query) {
    bool known = false;
    for (const Field& field : parameters) known = known || field.name == name;
    if (known) continue;
    return Error{ErrorKind::usage, "There is no parameter `" + name + "` here. " +
                                       (parameters.empty() ? std::string("This address takes none.")
                                                           : "The parameters are " + names_of(parameters) + ".")};
  }
  return {};
}

Result<std::int64_t> number_of(const RequestHead& head, const Field& field) {
  const std::string name(field.name);
  const auto found = head.query.find(name);
  if (found == head.query.end()) return field.fallback.value_or(0);
  const std::string& text = found->second;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !is_within(field, value)) {
    return Error{ErrorKind::usage, name + " must be " + bounds_text(field) + "."};
  }
  return value;
}

std::string text_of(const RequestHead& head, const Field& field) {
  const auto found = head.query.find(std::string(field.name));
  return found == head.query.end() ? std::string() : found->second;
}

Result<json> json_body(std::string_view body, std::span<const Field> fields) {
  json content = parse_foreign_json(body);
  if (!content.is_object()) {
    return Error{ErrorKind::usage,
                 "The body is no JSON object. This address takes one with the fields " + names_of(fields) + "."};
  }
  for (const Field& field : fields) {
    const auto found = content.find(field.name);
    const std::string name = "`" + std::string(field.name) + "`";
    if (found == content.end()) {
      if (field.given == Given::optional) continue;
      return Error{ErrorKind::usage,
                   "The body lacks the field " + name + ", which must be " + wanted_text(field) + "."};
    }
    if (field.given == Given::nullable && found->is_null()) continue;
    if (!fits(field, *found)) {
      return Error{ErrorKind::usage, "The field " + name + " of the body must be " + wanted_text(field) + "."};
    }
  }
  return content;
}

std::string text_of(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_of(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_boolean() && found->get<bool>();
}

std::int64_t number_of(const json& body, const char* name) {
  const auto found = body.find(name);
  return found != body.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

}  // namespace mz
