"""The Kubernetes manifests of a service, as their files have them and as kustomize makes them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.support.optional_servers import program_of
from tests.support.rendering import ROOT, UV, run

PLACE = "deploy/kubernetes"
OVERLAYS = ("staging", "production")
REQUIREMENTS = ROOT / "requirements" / "manifests.txt"
# What the Prometheus operator brings has no schema in Kubernetes.
OPERATOR = "monitoring.coreos.com/v1"

Manifest = dict[str, Any]


def read(path: Path) -> list[Manifest]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def base(service: Path) -> dict[str, Manifest]:
    """Return the manifests of the base by kind and name, or what kustomize is told."""
    found = [each for path in sorted((service / PLACE).glob("base/*.yaml")) for each in read(path)]
    return by_name(each for each in found if each["kind"] != "Kustomization")


def by_name(manifests: Iterable[Manifest]) -> dict[str, Manifest]:
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in manifests}


def build(service: Path, overlay: str) -> str:
    return run(service, program_of("kubectl"), "kustomize", f"{PLACE}/overlays/{overlay}")


def pods(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Return the specifications of pods, whatever makes them."""
    found = []
    for each in manifests:
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        found += [template["spec"]] if template else []
    return found


def variables(service: Path, overlay: str) -> dict[str, str]:
    """Return the settings of an overlay, merged as kustomize merges them."""
    merged: dict[str, str] = {}
    for folder in ("base", f"overlays/{overlay}"):
        [kustomization] = read(service / PLACE / folder / "kustomization.yaml")
        [generator] = kustomization["configMapGenerator"]
        merged |= dict(line.split("=", 1) for line in generator["literals"])
    return merged


def install_linters(place: Path) -> None:
    """Give them an environment of their own, for what checkov demands of versions."""
    run(ROOT, str(UV), "venv", "--quiet", str(place))
    command = [str(UV), "pip", "install", "--quiet", "--require-hashes", "--python", str(place)]
    run(ROOT, *command, "--requirements", str(REQUIREMENTS))


def find_faults(linters: Path, files: list[str], *options: str) -> str:
    """Return what kubernetes-validate says: it only warns of a kind that it does not know."""
    return run(linters, "bin/kubernetes-validate", "--strict", "--quiet", *options, *files)


def failed_checks(linters: Path, files: Iterable[Path]) -> set[tuple[str, str]]:
    """Return which of checkov's checks fail, each with what it says."""
    # It would ask its vendor for links to explanations.
    command = ["bin/checkov", "--skip-download", "--framework", "kubernetes", "--output", "json"]
    named = [option for path in files for option in ("--file", str(path))]
    said = json.loads(run(linters, *command, "--quiet", "--soft-fail", *named))
    assert said["summary"]["parsing_errors"] == 0
    assert said["summary"]["resource_count"] > 0
    return {(each["check_id"], each["check_name"]) for each in said["results"]["failed_checks"]}
