#include "node/service_text.h"

#include <algorithm>
#include <string_view>

#include "node/service_templates.h"

namespace mz {
namespace {

std::string filled(std::string text, std::string_view place, const std::string& value) {
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + value.size())) {
    text.replace(at, place.size(), value);
  }
  return text;
}

std::string xml_text(const std::string& value) {
  std::string text;
  for (const char c : value) {
    switch (c) {
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      default:
        text += c;
    }
  }
  return text;
}

}  // namespace

Result<std::string> systemd_unit(ServiceKind kind, const std::filesystem::path& program) {
  const std::string path = program.string();
  const bool is_plain = std::none_of(path.begin(), path.end(), [](unsigned char c) {
    return c < ' ' || c == 0x7f || std::string_view("\"'\\$%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (!is_plain) {
    return Error{ErrorKind::refused, "The path of this program, " + path +
                                         ", has characters that a unit of systemd cannot name. Move the program to a "
                                         "plain path such as /usr/local/bin/meshzero."};
  }
  const bool is_one_word = path.find(' ') == std::string::npos;
  const std::string_view unit = kind == ServiceKind::system ? kSystemUnitTemplate : kUserUnitTemplate;
  return filled(std::string(unit), "@PROGRAM@", is_one_word ? path : "\"" + path + "\"");
}

std::string launchd_plist(ServiceKind kind, const std::filesystem::path& program, const std::filesystem::path& log,
                          const std::string& account) {
  const std::string_view list = kind == ServiceKind::system ? kLaunchDaemonTemplate : kLaunchAgentTemplate;
  std::string text = filled(std::string(list), "@USER@", xml_text(account));
  text = filled(std::move(text), "@LOG@", xml_text(log.string()));
  return filled(std::move(text), "@PROGRAM@", xml_text(program.string()));
}

}  // namespace mz
