"""What a container is told about its Pod, and its environment."""

import os
import re

# What the programs of this machine need to be found and to run.
OF_THE_MACHINE = ("PATH", "HOME", "JAVA_HOME", "LANG")


class Refused(Exception):
    """A Pod asks for what this kubelet does not do."""


def field(pod, path):
    """The downward API: metadata.name, metadata.labels['app'], status.podIP, …"""
    keyed = re.fullmatch(r"metadata\.(labels|annotations)\['(.+)'\]", path)
    if keyed:
        return pod["metadata"].get(keyed[1], {}).get(keyed[2], "")
    here = {"podIP": "127.0.0.1", "podIPs": "127.0.0.1", "hostIP": "127.0.0.1"}
    value = {"metadata": pod["metadata"], "spec": {**pod["spec"], "nodeName": "rig"}, "status": here}
    for word in path.split("."):
        value = value.get(word, "") if isinstance(value, dict) else ""
    if isinstance(value, dict):
        raise Refused(f"fieldRef {path} is not done")
    return str(value)


def environment(pod, container, api_port, marks):
    """Of a container: what every container has, and what it names, in its order."""
    if "envFrom" in container:
        raise Refused("envFrom is not done")
    values = {name: os.environ[name] for name in OF_THE_MACHINE if name in os.environ}
    values.update(marks)
    values.update(
        HOSTNAME=pod["metadata"]["name"],
        KUBERNETES_SERVICE_HOST="127.0.0.1",
        KUBERNETES_SERVICE_PORT=api_port,
        KUBERNETES_SERVICE_PORT_HTTPS=api_port,
    )
    for entry in container.get("env", []):
        source = entry.get("valueFrom")
        if source is None:
            values[entry["name"]] = expanded(entry.get("value", ""), values)
        elif "fieldRef" in source:
            values[entry["name"]] = field(pod, source["fieldRef"]["fieldPath"])
        else:
            raise Refused(f"{entry['name']}: valueFrom {list(source)} is not done")
    return values


def expanded(text, values):
    """$(NAME) is the value, where there is one; $$ is a dollar sign."""

    def one(found):
        return "$" if found[0] == "$$" else values.get(found[1], found[0])

    return re.sub(r"\$\$|\$\(([^()]+)\)", one, text)
