"""A kubelet small enough to read: it makes the Pods of one namespace real, as processes of this machine.

    python3 kubelet SERVER CERTIFICATE TOKENS USER NAMESPACE DIRECTORY IMAGES

It looks at the API server twice a second, binds the Pods that are new, starts and stops what their
containers name, and reports back. Without an API server the Pods run on, and are restarted, too.
"""

import signal
import sys
import time
from pathlib import Path

from api import Api, Unanswered
from pod import Pod

PAUSE = 0.4


class Kubelet:
    def __init__(self, api, namespace, directory, images):
        self.api, self.path = api, f"/api/v1/namespaces/{namespace}/pods"
        self.directory, self.images = directory, images
        self.pods = {}

    def look(self):
        """What is wanted, and what is no longer there."""
        try:
            wanted = {pod["metadata"]["uid"]: pod for pod in self.api.get(self.path)["items"]}
        except Unanswered as error:
            say(error)
            return
        for uid, pod in self.pods.items():
            if uid not in wanted:
                pod.kill()
            elif "deletionTimestamp" in wanted[uid]["metadata"]:
                pod.stop(wanted[uid]["metadata"].get("deletionGracePeriodSeconds", 30))
        for uid, wish in wanted.items():
            if uid in self.pods:
                continue
            if "deletionTimestamp" in wish["metadata"]:
                self.forget(wish)
            elif wish["status"].get("phase") not in ("Succeeded", "Failed"):
                self.pods[uid] = Pod(self.api, wish, self.directory, self.images)
                say(f"{wish['metadata']['name']}: new")

    def turn(self):
        for uid, pod in list(self.pods.items()):
            try:
                pod.turn()
                if pod.is_gone():
                    say(f"{pod.name}: gone")
                    self.forget(pod.wish)
                    del self.pods[uid]
            except (Unanswered, OSError) as error:
                say(f"{pod.name}: {error}")

    def forget(self, wish):
        """The last word about a Pod that was deleted: only now does the API server let it go."""
        name, uid = wish["metadata"]["name"], wish["metadata"]["uid"]
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}}
        self.api.call("DELETE", f"{self.path}/{name}", options)

    def leave(self, *_):
        for pod in self.pods.values():
            pod.kill()
        sys.exit(0)


def say(words):
    print(time.strftime("%H:%M:%S", time.gmtime()), words, flush=True)


def main():
    server, certificate, tokens, user, namespace, directory, images = sys.argv[1:]
    api = Api(server, certificate, tokens, user)
    kubelet = Kubelet(api, namespace, Path(directory), Path(images))
    signal.signal(signal.SIGTERM, kubelet.leave)
    while True:
        kubelet.look()
        kubelet.turn()
        time.sleep(PAUSE)


main()
