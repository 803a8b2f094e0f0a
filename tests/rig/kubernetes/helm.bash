# Helm, and the definitions that a chart for the Prometheus Operator needs, by pinned version.

HELM_VERSION=3.22.0 HELM_KUBERNETES=1.37 # and the Kubernetes that this Helm is made for
PROMETHEUS_OPERATOR_VERSION=0.94.1
HELM=$TOOLS/helm-$HELM_VERSION
MONITORING=$TOOLS/prometheus-operator-definitions-$PROMETHEUS_OPERATOR_VERSION

build_helm() {
  make "$HELM" "building helm $HELM_VERSION" compile_helm
  make "$MONITORING" "fetching the definitions of the Prometheus Operator $PROMETHEUS_OPERATOR_VERSION" fetch_monitoring
}

compile_helm() { # compile_helm DIRECTORY
  local stamp=helm.sh/helm/v3 flags="-s -w" package
  need_go
  flags+=" -X $stamp/internal/version.version=v$HELM_VERSION"
  for package in chartutil lint/rules; do # what its own build sets in the same way
    flags+=" -X $stamp/pkg/$package.k8sVersionMajor=${HELM_KUBERNETES%.*} -X $stamp/pkg/$package.k8sVersionMinor=${HELM_KUBERNETES#*.}"
  done
  CGO_ENABLED=0 GOBIN=$1 go install -trimpath -ldflags "$flags" "$stamp/cmd/helm@v$HELM_VERSION"
}

fetch_monitoring() { # fetch_monitoring DIRECTORY: out of the module's own examples
  local module=github.com/prometheus-operator/prometheus-operator source
  need_go
  source=$(cd / && go mod download -json "$module@v$PROMETHEUS_OPERATOR_VERSION" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  mkdir -p "$1"
  cp "$source"/example/prometheus-operator-crd/monitoring.coreos.com_{podmonitors,prometheusrules}.yaml "$1"
}

helm() { # nothing of the user's own configuration, nothing left in it
  env HELM_CACHE_HOME="$RUN/helm/cache" HELM_CONFIG_HOME="$RUN/helm/config" HELM_DATA_HOME="$RUN/helm/data" \
    "$HELM/helm" --kubeconfig "$RUN/kubeconfig" "$@"
}

monitoring() {
  kubectl apply --server-side -f "$MONITORING"
  kubectl wait --for=condition=Established crd --all --timeout=30s
}
