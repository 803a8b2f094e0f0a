"""A Pod: its volumes, its containers in their order, and what is said of them."""

import shutil
import signal
import time

from container import Container, stamp
from fields import Refused
from volumes import Volume


class Pod:
    def __init__(self, api, wish, root, images):
        self.api, self.wish, self.root, self.images = api, wish, root, images
        self.name, spec = wish["metadata"]["name"], wish["spec"]
        self.path = f"/api/v1/namespaces/{wish['metadata']['namespace']}/pods/{self.name}"
        self.directory = root / "pods" / self.name
        self.volumes, self.is_bound, self.refused = None, False, None
        self.first = [Container(self, one, True) for one in spec.get("initContainers", [])]
        self.main = [Container(self, one, False) for one in spec["containers"]]
        self.killed_at, self.told = None, set()
        self.reported, self.changed_at, self.began_at = None, {}, time.time()

    @property
    def containers(self):
        return self.first + self.main

    def scratch(self, name):
        """A directory that goes with the Pod; its logs stay."""
        directory = self.directory / "scratch" / name
        directory.mkdir(parents=True, exist_ok=True)
        return directory

    # life

    def turn(self):
        for container in self.containers:
            container.look()
        if self.killed_at is None:
            self.keep_running()
        else:
            self.end()
        self.report()

    def keep_running(self):
        try:
            self.prepare()
        except Refused as error:
            self.refused = str(error)
            return
        self.refused = None
        for container in self.first:
            container.keep_running()
            if not (container.runs if container.is_sidecar else container.is_ready):
                return  # the next one waits for it
        for container in self.main:
            container.keep_running()

    def prepare(self):
        if not self.is_bound:
            binding = {"target": {"kind": "Node", "name": "rig"}, "metadata": {"name": self.name}}
            self.api.call("POST", f"{self.path}/binding", binding)
            self.is_bound = True
        if self.volumes is None:
            where, disk = self.scratch("volumes"), self.root / "disk"
            wanted = self.wish["spec"].get("volumes", [])
            self.volumes = {one["name"]: Volume(self.api, self.wish, one, where, disk) for one in wanted}
        for volume in self.volumes.values():
            volume.refresh()

    # death

    def stop(self, grace):
        """SIGTERM, to the sidecars when the others have ended, and SIGKILL when the time is over."""
        if self.killed_at is None:
            self.killed_at = time.time() + grace

    def end(self):
        running = [container for container in self.containers if container.runs]
        if time.time() >= self.killed_at:
            for container in running:
                container.signal(signal.SIGKILL)
            return
        main = [container for container in running if not container.is_sidecar]
        for container in main or running:
            if container.name not in self.told:
                self.told.add(container.name)
                container.signal(signal.SIGTERM)

    def kill(self):
        self.killed_at = 0.0
        self.end()

    def is_gone(self):
        if self.killed_at is None or any(container.runs for container in self.containers):
            return False
        shutil.rmtree(self.directory / "scratch", ignore_errors=True)
        return True

    # report

    def report(self):
        status = self.status()
        if status != self.reported:
            if self.is_bound:
                self.api.call("PATCH", f"{self.path}/status", {"status": status}, "application/merge-patch+json")
            self.reported = status

    def phase(self):
        policy = self.wish["spec"].get("restartPolicy", "Always")
        codes = [container.exit_code for container in self.main if not container.runs]
        if policy != "Always" and len(codes) == len(self.main) and None not in codes:
            if not any(container.is_restarted() for container in self.main):
                return "Failed" if any(codes) else "Succeeded"
        begun = all(container.started_at for container in self.main)
        return "Running" if begun else "Pending"

    def status(self):
        initialized = all(one.runs if one.is_sidecar else one.is_ready for one in self.first)
        ready = all(one.is_ready for one in self.main + [one for one in self.first if one.is_sidecar])
        conditions = {"PodScheduled": True, "Initialized": initialized, "ContainersReady": ready, "Ready": ready}
        return {
            "phase": self.phase(), "startTime": stamp(self.began_at), "message": self.refused,
            "podIP": "127.0.0.1", "podIPs": [{"ip": "127.0.0.1"}], "hostIP": "127.0.0.1",
            "initContainerStatuses": [one.status() for one in self.first],
            "containerStatuses": [one.status() for one in self.main],
            "conditions": [self.condition(kind, holds) for kind, holds in conditions.items()],
        }

    def condition(self, kind, holds):
        if self.changed_at.get(kind, (None,))[0] != holds:
            self.changed_at[kind] = (holds, stamp(time.time()))
        return {"type": kind, "status": str(holds), "lastTransitionTime": self.changed_at[kind][1]}
