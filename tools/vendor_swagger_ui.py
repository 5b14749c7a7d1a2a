"""Take Swagger UI's files from its npm package into the template: `make vendor VERSION=5.35.0`."""

import argparse
import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = Path(__file__).parent.parent / "template" / "app" / "static" / "swagger-ui"
PACKAGE = "swagger-ui-dist"
# What the page loads, and what the licence asks to go with it.
FILES = (
    "LICENSE",
    "NOTICE",
    "favicon-32x32.png",
    "swagger-ui-bundle.js",
    "swagger-ui-bundle.js.LICENSE.txt",
    "swagger-ui.css",
)
SUMS = "SHA256SUMS"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.vendor_swagger_ui", description=__doc__)
    parser.add_argument("version")
    version = parser.parse_args().version
    with TemporaryDirectory() as folder:
        # npm compares the archive with the checksum that the registry has of it.
        command = ["npm", "pack", "--silent", "--pack-destination", folder]
        subprocess.run([*command, f"{PACKAGE}@{version}"], stdout=subprocess.DEVNULL, check=True)
        [archive] = Path(folder).iterdir()
        unpack(archive, FOLDER, version)
    print(f"{FOLDER} has Swagger UI {version}")
    return 0


def unpack(archive: Path, folder: Path, version: str) -> None:
    """Write the files and their checksums.

    Raises:
        KeyError: the package has not all of the files.
    """
    with tarfile.open(archive) as package:
        contents = {name: read(package, f"package/{name}") for name in FILES}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / SUMS).write_text(f"# {PACKAGE} {version}\n{sums(folder)}")


def read(package: tarfile.TarFile, name: str) -> bytes:
    member = package.extractfile(name)
    if member is None:
        raise KeyError(name)
    return member.read()


def sums(folder: Path) -> str:
    """Return a checksum of each file, one to a line, as `sha256sum --check` reads them."""
    return "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in FILES
    )


if __name__ == "__main__":
    sys.exit(main())
