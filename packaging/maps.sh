# Sourced.
# shellcheck shell=bash

# without_maps DIRECTORY: of dist/, they are three quarters, and nothing reads them at run time.
without_maps() {
  find "$1" -name '*.map' -delete
  find "$1" -name '*.js' -exec sed -i '/^\/\/# sourceMappingURL=/d' {} +
}
