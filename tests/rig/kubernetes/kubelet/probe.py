"""Asks a container whether it lives or is ready, as its probe says; httpGet only."""

import http.client
import threading
import time

from fields import Refused


class Probe:
    """Without one, what runs is well."""

    def __init__(self, container, kind):
        self.wanted = container.get(kind)
        self.is_well = kind == "livenessProbe" or self.wanted is None
        if self.wanted is None:
            return
        if "httpGet" not in self.wanted:
            raise Refused(f"a {kind} other than httpGet is not done")
        port = self.wanted["httpGet"]["port"]
        named = {entry.get("name"): entry["containerPort"] for entry in container.get("ports", [])}
        self.port = named.get(port, port)
        self.next_at = time.time() + self.wanted.get("initialDelaySeconds", 0)
        self.failures, self.asking = 0, None

    def turn(self):
        if self.wanted is None or time.time() < self.next_at:
            return
        self.next_at = time.time() + self.wanted.get("periodSeconds", 10)
        if self.asking is None or not self.asking.is_alive():
            self.asking = threading.Thread(target=self.ask, daemon=True)
            self.asking.start()

    def ask(self):
        get = self.wanted["httpGet"]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.wanted.get("timeoutSeconds", 1))
        try:
            connection.request("GET", get.get("path", "/"))
            well = 200 <= connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            well = False
        finally:
            connection.close()
        self.failures = 0 if well else self.failures + 1
        if well or self.failures >= self.wanted.get("failureThreshold", 3):
            self.is_well = well
