# The Debian packages that make packages. Sourced.
# shellcheck shell=bash disable=SC2034

package_tools=(debhelper pandoc rpm)
