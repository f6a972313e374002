#include "node/engine_resources.h"

#include <fstream>
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

EngineResources engine_resources(const std::atomic<bool>* stop) {
  EngineResources resources;
  resources.read_weights = read_weights;
  resources.stop = stop;
  return resources;
}

}  // namespace mz
