# What the rigs that source this fetch and build, and what builds it.

need_java() { need "Java and Maven" "mvn javac" "maven openjdk-17-jdk-headless" "any Maven and JDK 17"; }

need() { # need WHAT "COMMAND..." "PACKAGE..." INSTEAD: installs Debian's packages where a command is missing
  local sudo=() command missing=
  for command in $2; do command -v "$command" >/dev/null || missing=$command; done
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || sudo=(sudo -n)
  echo "installing $3" >&2
  # shellcheck disable=SC2086
  { "${sudo[@]}" apt-get -q update && "${sudo[@]}" apt-get -qy --no-install-recommends --no-upgrade install $3; } >&2 ||
    die "$1 is needed, $missing is missing: install Debian's $3, or $4"
}

# A directory or file gets its name when it is complete: it is there and right, or not there.
make() { # make PATH WHAT COMMAND...: which is given the path to fill
  [ ! -e "$1" ] || return 0
  echo "$2" >&2
  mkdir -p "$(dirname "$1")"
  rm -rf "$1.part"
  "${@:3}" "$1.part" || die "$2 failed, see above: does the registry answer, has it these versions?"
  mv "$1.part" "$1"
}

MAVEN=(mvn -q -B -Dstyle.color=never)
COPY_JARS=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
