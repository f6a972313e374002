#include "node/engine_resources.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/ringrift/weights.h"
#include "store/disk.h"

namespace mz {
namespace {

Result<std::string> read_weights(const std::string& name) {
  const auto bytes = make_posix_disk()->read(name, ringrift::kMaxWeightsBytes);
  if (bytes) return std::string(bytes->begin(), bytes->end());
  if (bytes.error().kind == ErrorKind::corrupt) {
    return Error{ErrorKind::corrupt, "'" + name + "' is no file of weights: those have at most " +
                                         std::to_string(ringrift::kMaxWeightsBytes) + " bytes."};
  }
  if (bytes.error().kind == ErrorKind::refused) {
    return Error{ErrorKind::refused, "'" + name + "' is no file of weights: it is not an ordinary file."};
  }
  return Error{ErrorKind::not_found, "No weights can be read from the file '" + name + "'."};
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
