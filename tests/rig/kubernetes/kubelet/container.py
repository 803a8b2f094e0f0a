"""A container: a process in a mount namespace of its own, started again when it ends."""

import os
import signal
import subprocess
import time
from pathlib import Path

from fields import Refused, environment, expanded
from probe import Probe

# The first restart is at once; ten minutes of running make up for all before.
BACK_OFF_FIRST, BACK_OFF_MOST, FORGIVEN_AFTER = 10, 300, 600
MOUNTED = Path(__file__).with_name("mounted")


class Container:
    def __init__(self, pod, spec, is_init):
        self.pod, self.spec, self.name = pod, spec, spec["name"]
        self.is_init, self.is_sidecar = is_init, is_init and spec.get("restartPolicy") == "Always"
        self.process, self.restarts, self.wait, self.refused = None, 0, 0.0, None
        self.started_at = self.ended_at = None
        self.exit_code = None
        self.liveness = self.readiness = None

    # what it is

    @property
    def runs(self):
        return self.process is not None

    @property
    def is_ready(self):
        if self.is_init and not self.is_sidecar:
            return self.exit_code == 0
        return self.runs and self.readiness.is_well

    def is_restarted(self):
        policy = self.pod.wish["spec"].get("restartPolicy", "Always")
        if self.is_sidecar:
            return True
        if self.is_init and self.exit_code == 0:
            return False
        return policy == "Always" or policy == "OnFailure" and self.exit_code != 0

    # what is done with it

    def keep_running(self):
        if self.runs or not (self.exit_code is None or self.is_restarted()):
            return
        if self.ended_at is not None and time.time() < self.ended_at + self.wait:
            return
        try:
            self.start()
            self.refused = None
        except (Refused, OSError) as error:
            self.refused = str(error)

    def start(self):
        pod, spec = self.pod, self.spec
        marks = {"RIG_PROCESS": f"{pod.root}/pods/{pod.name}/{self.name}", "TMPDIR": str(pod.scratch("tmp"))}
        values = environment(pod.wish, spec, pod.api.port, marks)
        self.liveness, self.readiness = Probe(spec, "livenessProbe"), Probe(spec, "readinessProbe")
        words = [expanded(word, values) for word in [*spec.get("command", []), *spec.get("args", [])]]
        unshare = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"])]
        # the rig's own settings are for the image alone, which does not pass them on
        values.update({name: value for name, value in os.environ.items() if name.startswith("RIG_IMAGE_")})
        with open(pod.directory / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(
                [*unshare, MOUNTED, pod.scratch(f"overlay-{self.name}"), *self.mounts(), "--", self.image(), *words],
                env=values, cwd=pod.directory, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.restarts += self.ended_at is not None
        self.started_at = time.time()

    def image(self):
        """registry/name:tag is the executable images/name."""
        image = self.pod.images / self.spec["image"].rsplit("/", 1)[-1].split("@")[0].split(":")[0]
        if not image.is_file():
            raise Refused(f"there is no image {image}")
        return image

    def mounts(self):
        """WHERE WHAT rw|ro, the outer ones first."""
        for mount in sorted(self.spec.get("volumeMounts", []), key=lambda mount: mount["mountPath"]):
            if "subPath" in mount:
                raise Refused("subPath is not done")
            volume = self.pod.volumes[mount["name"]]
            yield from (mount["mountPath"], volume.directory)
            yield "ro" if volume.is_read_only or mount.get("readOnly") else "rw"

    def look(self):
        """Has it ended, is it well?"""
        if not self.runs:
            return
        code = self.process.poll()
        if code is None:
            self.liveness.turn()
            self.readiness.turn()
            if not self.liveness.is_well:
                self.signal(signal.SIGKILL)
            return
        self.signal(signal.SIGKILL)  # what the first process left behind
        self.exit_code = code if code >= 0 else 128 - code
        self.process, self.ended_at = None, time.time()
        if self.ended_at - self.started_at > FORGIVEN_AFTER:
            self.wait = 0.0
        elif self.restarts > 0:
            self.wait = min(max(2 * self.wait, BACK_OFF_FIRST), BACK_OFF_MOST)

    def signal(self, number):
        if not self.runs:
            return
        try:
            if number == signal.SIGTERM:  # the first process is told, as in a container
                os.kill(self.process.pid, number)
            else:
                os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    # what is said of it

    def status(self):
        ended = self.ended_at is not None and {
            "exitCode": self.exit_code, "reason": "Error" if self.exit_code else "Completed",
            "startedAt": stamp(self.started_at), "finishedAt": stamp(self.ended_at)}
        status = {"name": self.name, "image": self.spec["image"], "imageID": "", "ready": self.is_ready,
                  "started": self.runs, "restartCount": self.restarts}
        if self.runs:
            status["state"] = {"running": {"startedAt": stamp(self.started_at)}}
        elif self.refused:
            status["state"] = {"waiting": {"reason": "CreateContainerConfigError", "message": self.refused}}
        elif ended and self.is_restarted() and self.wait:
            why = f"back-off {self.wait:.0f}s restarting failed container={self.name}"
            status["state"] = {"waiting": {"reason": "CrashLoopBackOff", "message": why}}
        elif ended:
            status["state"] = {"terminated": ended}
        else:
            status["state"] = {"waiting": {"reason": "PodInitializing"}}
        if ended and "terminated" not in status["state"]:
            status["lastState"] = {"terminated": ended}
        return status


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
