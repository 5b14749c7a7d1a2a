"""What stands in for the official base image, which no registry of ours has.

It is made of this machine's own files: a Python without its packages, a shell, a few tools, and the
libraries that they load. So it shows what a Dockerfile adds to a base, and nothing about the base.
"""

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

TOOLS = ("chmod", "rm", "sh")
# What wheels expect to find, besides what those above load.
LIBRARIES = (
    *("libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libnss_dns.so.2", "libnss_files.so.2"),
    *("libpthread.so.0", "libresolv.so.2", "librt.so.1", "libstdc++.so.6", "libutil.so.1"),
)
NOT_NEEDED = (
    *("*.a", "__pycache__", "config-*", "dist-packages", "idlelib", "site-packages", "test"),
    *("tkinter", "turtledemo"),
)
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# Debian has it off the PATH of those who are not root.
LDCONFIG = shutil.which("ldconfig", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or "ldconfig"
SYSTEM_FOLDERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
ABOUT = """
import ssl, sys, sysconfig
print("%d.%d" % sys.version_info[:2], sysconfig.get_path("stdlib"))
print(ssl.get_default_verify_paths().openssl_cafile)
"""


def make_root(root: Path, python: str) -> None:
    """Make the files of a system with this Python."""
    for name in ("dev", "etc", "proc", "root", "run", "sys", "tmp", "usr/local/lib", "var/tmp"):
        (root / name).mkdir(parents=True)
    for name in ("tmp", "var/tmp"):
        (root / name).chmod(0o1777)
    link_system_folders(root)
    version, library, ca_file = read(python, "-c", ABOUT).split()
    programs = [*copy_python(root, python, version, library), *copy_tools(root)]
    copy_libraries(root, programs)
    copy(Path(CERTIFICATES), root)
    (root / ca_file[1:]).parent.mkdir(parents=True, exist_ok=True)
    if not (root / ca_file[1:]).exists():
        (root / ca_file[1:]).symlink_to(CERTIFICATES)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")


def link_system_folders(root: Path) -> None:
    """Make /bin a link to usr/bin where it is one here."""
    for link in (Path("/", name) for name in ("bin", "lib", "lib64", "sbin")):
        if link.is_symlink():
            (root / link.readlink()).mkdir(parents=True, exist_ok=True)
            (root / link.name).symlink_to(link.readlink())


def copy_python(root: Path, python: str, version: str, library: str) -> list[Path]:
    """Return the files that load libraries."""
    there = root / f"usr/local/lib/python{version}"
    shutil.copytree(library, there, ignore=shutil.ignore_patterns(*NOT_NEEDED))
    (there / "site-packages").mkdir()
    programs = root / "usr/local/bin"
    programs.mkdir()
    shutil.copy2(Path(python).resolve(), programs / f"python{version}")
    for name in ("python", "python3"):
        (programs / name).symlink_to(f"python{version}")
    return [Path(python).resolve(), *Path(library, "lib-dynload").glob("*.so")]


def copy_tools(root: Path) -> list[Path]:
    tools = [Path(found) for name in TOOLS if (found := shutil.which(name))]
    for tool in tools:
        copy(tool, root)
    return tools


def copy_libraries(root: Path, programs: list[Path]) -> None:
    # One of another architecture may have the same name.
    here = rf"^\s+(\S+) \(.+\) => (\S*{platform.machine()}-linux\S+)$"
    known = dict(re.findall(here, read(LDCONFIG, "-p"), re.MULTILINE))
    wanted = [known[name] for name in LIBRARIES if name in known]
    loaded = re.findall(r"(?:=>|^)\s+(/\S+) \(0x", read("ldd", *map(str, programs), *wanted), re.M)
    folders = {"/usr/local/lib"}
    for library in {Path(name) for name in [*wanted, *loaded]}:
        if str(library).startswith(SYSTEM_FOLDERS):
            copy(library, root)
            folders.add(str(library.parent))
        else:
            # That of the Python itself, from wherever it is installed.
            shutil.copy2(library.resolve(), root / "usr/local/lib" / library.name)
    (root / "etc/ld.so.conf").write_text("\n".join([*sorted(folders), ""]))
    read(LDCONFIG, "-r", str(root))


def copy(file: Path, root: Path) -> None:
    target = root / str(file)[1:]
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(file.resolve(), target)


def read(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout
