"""Manifests for Kubernetes: valid, in agreement with the service and with each other."""

import json
import os
import re
import subprocess
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml

from tests.support import manifests, monitoring
from tests.support.manifests import OPERATOR, OVERLAYS, Manifest
from tests.support.optional_servers import program_of
from tests.support.recipes import read_recipes
from tests.support.rendering import clean_environment, run
from tests.support.services import COVERING, EVERYTHING, Services
from tests.support.shared import once
from tests.support.stand_in_cluster import stand_in_cluster
from tests.support.team_edits import copy_files

ANSWERS = EVERYTHING.answers
# Whichever two options change the manifests: together, and each without the other.
VARIANTS = [
    dict(answers)
    for answers in sorted(
        {tuple((each.answers | {"use_kubernetes": True}).items()) for each in COVERING},
        reverse=True,
    )
]
# What checkov finds, and why it stays so.
ACCEPTED = {
    "CKV_K8S_11": "A limit of CPU throttles a process, probes included, while cores are idle.",
    "CKV_K8S_15": "A tag never moves: a pull would need the registry at each start.",
    "CKV_K8S_43": "The overlay names the image; a team's pipeline writes its digest there.",
}
# What an option's server listens on.
PORTS = {"use_redis": 6379, "use_opentelemetry": 4318, "use_sentry": 443}
# For what the processes of a pod need besides to end: signals, and the kernel's own work.
SPARE_SECONDS = 5
# PostgreSQL's defaults.
MAX_CONNECTIONS, RESERVED_CONNECTIONS = 100, 3
SECRETS = {
    "DATABASE_URL": "postgresql://app:R4nd0m-enough-for-a-test@db/app",
    "JWT_SECRET": "4f0a8c1e97d24b6c8e5a3f7b9d1c2e60a7b8c9d0",
    "REDIS_URL": "redis://redis:6379/0",
    "SENTRY_DSN": "https://4f0a8c1e97d24b6c@errors.example.com/1",
    "SMTP_URL": "smtp://mail:587",
}


@pytest.fixture(scope="module")
def services_of_variants(services: Services) -> list[Path]:
    return [services.rendered(variant) for variant in VARIANTS]


@pytest.fixture
def service(services: Services) -> Path:
    return services.rendered(ANSWERS)


@pytest.fixture(scope="module")
def linters(environments: Path) -> Path:
    return once(environments / "manifests", manifests.install_linters)


@pytest.fixture(scope="module")
def settings(services: Services) -> dict[str, Any]:
    """The settings of a service in production, as they are when nothing is set that need not be."""
    return read_settings(services.installed(ANSWERS), SECRETS)


def read_settings(service: Path, given: dict[str, str]) -> dict[str, Any]:
    code = (
        "import json; from app.core.config import Settings; settings = Settings(_env_file=None);"
        "print(json.dumps({name: getattr(settings, name) for name in"
        " [*type(settings).model_fields, 'drain_seconds', 'stop_seconds']}, default=str))"
    )
    said = run(service, ".venv/bin/python", "-c", code, ENVIRONMENT="production", **given)
    read: dict[str, Any] = json.loads(said)
    return read


def test_the_base_is_valid(services_of_variants: list[Path], linters: Path) -> None:
    """For the newest Kubernetes, and for the oldest that the documentation names."""
    text = (services_of_variants[0] / "docs/kubernetes.md").read_text(encoding="utf-8")
    [oldest] = re.findall(r"for Kubernetes (1\.\d+) or newer", text)
    files = [
        str(path)
        for service in services_of_variants
        for path in sorted((service / manifests.PLACE).glob("base/*.yaml"))
        if path.name != "kustomization.yaml"
    ]

    assert manifests.find_faults(linters, files) == ""
    assert manifests.find_faults(linters, files, "--kubernetes-version", oldest) == ""


def test_the_base_lists_every_file(services_of_variants: list[Path]) -> None:
    for service in services_of_variants:
        for folder in (
            service / manifests.PLACE / "base",
            service / manifests.PLACE / "monitoring",
        ):
            [told] = manifests.read(folder / "kustomization.yaml")
            there = {path.name for path in folder.iterdir()} - {"kustomization.yaml"}
            assert set(told["resources"]) == there


@pytest.fixture(scope="module")
def built(services_of_variants: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what kustomize makes of each overlay of each variant."""
    folder = tmp_path_factory.mktemp("built")
    for number, service in enumerate(services_of_variants):
        for overlay in OVERLAYS:
            text = manifests.build(service, overlay)
            (folder / f"{number}-{overlay}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_overlays_are_valid(built: Path, linters: Path, tmp_path: Path) -> None:
    for path in sorted(built.iterdir()):
        known = [each for each in manifests.read(path) if each["apiVersion"] != OPERATOR]
        (tmp_path / path.name).write_text(yaml.safe_dump_all(known), encoding="utf-8")
    files = [str(path) for path in sorted(tmp_path.iterdir())]

    assert len(files) == len(VARIANTS) * len(OVERLAYS)
    assert manifests.find_faults(linters, files) == ""


def test_checkov_finds_what_is_accepted_and_no_more(built: Path, linters: Path) -> None:
    found = manifests.failed_checks(linters, built.glob("*-production.yaml"))

    assert {check for check, _ in found} == set(ACCEPTED), found


def test_an_overlay_names_the_image_and_a_namespace(service: Path) -> None:
    for overlay in OVERLAYS:
        found = list(yaml.safe_load_all(manifests.build(service, overlay)))
        images = {each["image"] for pod in manifests.pods(found) for each in pod["containers"]}
        assert images == {"registry.example.com/my-service:0.0.0"}
        assert {each["metadata"]["namespace"] for each in found} == {f"my-service-{overlay}"}


def test_every_pod_is_confined(service: Path) -> None:
    pods = manifests.pods(manifests.base(service).values())

    assert len(pods) == 3
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["serviceAccountName"] == "my-service"
        assert pod["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": image_user(service),
            "runAsGroup": image_user(service),
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"].keys() == {"requests", "limits"}
        assert "env" not in container


def test_nodes_can_be_drained_and_jobs_come_to_an_end(service: Path) -> None:
    found = manifests.base(service)
    budget = found["PodDisruptionBudget/my-service"]["spec"]
    cleanup = found["CronJob/my-service-cleanup"]["spec"]
    jobs = [found["Job/my-service-migrate"]["spec"], cleanup["jobTemplate"]["spec"]]

    # One at a time, and those that are not ready whenever a node wants it.
    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
    assert cleanup["concurrencyPolicy"] == "Forbid"
    for job in jobs:
        assert 0 < job["activeDeadlineSeconds"] <= 3600
        assert 0 < job["backoffLimit"] <= 3
        assert job["template"]["spec"]["restartPolicy"] == "Never"


def image_user(service: Path) -> int:
    [user] = re.findall(r"^USER (\d+):\1$", (service / "Dockerfile").read_text(), re.MULTILINE)
    return int(user)


def test_the_numbers_of_the_end_agree(service: Path, settings: dict[str, Any]) -> None:
    """A pod serves until nobody sends it requests any more, and has time to end."""
    [pod] = manifests.pods([manifests.base(service)["Deployment/my-service"]])
    [container] = pod["containers"]
    ready = container["readinessProbe"]
    paused = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    turned = ready["periodSeconds"] * ready["failureThreshold"] + ready["timeoutSeconds"]

    assert turned <= settings["drain_seconds"]
    assert paused > 0
    needed = paused + settings["stop_seconds"] + SPARE_SECONDS
    assert pod["terminationGracePeriodSeconds"] >= needed


def test_probes_give_the_service_its_time(service: Path) -> None:
    [pod] = manifests.pods([manifests.base(service)["Deployment/my-service"]])
    [container] = pod["containers"]
    probes = {name: container[f"{name}Probe"] for name in ("startup", "liveness", "readiness")}
    code = (service / "app/api/health_checks.py").read_text(encoding="utf-8")
    [checks] = re.findall(r"^TIMEOUT_SECONDS = ([\d.]+)$", code, re.MULTILINE)

    assert {name: each["httpGet"]["path"] for name, each in probes.items()} == {
        "startup": "/health/live",
        "liveness": "/health/live",
        "readiness": "/health/ready",
    }
    assert probes["readiness"]["timeoutSeconds"] > float(checks)
    # A restart is the last resort: by then readiness has kept requests away for long.
    assert span(probes["liveness"]) > 2 * span(probes["readiness"])


def span(probe: Manifest) -> int:
    return int(probe["periodSeconds"] * probe["failureThreshold"])


def test_ports_are_those_of_the_settings(service: Path) -> None:
    base = manifests.base(service)
    [pod] = manifests.pods([base["Deployment/my-service"]])
    [container] = pod["containers"]
    given = manifests.variables(service, "production")
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}

    assert ports == {"http": int(given["PORT"]), "metrics": int(given["METRICS_PORT"])}
    assert given["HOST"] == "0.0.0.0"  # noqa: S104 - of a pod
    offered = base["Service/my-service"]["spec"]["ports"]
    assert [each["targetPort"] for each in offered] == ["http", "metrics"]
    for name in ("startup", "liveness", "readiness"):
        assert container[f"{name}Probe"]["httpGet"]["port"] == "http"
    [monitor] = manifests.read(service / manifests.PLACE / "monitoring/service-monitor.yaml")
    [endpoint] = monitor["spec"]["endpoints"]
    assert endpoint["port"] in [each["name"] for each in offered]
    scrapes = (service / "app/core/http/probes.py").read_text(encoding="utf-8")
    assert f'SCRAPES = frozenset({{"{endpoint["path"]}"}})' in scrapes


def test_selectors_find_the_pods_that_serve(service: Path) -> None:
    base = manifests.base(service)
    deployment = base["Deployment/my-service"]["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    [monitor] = manifests.read(service / manifests.PLACE / "monitoring/service-monitor.yaml")

    assert deployment["selector"]["matchLabels"] == labels
    assert base["Service/my-service"]["spec"]["selector"] == labels
    assert base["PodDisruptionBudget/my-service"]["spec"]["selector"]["matchLabels"] == labels
    assert base["NetworkPolicy/my-service-serve"]["spec"]["podSelector"]["matchLabels"] == labels
    for spread in deployment["template"]["spec"]["topologySpreadConstraints"]:
        assert spread["labelSelector"]["matchLabels"] == labels
    assert monitor["spec"]["selector"]["matchLabels"].items() <= (
        base["Service/my-service"]["metadata"]["labels"].items()
    )
    target = base["HorizontalPodAutoscaler/my-service"]["spec"]["scaleTargetRef"]
    assert f"{target['kind']}/{target['name']}" in base
    # Else a rollout would undo what the autoscaler has done.
    assert "replicas" not in deployment


def test_one_job_is_watched_and_promised(service: Path) -> None:
    """The operator calls the job after the Service."""
    objectives = monitoring.rules(service)
    promised = {
        rule["labels"]["job"] for rule in objectives if rule.get("record", "")[:4] == "slo:"
    }

    assert promised == {"my-service"}
    assert "Service/my-service" in manifests.base(service)


def test_pods_reach_what_the_service_needs(services_of_variants: list[Path]) -> None:
    for service, variant in zip(services_of_variants, VARIANTS, strict=True):
        policies = manifests.base(service)
        every, serving = (
            policies[f"NetworkPolicy/my-service{name}"]["spec"] for name in ("", "-serve")
        )
        [allowed] = every["egress"]
        ports = {(each["port"], each["protocol"]) for each in allowed["ports"]}
        brought = {port for option, port in PORTS.items() if variant[option]}
        # Responses of DNS that are too long for a datagram come over TCP.
        assert ports == {(53, "UDP")} | {(port, "TCP") for port in {53, 465, 587, 5432} | brought}
        assert (every["policyTypes"], every["ingress"]) == (["Ingress", "Egress"], [])
        requests, scrapes = serving["ingress"]
        assert [each["port"] for each in requests["ports"]] == ["http"]
        assert [each["port"] for each in scrapes["ports"]] == ["metrics"]
        [source] = scrapes["from"]
        assert "monitoring" in source["namespaceSelector"]["matchLabels"].values()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_service_starts_with_the_settings_of_an_overlay(
    overlay: str, services: Services, tmp_path: Path
) -> None:
    service = services.copied(ANSWERS, tmp_path / "service")
    given = manifests.variables(service, overlay)

    assert {name.lower() for name in given} <= read_settings(service, SECRETS).keys()
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, value in SECRETS.items():
        (secrets / name).write_text(value, encoding="utf-8")
    given |= {"ENVIRONMENT": "production", "SECRETS_DIR": str(secrets)}
    (service / ".env").unlink()
    said = run(service, ".venv/bin/python", "-m", "app", "check", **given)
    assert said == "The settings are fine.\n"


def test_secrets_are_named_and_never_held(service: Path, settings: dict[str, Any]) -> None:
    """Somebody else makes the Secret; pods read it where the service looks for files."""
    made = yaml.safe_load_all(manifests.build(service, "production"))
    assert "Secret" not in {each["kind"] for each in made}
    for pod in manifests.pods(manifests.base(service).values()):
        [container] = pod["containers"]
        [volume] = [each["name"] for each in pod["volumes"] if "secret" in each]
        mounts = {each["name"]: each for each in container["volumeMounts"]}
        assert mounts[volume]["mountPath"] == settings["secrets_dir"]
        assert mounts[volume]["readOnly"] is True
    text = (service / "docs/kubernetes.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^   - `(\w+)`$", text, re.MULTILINE))
    assert named == SECRETS.keys()


def test_replicas_leave_connections_to_others(service: Path, settings: dict[str, Any]) -> None:
    """Also during a rollout, when pods of both releases are there; docs/deploy.md has the sum."""
    most = manifests.base(service)["HorizontalPodAutoscaler/my-service"]["spec"]["maxReplicas"]
    of_a_pod = settings["database_pool_size"] * settings["workers"]
    # The Job holds one, the CronJob another.
    needed = 2 * most * of_a_pod + 2

    assert needed <= MAX_CONNECTIONS - RESERVED_CONNECTIONS
    # Else a number in the base is more careful than it has to be.
    assert needed + 2 * of_a_pod > MAX_CONNECTIONS - RESERVED_CONNECTIONS
    text = (service / "docs/deploy.md").read_text(encoding="utf-8")
    rows = [
        tuple(map(int, row))
        for row in re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    ]
    assert (most, settings["workers"], settings["database_pool_size"], needed) in rows
    for instances, workers, pool, sum_ in rows:
        assert sum_ == 2 * instances * workers * pool + 2


def test_rules_are_those_of_prometheus(services_of_variants: list[Path], tmp_path: Path) -> None:
    for service in services_of_variants:
        run(service, "scripts/kubernetes_rules.sh", "--check")
        groups = rule_groups(service)
        stated = [
            group
            for path in monitoring.rule_files(service)
            for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        ]
        assert sorted(groups, key=str) == sorted(stated, key=str)
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    run(tmp_path, program_of("promtool"), "check", "rules", str(file))


def rule_groups(service: Path) -> list[dict[str, Any]]:
    files = [service / manifests.PLACE / f"monitoring/{name}.yaml" for name in ("alerts", "rules")]
    found = [each for path in files for each in manifests.read(path) if each]
    assert {each["kind"] for each in found} == {"PrometheusRule"}
    assert len(manifests.by_name(found)) == len(found)
    return [group for each in found for group in each["spec"]["groups"]]


def test_alerts_of_a_team_come_in(service: Path, tmp_path: Path) -> None:
    own = copytree(service, tmp_path / "service")
    [recipe] = [each for each in read_recipes() if each.name == "Add an alert"]
    recipe.follow(own)
    (own / "deploy/monitoring/alerts/Own_Ones.yml").write_text(
        '---\ngroups:\n- name: own\n  rules:\n  - record: "a:b"\n    expr: vector(1)\n'
    )
    before = rule_groups(own)
    stale = subprocess.run(["scripts/kubernetes_rules.sh", "--check"], cwd=own, check=False)
    run(own, "make", "kubernetes-rules")
    run(own, "scripts/kubernetes_rules.sh", "--check")

    assert stale.returncode == 1
    added = [group for group in rule_groups(own) if group not in before]
    assert {"name": "own", "rules": [{"record": "a:b", "expr": "vector(1)"}]} in added
    assert len(added) == 2
    manifests.build(own, "production")


def test_a_team_adds_to_an_overlay(service: Path, tmp_path: Path) -> None:
    own = Path(copytree(service, tmp_path / "service"))
    copy_files(own)
    made = manifests.by_name(yaml.safe_load_all(manifests.build(own, "production")))
    serving, worker = (made[f"Deployment/my-service{name}"] for name in ("", "-worker"))

    assert {each["metadata"]["namespace"] for each in made.values()} == {"shop"}
    assert made["HorizontalPodAutoscaler/my-service"]["spec"]["maxReplicas"] == 8
    assert serving["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 90
    [container], [other] = (each["containers"] for each in manifests.pods([serving, worker]))
    assert container["image"] == other["image"] == "registry.shop.example/orders:1.4.0"
    # With the hash of the overlay's own settings.
    assert container["envFrom"] == other["envFrom"]
    assert container["envFrom"][0]["configMapRef"]["name"] != "my-service"


def test_the_documented_additions_work(service: Path, tmp_path: Path) -> None:
    """A resource is a file beside the overlay, a component a folder, patches are lines in it."""
    blocks = re.findall(
        r"```yaml\n(.+?)```",
        (service / "docs/kubernetes.md").read_text(encoding="utf-8"),
        re.DOTALL,
    )
    own = Path(copytree(service, tmp_path / "service"))
    overlay = own / manifests.PLACE / "overlays/staging"
    [kustomization] = manifests.read(overlay / "kustomization.yaml")
    for number, block in enumerate(blocks):
        added = yaml.safe_load(block)
        if added.get("kind") == "Component":
            (overlay / "argo-cd").mkdir()
            (overlay / "argo-cd/kustomization.yaml").write_text(block, encoding="utf-8")
            kustomization["components"] = ["argo-cd"]
        elif "kind" in added:
            (overlay / f"{number}.yaml").write_text(block, encoding="utf-8")
            kustomization["resources"].append(f"{number}.yaml")
        else:
            kustomization |= added
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    made = manifests.by_name(yaml.safe_load_all(manifests.build(own, "staging")))

    assert len(blocks) == 4
    assert {"ExternalSecret/my-service", "NetworkPolicy/my-service-rates"} <= made.keys()
    assert made["HorizontalPodAutoscaler/my-service"]["spec"]["maxReplicas"] == 10
    waves = {name: wave(each) for name, each in made.items()}
    first = {waves[name] for name in waves if name.startswith(("ConfigMap/", "ServiceAccount/"))}
    assert first == {-2}
    assert waves["NetworkPolicy/my-service"] == -2
    assert waves["Job/my-service-migrate"] == -1
    assert waves["Deployment/my-service"] == 0


def wave(manifest: Manifest) -> int:
    annotations = manifest["metadata"].get("annotations", {})
    return int(annotations.get("argocd.argoproj.io/sync-wave", 0))


def roll_out(service: Path, folder: Path) -> int:
    kubectl = Path(program_of("kubectl")).parent
    environment = clean_environment() | {
        "KUBECONFIG": str(folder / "config"),
        "HOME": str(folder),
        "PATH": f"{kubectl}{os.pathsep}{os.environ['PATH']}",
    }
    command = ["scripts/rollout.sh", "staging"]
    return subprocess.run(command, cwd=service, env=environment, timeout=60, check=False).returncode


def test_a_rollout_begins_when_the_migrations_have_ended(service: Path, tmp_path: Path) -> None:
    with stand_in_cluster(tmp_path) as cluster:
        assert roll_out(service, tmp_path) == 0
        first = list(cluster.events)
        assert roll_out(service, tmp_path) == 0

    assert first.index("POST ConfigMap") < first.index("POST Job")
    assert first.index("POST Job") < first.index("Complete") < first.index("POST Deployment")
    # The Job of the next release is another one.
    second = cluster.events[len(first) :]
    assert second[:2] == ["DELETE Job", "POST Job"]


def test_failed_migrations_stop_a_rollout(service: Path, tmp_path: Path) -> None:
    with stand_in_cluster(tmp_path, job_ends="Failed") as cluster:
        assert roll_out(service, tmp_path) == 1

    assert "POST Job" in cluster.events
    assert "POST Deployment" not in cluster.events
