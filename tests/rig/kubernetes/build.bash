# What the Kubernetes rig runs, built from registries by pinned version: servers/go.mod, operator/pom.xml.
# Directories are named after versions, so those of others stand beside them.

ETCD_TOOLS=$TOOLS/etcd-$(sed -n 's|.*go.etcd.io/etcd/server/v3 v||p' "$HERE/servers/go.mod")
VERSION=$(sed -n 's|.*k8s.io/kubernetes v||p' "$HERE/servers/go.mod")
KUBERNETES=$TOOLS/kubernetes-$VERSION
GO=1.26.8 # where there is none, or one that is older than servers/go.mod says
DEFINITIONS=$TOOLS/flinkdeployment-definitions

OPERATOR=$TOOLS/flink-operator-$(sed -n 's|.*<operator.version>\(.*\)</.*|\1|p' "$HERE/operator/pom.xml")

build() { # build [servers|operator|helm]
  local began=$SECONDS
  [[ $1 =~ ^(servers|operator|helm|)$ ]] || die "there is no '$1' to build, see '$0 --help'"
  mkdir -p "$TOOLS"
  exec 8<"$TOOLS"
  flock -n 8 || { echo "waiting for a build that is going on" >&2; flock 8; }
  case $1 in servers | "") build_servers ;; esac
  case $1 in operator | "") make "$OPERATOR" "fetching the operator" fetch_operator ;; esac
  case $1 in helm | "") build_helm ;; esac
  exec 8<&-
  [ $((SECONDS - began)) -lt 2 ] || echo "built in $((SECONDS - began)) s, in $TOOLS" >&2
}

build_servers() {
  local version server
  for version in 1.7.0 1.10.0; do
    make "$DEFINITIONS/$version" "fetching the definitions of FlinkDeployments, operator $version" fetch_definitions "$version"
  done
  make "$ETCD_TOOLS/etcd" "building etcd" compile_server go.etcd.io/etcd/server/v3
  for server in kubectl kube-controller-manager kube-apiserver; do
    make "$KUBERNETES/$server" "building $server $VERSION" compile_server "k8s.io/kubernetes/cmd/$server"
  done
}

compile_server() { # compile_server PACKAGE FILE
  local stamp=k8s.io/component-base/version
  need_go
  # the version that the server tells, which its own build sets in the same way
  CGO_ENABLED=0 go -C "$HERE/servers" build -trimpath -o "$2" -ldflags "-s -w -X $stamp.gitVersion=v$VERSION \
    -X $stamp.gitMajor=${VERSION%%.*} -X $stamp.gitMinor=$(cut -d. -f2 <<<"$VERSION")" "$1"
}

need_go() { # puts a Go that servers/go.mod is content with onto the PATH
  unset GOROOT
  ! (cd "$HERE/servers" && GOTOOLCHAIN=local go list -m) &>/dev/null || return 0
  make "$TOOLS/go-$GO" "fetching Go $GO" fetch_go
  export PATH=$TOOLS/go-$GO/bin:$PATH
}

# Go itself is a module, too, and any other Go can fetch it: Debian's own may be years old.
fetch_go() { # fetch_go DIRECTORY
  local cache=$1.cache module
  need Go go golang-go "Go $GO"
  module=golang.org/toolchain@v0.0.1-go$GO.$(go env GOOS)-$(go env GOARCH)
  (cd / && GOTOOLCHAIN=local GOFLAGS=-modcacherw GOMODCACHE=$cache go mod download "$module") >&2 &&
    mv "$cache/$module" "$1" && rm -r "$cache" && chmod -R a+x "$1/bin" "$1/pkg/tool"
}

fetch_definitions() { # fetch_definitions VERSION DIRECTORY: out of the jar that generates them
  need_java
  mkdir -p "$2"
  "${MAVEN[@]}" $COPY_JARS:copy "-Dartifact=org.apache.flink:flink-kubernetes-operator-api:$1" "-DoutputDirectory=$2" >&2 &&
    (cd "$2" && jar xf ./*.jar META-INF/fabric8 && mv META-INF/fabric8/*-v1.yml . && rm -r META-INF ./*.jar)
}

fetch_operator() { # fetch_operator DIRECTORY
  need_java
  "${MAVEN[@]}" -f "$HERE/operator/pom.xml" -DincludeScope=runtime "-DoutputDirectory=$1" $COPY_JARS:copy-dependencies >&2
}
