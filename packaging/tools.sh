# The Debian packages that make packages, and that the playbook runs with. Sourced.
# shellcheck shell=bash disable=SC2034

package_tools=(debhelper pandoc rpm)
playbook_tools=(ansible-core python3-apt)
