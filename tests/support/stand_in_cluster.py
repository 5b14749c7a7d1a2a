"""As much of a cluster as kubectl needs: it keeps what it is given, and runs nothing."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

# By group and version: the name of each resource, and its kind.
KINDS = {
    "v1": {"configmaps": "ConfigMap", "serviceaccounts": "ServiceAccount", "services": "Service"},
    "apps/v1": {"deployments": "Deployment"},
    "autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
    "batch/v1": {"cronjobs": "CronJob", "jobs": "Job"},
    "monitoring.coreos.com/v1": {
        "prometheusrules": "PrometheusRule",
        "servicemonitors": "ServiceMonitor",
    },
    "networking.k8s.io/v1": {"networkpolicies": "NetworkPolicy"},
    "policy/v1": {"poddisruptionbudgets": "PodDisruptionBudget"},
}
NOT_FOUND = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound"}


class StandInCluster(ThreadingHTTPServer):
    def __init__(self, job_ends: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        # What is made and deleted, in its order.
        self.events: list[str] = []
        self.kept: dict[str, Any] = {}
        # A Job has ended when it is looked at for the third time.
        self.job_ends = job_ends
        self.looks = 0

    def keep(self, path: str, given: dict[str, Any]) -> dict[str, Any]:
        self.events.append(f"POST {given['kind']}")
        self.looks = 0
        given["metadata"] |= {"uid": "1", "generation": 1}
        if given["kind"] == "Deployment":
            given["status"] = {
                **dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), 1),
                "observedGeneration": 1,
            }
        self.kept[f"{path}/{given['metadata']['name']}"] = given
        return given

    def look(self, path: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.kept.get(path)
        if found and found["kind"] == "Job":
            self.looks += 1
            if self.looks >= 3:
                self.events.append(self.job_ends)
                found["status"] = {"conditions": [{"type": self.job_ends, "status": "True"}]}
        return found


class _Handler(BaseHTTPRequestHandler):
    server: StandInCluster
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        found = discovery(path) or self.server.look(path)
        if found is None and path.endswith("/deployments"):
            items = [each for each in self.server.kept.values() if each["kind"] == "Deployment"]
            found = {"kind": "DeploymentList", "apiVersion": "apps/v1", "items": items}
            found["metadata"] = {"resourceVersion": "1"}
        self._send(found)

    def do_POST(self) -> None:
        self._send(self.server.keep(self.path.partition("?")[0], self._read()))

    def do_PATCH(self) -> None:
        self._read()
        self._send(self.server.kept[self.path.partition("?")[0]])

    def do_DELETE(self) -> None:
        self._read()
        found = self.server.kept.pop(self.path.partition("?")[0], None)
        if found:
            self.server.events.append(f"DELETE {found['kind']}")
        self._send(found)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _read(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)))
        return body

    def _send(self, found: dict[str, Any] | None) -> None:
        body = json.dumps(NOT_FOUND if found is None else found).encode()
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def discovery(path: str) -> dict[str, Any] | None:
    """Return what a cluster says of its kinds, where that is asked for."""
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = [group(version) for version in KINDS if "/" in version]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    if path == "/openapi/v3":
        names = {v: f"{'apis' if '/' in v else 'api'}/{v}" for v in KINDS}
        return {"paths": {names[v]: {"serverRelativeURL": f"/openapi/v3/{v}"} for v in KINDS}}
    version = path.removeprefix("/openapi/v3/").removeprefix("/apis/").removeprefix("/api/")
    if version not in KINDS:
        return None
    return schema(version) if path.startswith("/openapi") else resources(version)


def group(group_version: str) -> dict[str, Any]:
    name, version = group_version.split("/")
    stated = {"groupVersion": group_version, "version": version}
    return {"name": name, "versions": [stated], "preferredVersion": stated}


def resources(version: str) -> dict[str, Any]:
    listed = [
        {
            **{"name": name, "singularName": kind.lower(), "namespaced": True, "kind": kind},
            "verbs": ["create", "delete", "get", "list", "patch", "watch"],
        }
        for name, kind in KINDS[version].items()
    ]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": listed}


def schema(group_version: str) -> dict[str, Any]:
    """Say no more than that fields are validated here, so that kubectl leaves it to us."""
    name, _, version = group_version.rpartition("/")
    stated = {"group": name, "version": version}
    paths = {
        f"/{plural}": {
            "patch": {
                "x-kubernetes-group-version-kind": stated | {"kind": kind},
                "parameters": [{"name": "fieldValidation", "in": "query"}],
                "responses": {},
            }
        }
        for plural, kind in KINDS[group_version].items()
    }
    return {"openapi": "3.0.0", "info": {"title": "", "version": ""}, "paths": paths}


@contextmanager
def stand_in_cluster(folder: Path, job_ends: str = "Complete") -> Iterator[StandInCluster]:
    """Serve on loopback, with a configuration for kubectl in the folder."""
    with StandInCluster(job_ends) as cluster:
        address = f"http://127.0.0.1:{cluster.server_port}"
        configuration = {
            **{"apiVersion": "v1", "kind": "Config", "current-context": "own"},
            "clusters": [{"name": "own", "cluster": {"server": address}}],
            "contexts": [{"name": "own", "context": {"cluster": "own", "user": "own"}}],
            "users": [{"name": "own", "user": {}}],
        }
        (folder / "config").write_text(json.dumps(configuration), encoding="utf-8")
        Thread(target=cluster.serve_forever, daemon=True).start()
        try:
            yield cluster
        finally:
            cluster.shutdown()
