#include "node/engine_resources.h"

#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/ringrift/weights.h"

namespace mz {
namespace {

Result<std::string> read_weights(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  std::string text(ringrift::kMaxWeightsBytes + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file && file.gcount() == 0) {
    return Error{ErrorKind::not_found, "No weights can be read from the file '" + name + "'."};
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > ringrift::kMaxWeightsBytes) {
    return Error{ErrorKind::corrupt, "'" + name + "' is no file of weights: those have at most " +
                                         std::to_string(ringrift::kMaxWeightsBytes) + " bytes."};
  }
  return text;
}

}  // namespace

std::function<Result<std::string>(const std::string& file)> weights_read_once() {
  struct Texts {
    std::mutex mutex;
    std::map<std::string, Result<std::string>> by_name;
  };
  return [texts = std::make_shared<Texts>()](const std::string& name) {
    const std::lock_guard lock(texts->mutex);
    const auto known = texts->by_name.find(name);
    return known != texts->by_name.end() ? known->second
                                         : texts->by_name.emplace(name, read_weights(name)).first->second;
  };
}

EngineResources engine_resources(const std::atomic<bool>* stop) {
  EngineResources resources;
  resources.read_weights = read_weights;
  resources.stop = stop;
  return resources;
}

}  // namespace mz
