"""What the image is made of: the files that .dockerignore lets in, and no others."""

from pathlib import Path
from shutil import copy2, copytree

import pytest

from tests.support.processes import app, serving
from tests.support.rendering import Combination, run
from tests.support.services import EVERYTHING, NOTHING, Services, named

RELEASE = "v1.4.0"
SECRET = "Zp3kVd0Rw9sXq7LmTf2HbYc8NgJ5uAe1"


@pytest.mark.parametrize("combination", named([EVERYTHING, NOTHING]))
def test_a_service_serves_from_the_files_of_its_image(
    combination: Combination, services: Services, tmp_path: Path
) -> None:
    service = services.installed(combination.answers)
    image = tmp_path / "image"
    copy_into_image(service, image)
    # Copier writes this line where the template has a history; that of the tests has none.
    answers = image / ".copier-answers.yml"
    answers.write_text(
        f"{answers.read_text(encoding='utf-8')}_commit: {RELEASE}\n", encoding="utf-8"
    )
    given = {
        "ENVIRONMENT": "test",
        "JWT_SECRET": SECRET,
        "VERSION": "2.1.0",
        "DATABASE_URL": f"sqlite:///{tmp_path}/data.db",
    }
    with serving(image, tmp_path / "log", app("serve"), **given) as process:
        said = process.client.get("/health").json()
    if not combination.use_alembic:
        run(image, ".venv/bin/python", "-m", "scripts.create_tables", **given)

    assert (said["version"], said["platform"]) == ("2.1.0", RELEASE)
    assert run(image, *app("version"), VERSION="2.1.0").endswith(f" 2.1.0, platform {RELEASE}\n")
    assert not (image / ".env").exists()


def copy_into_image(service: Path, image: Path) -> None:
    """Copy what `COPY . .` copies, and the environment that the build makes."""
    image.mkdir()
    everything, *lines = (service / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert everything == "*"
    for name in [line[1:] for line in lines if line.startswith("!")]:
        copy = copytree if (service / name).is_dir() else copy2
        copy(service / name, image / name)
    (image / ".venv").symlink_to((service / ".venv").resolve())
