#include "api/openapi.h"

#include <limits>
#include <set>

#include <nlohmann/json.hpp>

#include "p2p/protocol.h"

namespace mz {
namespace {

using json = nlohmann::ordered_json;  // a reader expects `openapi` first and the routes in the order of the table

constexpr std::string_view kJsonType = "application/json";

std::string_view type_word(FieldType type) {
  switch (type) {
    case FieldType::text:
      return "string";
    case FieldType::number:
      return "integer";
    case FieldType::real:
      return "number";
    case FieldType::flag:
      return "boolean";
    case FieldType::object:
      return "object";
    case FieldType::list:
    case FieldType::texts:
      return "array";
  }
  return "object";
}

json field_schema(const Field& field, bool in_request) {
  json schema;
  schema["type"] = type_word(field.type);
  if (field.given == Given::nullable) schema["type"] = {type_word(field.type), "null"};
  if (field.type == FieldType::texts) schema["items"] = {{"type", "string"}};
  if (field.type == FieldType::number) {
    schema["format"] = "int64";
    if (in_request) {
      schema["minimum"] = field.minimum;
      if (field.maximum != std::numeric_limits<std::int64_t>::max()) schema["maximum"] = field.maximum;
    }
    if (field.fallback) schema["default"] = *field.fallback;
  }
  return schema;
}

json object_schema(std::span<const Field> fields, bool in_request) {
  json schema{{"type", "object"}};
  json required = json::array();
  for (const Field& field : fields) {
    json property = field_schema(field, in_request);
    property["description"] = field.meaning;
    schema["properties"][std::string(field.name)] = std::move(property);
    if (field.given != Given::optional) required.push_back(field.name);
  }
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

json parameter(const Field& field, std::string_view place) {
  return {{"name", field.name},
          {"in", place},
          {"required", field.given != Given::optional},
          {"description", field.meaning},
          {"schema", field_schema(field, true)}};
}

json parameters(const Contract& contract) {
  json list = json::array();
  for (const Field& field : contract.variables) list.push_back(parameter(field, "path"));
  for (const Field& field : contract.query) list.push_back(parameter(field, "query"));
  if (contract.between_nodes) {
    list.push_back(
        parameter({kProtocolHeader, FieldType::text, "The version of the protocol that the sender speaks."}, "header"));
  }
  return list;
}

json request_body(const Route& route) {
  json media{{"schema", json::object()}};
  if (route.body == BodyKind::json) media["schema"] = object_schema(route.contract.fields, true);
  const std::string_view type = route.body == BodyKind::json ? kJsonType : "application/octet-stream";
  return {{"description", "At most " + std::to_string(route.body_limit) + " bytes, with a Content-Length."},
          {"required", true},
          {"content", {{type, std::move(media)}}}};
}

std::string_view refusal_text(int status) {
  switch (status) {
    case 400:
      return "The request itself is malformed.";
    case 401:
      return "This address needs credentials that were not sent or are not valid.";
    case 403:
      return "The credentials do not allow this, or a rule or limit forbids it.";
    case 404:
      return "There is nothing of this name.";
    case 409:
      return "The sender speaks another version of the protocol, or asks for what the state of the node excludes.";
    case 411:
      return "A body must state its Content-Length.";
    case 413:
      return "The body is larger than is taken here.";
    case 415:
      return "The body is not of the Content-Type that is taken here.";
    case 421:
      return "The node does not answer to the name in the Host header, or another member is to be asked.";
    case 426:
      return "Other computers are answered over TLS only.";
    case 429:
      return "Too many requests of this sender; ask again in a minute.";
    case 500:
      return "The node failed at this; its log may say more.";
    case 503:
      return "The node, or something that it needs for this, is not ready. Try again in a moment.";
    default:
      return "The request is refused.";
  }
}

json refusal(std::string_view description) {
  return {{"description", description},
          {"content", {{kJsonType, {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}};
}

json success(const Route& route) {
  const Contract& contract = route.contract;
  json media = json::object();
  if (contract.content_type == kJsonType) media["schema"] = object_schema(contract.gives, false);
  return {{"description", route.summary}, {"content", {{contract.content_type, std::move(media)}}}};
}

json responses(const Route& route) {
  const Contract& contract = route.contract;
  json list;
  for (const int status : statuses_of(route)) {
    json& entry = list[std::to_string(status)];
    if (status == 304) {
      entry = {{"description", "What the sender has is still right."}};
    } else if (status == contract.status || status == contract.also) {
      entry = success(route);
    } else {
      entry = {{"$ref", "#/components/responses/" + std::to_string(status)}};
    }
  }
  list["default"] = {{"$ref", "#/components/responses/default"}};
  return list;
}

// Alternatives: one of them is enough. Each names what a sender has to prove, an empty one nothing.
json security(const Access& access) {
  json list = json::array();
  if (access.has(Caller::person)) {
    list.push_back({{"operatorToken", {scope_word(access.scope())}}});
    list.push_back({{"session", {scope_word(access.scope())}}});
  }
  if (access.has(Caller::node) || access.has(Caller::expired)) {
    list.push_back({{"nodeCertificate", json::array()}});
  } else if (access.has(Caller::admin_node)) {
    list.push_back({{"nodeCertificate", {"admin"}}});
  }
  // Where a request comes from is no security scheme of OpenAPI: x-callers and `servers` say it.
  const bool by_place = access.has(Caller::here) || access.has(Caller::encrypted) || access.has(Caller::local);
  if (by_place) list.push_back(json::object());
  return list;
}

bool is_local_only(const Access& access) {
  return access.has(Caller::local) && !access.has(Caller::person) && !access.has(Caller::node);
}

std::string operation_id(const Route& route) {
  std::string id(route.method);
  for (char& c : id) c = static_cast<char>(c - 'A' + 'a');
  std::string_view path = route.path;
  if (constexpr std::string_view kPrefix = "/api/v1"; path.starts_with(kPrefix)) path.remove_prefix(kPrefix.size());
  if (path == "/") path = "/page";
  for (const char c : path) {
    if (c == '{' || c == '}') continue;
    id += c == '/' || c == '.' ? '_' : c;
  }
  return id;
}

json operation(const Route& route) {
  json out{{"operationId", operation_id(route)}, {"summary", route.summary}};
  if (json list = parameters(route.contract); !list.empty()) out["parameters"] = std::move(list);
  if (route.body != BodyKind::none) out["requestBody"] = request_body(route);
  out["responses"] = responses(route);
  out["security"] = security(route.access);
  if (is_local_only(route.access)) {
    out["servers"] = json::array({{{"url", "http://localhost"},
                                   {"description", "Through the Unix socket `control.sock` in the data directory."}}});
  }
  out["x-callers"] = access_words(route.access);
  if (route.access.scope() != Scope::none) out["x-scope"] = scope_word(route.access.scope());
  return out;
}

json error_schema() {
  return {{"type", "object"},
          {"properties",
           {{"error",
             {{"type", "object"},
              {"properties",
               {{"kind", {{"type", "string"}, {"description", "One word for programs."}}},
                {"text", {{"type", "string"}, {"description", "What went wrong and what to do, for people."}}}}},
              {"required", {"kind", "text"}}}},
            {"addresses",
             {{"type", "array"},
              {"items", {{"type", "string"}}},
              {"description", "Of kind `elsewhere`: where to ask instead, as HOST:PORT."}}}}},
          {"required", {"error"}}};
}

json components(std::span<const Route> table) {
  std::set<int> used;
  for (const Route& route : table) {
    for (const int status : statuses_of(route)) {
      if (status >= 400) used.insert(status);
    }
  }
  json refusals;
  for (const int status : used) refusals[std::to_string(status)] = refusal(refusal_text(status));
  refusals["default"] = refusal("The request is no proper HTTP, or does not reach this address.");
  return {{"schemas", {{"Error", error_schema()}}},
          {"responses", std::move(refusals)},
          {"securitySchemes",
           {{"operatorToken",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"description",
               "An operator token (`meshzero token create`) of at least the scope named here; scopes are read, jobs, "
               "admin, each including the ones before it."}}},
            {"session",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"description",
               "What POST /api/v1/session gives for a code of `meshzero ui`, of at least the scope named here."}}},
            {"nodeCertificate",
             {{"type", "mutualTLS"},
              {"description",
               "The certificate of a member of the cluster. The word admin asks for that of an admin node."}}}}}};
}

json servers() {
  const json variables{{"host", {{"default", "localhost"}}}, {"port", {{"default", "8765"}}}};
  return {{{"url", "https://{host}:{port}"}, {"description", "A node, from anywhere."}, {"variables", variables}},
          {{"url", "http://localhost:{port}"},
           {"description", "The node of this computer."},
           {"variables", {{"port", variables.at("port")}}}}};
}

}  // namespace

std::string openapi_document(std::span<const Route> table, std::string_view version) {
  json paths;
  for (const Route& route : table) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    paths[std::string(route.path)][method] = operation(route);
  }
  const json document{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "MeshZero"},
        {"version", version},
        {"description",
         "What a MeshZero node answers over HTTP. HEAD is answered wherever GET is. `x-callers` says who may call an "
         "address; a request without credentials is enough where it comes from a place that is listed there."},
        {"license", {{"name", "MIT"}, {"identifier", "MIT"}}}}},
      {"servers", servers()},
      {"paths", std::move(paths)},
      {"components", components(table)}};
  return document.dump(2) + "\n";
}

}  // namespace mz
