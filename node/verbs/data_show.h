// `meshzero data show`, a part of the verb `data`.
#pragma once

#include "node/verb.h"

namespace mz {

void add_data_show(CLI::App& data, Action& action);

}  // namespace mz
