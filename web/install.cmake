# Installs the exact packages of package-lock.json into web/node_modules, once per change of the lock file:
#   cmake -DNPM=... -DWEB_DIR=... -P install.cmake
# Several build folders share the packages, so the work is done under a file lock.
file(LOCK ${WEB_DIR}/.npm.lock TIMEOUT 600)
set(stamp ${WEB_DIR}/node_modules/.installed-lock)
file(SHA256 ${WEB_DIR}/package-lock.json wanted)
if(EXISTS ${stamp})
  file(READ ${stamp} installed)
endif()
if(NOT "${installed}" STREQUAL "${wanted}")
  execute_process(COMMAND ${NPM} ci --no-audit --no-fund --prefer-offline
    WORKING_DIRECTORY ${WEB_DIR} RESULT_VARIABLE status OUTPUT_VARIABLE log ERROR_VARIABLE log)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "npm ci failed in ${WEB_DIR}; the page needs its packages once from the npm registry.\n${log}")
  endif()
  file(WRITE ${stamp} ${wanted})
endif()
