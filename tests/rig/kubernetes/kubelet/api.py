"""Requests to the API server."""

import json
import ssl
import urllib.error
import urllib.request

SECONDS = 5


class Unanswered(Exception):
    """It did not do what it was asked."""


class Api:
    def __init__(self, server, certificate, tokens, user):
        self.server = server
        self.tls = ssl.create_default_context(cafile=certificate)
        with open(tokens, encoding="ascii") as lines:
            self.token = next(line.split(",")[0] for line in lines if line.split(",")[1] == user)

    @property
    def port(self):
        return self.server.rsplit(":", 1)[1]

    def get(self, path):
        return self.call("GET", path)

    def call(self, method, path, body=None, kind="application/json"):
        """The object that is answered; None where there is none of that name, or one already."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "User-Agent": "kubelet"}
        request = urllib.request.Request(self.server + path, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in (404, 409):
                return None
            raise Unanswered(f"{method} {path}: {error.code} {error.read()[:300]}") from error
        except (OSError, ValueError) as error:
            raise Unanswered(f"{method} {path}: {error}") from error
