# What the Kubernetes rig runs, built from registries by pinned version: servers/go.mod, operator/pom.xml.
# Directories are named after versions, so those of others stand beside them.

ETCD_TOOLS=$TOOLS/etcd-$(sed -n 's|.*go.etcd.io/etcd/server/v3 v||p' "$HERE/servers/go.mod")
VERSION=$(sed -n 's|.*k8s.io/kubernetes v||p' "$HERE/servers/go.mod")
KUBERNETES=$TOOLS/kubernetes-$VERSION
DEFINITIONS=$TOOLS/flinkdeployment-definitions

build() { # build [servers]
  local began=$SECONDS version
  [[ $1 =~ ^(servers|)$ ]] || die "there is no '$1' to build, see '$0 --help'"
  mkdir -p "$TOOLS"
  exec 8<"$TOOLS"
  flock -n 8 || { echo "waiting for a build that is going on" >&2; flock 8; }
  for version in 1.7.0 1.10.0; do
    make "$DEFINITIONS/$version" "fetching the definitions of FlinkDeployments, operator $version" fetch_definitions "$version"
  done
  make "$ETCD_TOOLS/etcd" "building etcd" compile_server go.etcd.io/etcd/server/v3
  make "$KUBERNETES/kubectl" "building kubectl $VERSION" compile_server k8s.io/kubernetes/cmd/kubectl
  make "$KUBERNETES/kube-controller-manager" "building kube-controller-manager $VERSION" \
    compile_server k8s.io/kubernetes/cmd/kube-controller-manager
  make "$KUBERNETES/kube-apiserver" "building kube-apiserver $VERSION" compile_server k8s.io/kubernetes/cmd/kube-apiserver
  exec 8<&-
  [ $((SECONDS - began)) -lt 2 ] || echo "built in $((SECONDS - began)) s, in $TOOLS" >&2
}

compile_server() { # compile_server PACKAGE FILE
  local stamp=k8s.io/component-base/version
  need_go
  # the version that the server tells, which its own build sets in the same way
  CGO_ENABLED=0 go -C "$HERE/servers" build -trimpath -o "$2" -ldflags "-s -w -X $stamp.gitVersion=v$VERSION \
    -X $stamp.gitMajor=${VERSION%%.*} -X $stamp.gitMinor=$(cut -d. -f2 <<<"$VERSION")" "$1"
}

need_go() { command -v go >/dev/null || die "go is needed: install Go 1.26"; }

fetch_definitions() { # fetch_definitions VERSION DIRECTORY: out of the jar that generates them
  need_java
  mkdir -p "$2"
  "${MAVEN[@]}" $COPY_JARS:copy "-Dartifact=org.apache.flink:flink-kubernetes-operator-api:$1" "-DoutputDirectory=$2" >&2 &&
    (cd "$2" && jar xf ./*.jar META-INF/fabric8 && mv META-INF/fabric8/*-v1.yml . && rm -r META-INF ./*.jar)
}
