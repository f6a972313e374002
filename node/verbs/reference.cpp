// `meshzero reference`: docs/api.md and the tables of docs/reference, printed from what the program really has. A test compares
// them.
#include <cstdio>
#include <functional>
#include <sstream>

#include "api/metrics.h"
#include "api/routes.h"
#include "engine/ringrift/weights.h"
#include "node/configuration.h"
#include "node/doctor/finding.h"
#include "node/exit_code.h"
#include "node/limits.h"
#include "node/verbs.h"

namespace mz {
namespace {

using Row = std::vector<std::string>;

// Text of a table cell: on one line, and without the character that ends a cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

void print_row(std::ostream& out, const Row& row) {
  out << '|';
  for (const std::string& text : row) out << ' ' << cell(text) << (text.empty() ? "|" : " |");
  out << '\n';
}

void print_table(std::ostream& out, const Row& head, const std::vector<Row>& rows) {
  print_row(out, head);
  print_row(out, Row(head.size(), "---"));
  for (const Row& row : rows) print_row(out, row);
  out << '\n';
}

std::string code(std::string_view text) { return text.empty() ? "" : "`" + std::string(text) + "`"; }

Row row_of(const CLI::Option& option) {
  std::string name = option.get_positional() ? option.get_name(true) : option.get_name(false, true);
  std::string meaning = option.get_description();
  if (option.get_required()) meaning = "Required. " + meaning;
  const bool takes_value = option.get_items_expected_max() > 0;
  return {code(name), takes_value ? code(option.get_type_name()) : "", code(option.get_default_str()), meaning};
}

void print_command(std::ostream& out, const CLI::App& app, const std::string& name) {
  out << "## " << name << "\n\n" << app.get_description() << "\n\n";
  std::vector<Row> rows;
  for (const CLI::Option* option : app.get_options()) {
    const bool is_help = option->get_single_name() == "help";
    if (!is_help && !option->get_group().empty()) rows.push_back(row_of(*option));
  }
  if (!rows.empty()) print_table(out, {"flag", "value", "default", "meaning"}, rows);
  // CLI11 hands a verb the footer of its parent.
  const bool own_footer = app.get_parent() == nullptr || app.get_parent()->get_footer() != app.get_footer();
  if (own_footer && !app.get_footer().empty()) out << "```text\n" << app.get_footer() << "\n```\n\n";
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!verb->get_group().empty()) print_command(out, *verb, name + ' ' + verb->get_name());
  }
}

void print_cli(std::ostream& out, const CLI::App& app) {
  out << "# Command line\n\nEvery verb also takes `--help`.\n\n";
  print_command(out, app, "meshzero");
}

void print_settings(std::ostream& out) {
  out << "# Settings\n\nA flag counts before the variable, the variable before `meshzero.json` in the current "
         "directory, "
         "that before the user's file, and that before the default. `meshzero config explain KEY` shows which one "
         "counts.\n\n";
  std::vector<Row> rows;
  for (const Key& key : configuration_keys()) {
    rows.push_back(
        {code(key.name), code(flag_name(key)), code(variable_name(key)), code(key.fallback), std::string(key.meaning)});
  }
  print_table(out, {"key", "flag", "variable", "default", "meaning"}, rows);
}

void print_limits(std::ostream& out) {
  out << "# Limits\n\n";
  std::vector<Row> rows;
  for (const Limit& limit : limits()) {
    rows.push_back({std::string(limit.subject), std::to_string(limit.value) + ' ' + std::string(limit.unit),
                    std::string(limit.consequence)});
  }
  print_table(out, {"what", "at most", "beyond it"}, rows);
}

std::string taken(const Contract& contract) {
  std::string list;
  const auto add = [&list](const Field& field) {
    const bool may_lack = field.given == Given::optional;
    list += (list.empty() ? "" : ", ") + std::string(may_lack ? "[" : "") + code(field.name) + (may_lack ? "]" : "");
  };
  for (const Field& field : contract.query) add(field);
  for (const Field& field : contract.fields) add(field);
  return list;
}

void print_routes(std::ostream& out) {
  out << "# HTTP routes\n\nHEAD is answered wherever GET is; GET changes nothing. What is not in this table is "
         "answered with "
         "401 without credentials, whatever it is. [Operations](operations.md#who-may-ask) says who the callers "
         "are. In brackets: what may be left out. [openapi.json](reference/openapi.json), for programs, also says the "
         "types, meanings, bounds and answers.\n\n";
  std::vector<Row> rows;
  for (const Route& route : routes()) {
    rows.push_back({std::string(route.method), code(route.path), access_words(route.access), taken(route.contract),
                    route.body == BodyKind::none ? "" : std::to_string(route.body_limit),
                    std::string(pool_word(route.pool)), std::string(route.summary)});
  }
  print_table(out, {"method", "path", "who may call", "parameters, fields", "bytes of body", "answered by", "answer"},
              rows);
}

void print_metrics(std::ostream& out) {
  out << "# Metrics\n\nWhat `/metrics` tells Prometheus.\n\n";
  std::vector<Row> rows;
  for (const Metric& metric : metrics()) {
    rows.push_back({code(metric.name), std::string(metric.type), std::string(metric.labels), std::string(metric.help)});
  }
  print_table(out, {"name", "type", "labels", "meaning"}, rows);
}

void print_doctor(std::ostream& out) {
  out << "# Findings of `meshzero doctor`\n\nAn id never changes its level or its meaning. "
         "[Troubleshooting](../troubleshooting.md) says how to use them.\n\n";
  std::vector<Row> rows;
  for (const doctor::FindingKind& kind : doctor::finding_kinds()) {
    rows.push_back({code(kind.id), std::string(doctor::level_word(kind.level)), std::string(kind.meaning),
                    std::string(kind.remedy)});
  }
  print_table(out, {"id", "level", "meaning", "remedy"}, rows);
}

int print(const std::function<void(std::ostream&)>& table) {
  std::ostringstream out;
  table(out);
  std::string text = out.str();
  while (text.size() > 1 && text[text.size() - 2] == '\n') text.pop_back();  // one newline at the end
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

}  // namespace

void add_reference(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("reference", "Print the reference tables of the documentation as Markdown.");
  verb->footer("Example:\n  meshzero reference cli");
  verb->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& meaning, std::function<void(std::ostream&)> table) {
    verb->add_subcommand(name, meaning)->callback([&action, table = std::move(table)] {
      action = [table] { return print(table); };
    });
  };
  // The action runs while the parser still exists (node/verb.h).
  add("cli", "All verbs and flags.", [&app](std::ostream& out) { print_cli(out, app); });
  add("settings", "All settings, their flags, variables and defaults.", print_settings);
  add("routes", "All addresses the node answers over HTTP.", print_routes);
  add("metrics", "All figures for Prometheus.", print_metrics);
  add("doctor", "All findings of `meshzero doctor`.", print_doctor);
  add("limits", "All limits on what the program accepts.", print_limits);
  add("weights", "The form of weight files as a JSON Schema: meaning, bounds, default and scale of every weight.",
      [](std::ostream& out) { out << ringrift::weights_schema(); });
}

}  // namespace mz
