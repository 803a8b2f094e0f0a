# Servers as processes of this machine, for the rigs that source this: they say where the state is (RUN).
# No pid files: every server carries RIG_PROCESS=$RUN/NAME in its environment, so /proc always tells
# which ones live, and a pid that the kernel gave to somebody else is never taken for ours.

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

give_up() { # give_up NAME MESSAGE: with what NAME's log complains of
  grep -sE 'ERROR|Exception|Caused by|^Error|^error|^E[0-9]{4} |"level":"(error|fatal)' "$RUN/$1.log" | head -n 15 >&2 || true
  die "$2; the logs are in $RUN, '$0 down' cleans up"
}

lock() { # lock DIRECTORY: one command at a time; on the directory, so that no lock file is left
  [ -d "$1" ] || return 0
  exec 9<"$1"
  flock -w 120 9 || die "another command has been at work on $1 for two minutes"
}

processes() { # "NAME PID" of those that live, oldest name first
  { LC_ALL=C grep -sazoP "^RIG_PROCESS=\Q$RUN/\E\K.*" /proc/[0-9]*/environ || true; } |
    tr '\0' '\n' | sed -nE 's|^/proc/([0-9]+)/environ:(.*)$|\2 \1|p' | sort -V
}

pid_of() { processes | sed -n "s/^$1 //p"; }

start() { # start NAME COMMAND...: in the background, detached from the terminal, the caller's pipes and our lock
  local name=$1
  setsid env "RIG_PROCESS=$RUN/$name" "${@:2}" >>"$RUN/$name.log" 2>&1 </dev/null 9>&- &
  for _ in {1..200}; do # it counts from when the mark is there
    [ -z "$(pid_of "$name")" ] || return 0
    sleep 0.01
  done
  give_up "$name" "$name ended at once"
}

# signal SIGNAL NAME: with the processes that it has started under its name
# shellcheck disable=SC2046
signal() { kill "-$1" $(pid_of "$2") 2>/dev/null; }

end_all() {
  # again until none is left: an `up` that was interrupted may have been about to start one
  while [ -n "$(processes)" ]; do
    processes | while read -r _ pid; do kill -KILL "$pid" 2>/dev/null || true; done
    sleep 0.1
  done
}

list_processes() {
  local name pid
  printf '%-20s %8s %8s %8s\n' NAME PID RSS_MIB CPU_S
  processes | while read -r name pid; do
    printf '%-20s %8s %8s %8s\n' "$name" "$pid" "$(awk '/^VmRSS/ {print int($2 / 1024)}' "/proc/$pid/status")" \
      "$(awk -v hz="$(getconf CLK_TCK)" '{sub(/.*\) /, ""); print ($12 + $13) / hz}' "/proc/$pid/stat")"
  done
}

free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; } # free PORT

need_port() { # need_port PORT WHOSE
  free "$1" || die "port $1 ($2) is taken: end what listens there, or set RIG_PORT to another base"
}
