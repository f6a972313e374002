#include "node/command_line.h"

int main(int argc, char** argv) { return mz::run_command_line(argc, argv); }
