# What makes a FlinkDeployment real: the operator, the controllers behind Deployments, and a kubelet.

operator() { # operator NAMESPACE
  build operator
  need_namespace "$1"
  # without KUBERNETES_SERVICE_HOST it looks for every Flink at localhost:<rest.port>
  remember operator env -u KUBERNETES_SERVICE_HOST "KUBECONFIG=$RUN/operator.kubeconfig" "FLINK_CONF_DIR=$HERE/operator" \
    "WATCH_NAMESPACES=$1" "OPERATOR_NAMESPACE=$1" OPERATOR_NAME=operator java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -XX:-UsePerfData "-Djava.io.tmpdir=$(scratch operator)" "-Dlog4j.configurationFile=$HERE/log4j-console.properties" \
    -cp "$OPERATOR/*" org.apache.flink.kubernetes.operator.FlinkOperator
  start_operator
}

start_operator() {
  start_remembered operator
  await operator 120 grep -q "'flinkdeploymentcontroller' controller started" "$RUN/operator.log"
}

nodes() { # nodes NAMESPACE
  local images=() name
  need_namespace "$1"
  need Python python3 python3 "any Python 3"
  for name in "${!RIG_IMAGE_@}"; do images+=("$name=${!name}"); done
  remember controllers "${CONTROLLERS[@]}"
  remember kubelet env PYTHONDONTWRITEBYTECODE=1 "${images[@]}" python3 "$HERE/kubelet" "$API" \
    "$RUN/certificates/apiserver.crt" "$RUN/tokens.csv" kubelet "$1" "$RUN" "$HERE/images"
  start_controllers
  await controllers 60 kubectl -n "$1" get serviceaccount default
  start_kubelet
}

start_controllers() { start_remembered controllers; }

start_kubelet() {
  end_containers # of one that was killed: as after the loss of a node, its Pods begin anew
  start_remembered kubelet
}

end_containers() { processes | sed -n 's|^pods/.* ||p' | xargs -r kill -KILL 2>/dev/null || true; }

stop() { # stop operator|nodes
  case $1 in
    operator) end operator ;;
    nodes)
      end controllers
      # this one takes the processes of its Pods with it
      signal TERM kubelet || true
      while [ -n "$(pid_of kubelet)" ]; do sleep 0.05; done
      end_containers
      ;;
  esac
}

need_namespace() { kubectl get namespace "$1" &>/dev/null || kubectl create namespace "$1" >/dev/null; }

# How a server is started is written down, so that it can be started again.
remember() { # remember SERVER COMMAND...
  local command=("${@:2}")
  declare -p command | sed 's/^declare -[-a] //' >"$RUN/$1.command"
}

start_remembered() { # start_remembered SERVER
  local command
  [ -e "$RUN/$1.command" ] || die "$1 was never started, see '$0 --help'"
  # shellcheck source=/dev/null
  source "$RUN/$1.command"
  [ ! -e "$RUN/$1.log" ] || mv "$RUN/$1.log" "$RUN/$1.until-$(date +%s).log"
  start "$1" "${command[@]}"
}

scratch() { # scratch NAME
  mkdir -p "$RUN/tmp/$1"
  echo "$RUN/tmp/$1"
}
