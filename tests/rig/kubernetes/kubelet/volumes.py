"""Volumes are directories below the Pod's own."""

import os
import time

from fields import Refused, field

# A real kubelet changes a token when four fifths of its time are over.
ROTATED_AFTER = 0.8
READ_ONLY = ("configMap", "projected", "downwardAPI")


class Volume:
    def __init__(self, api, pod, volume, directory, disk):
        self.api, self.pod, self.volume = api, pod, volume
        self.is_read_only = any(kind in volume for kind in READ_ONLY)
        self.rotated_at = float("inf")
        self.directory = directory / volume["name"]
        if "hostPath" in volume:
            # the node's disk is a directory, too
            self.directory = disk / volume["hostPath"]["path"].strip("/")
        self.directory.mkdir(parents=True, exist_ok=True)
        self.fill()

    def fill(self):
        for source in self.volume.get("projected", {}).get("sources", [self.volume]):
            kind = next(key for key in source if key != "name")
            fill = {
                "configMap": self.config_map,
                "serviceAccountToken": self.token,
                "downwardAPI": self.downward,
            }
            if kind in fill:
                fill[kind](source[kind])
            elif kind not in ("emptyDir", "hostPath"):
                raise Refused(f"volume {self.volume['name']}: {kind} is not done")

    def refresh(self):
        """Only tokens change in a Pod that runs."""
        if time.time() > self.rotated_at:
            self.fill()

    def config_map(self, wanted):
        namespace = self.pod["metadata"]["namespace"]
        found = self.api.get(f"/api/v1/namespaces/{namespace}/configmaps/{wanted['name']}")
        if found is None and not wanted.get("optional"):
            raise Refused(f"configmap {wanted['name']} is not there")
        data = (found or {}).get("data", {})
        for item in wanted.get("items", [{"key": key, "path": key} for key in data]):
            if item["key"] in data:
                self.write(item["path"], data[item["key"]])

    def token(self, wanted):
        meta = self.pod["metadata"]
        seconds = wanted.get("expirationSeconds", 3600)
        bound = {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]}
        spec = {"expirationSeconds": seconds, "boundObjectRef": bound}
        if "audience" in wanted:
            spec["audiences"] = [wanted["audience"]]
        account = self.pod["spec"].get("serviceAccountName", "default")
        path = f"/api/v1/namespaces/{meta['namespace']}/serviceaccounts/{account}/token"
        answer = self.api.call("POST", path, {"spec": spec})
        if answer is None:
            raise Refused(f"service account {account} is not there")
        self.write(wanted["path"], answer["status"]["token"])
        self.rotated_at = time.time() + ROTATED_AFTER * seconds

    def downward(self, wanted):
        for item in wanted.get("items", []):
            if "fieldRef" not in item:
                raise Refused(f"volume {self.volume['name']}: {list(item)} is not done")
            self.write(item["path"], field(self.pod, item["fieldRef"]["fieldPath"]))

    def write(self, name, text):
        """At once, so that nobody reads half a token."""
        file = self.directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}.new")
        new.write_text(text, encoding="utf-8")
        os.replace(new, file)
