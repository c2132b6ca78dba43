"""Containers of an image as a cluster runs them, for tests.

The user and the command are the image's own. There are no capabilities, the root is read-only, /tmp is in
memory, and the network is this machine's own.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.serving import AMPLE_SECONDS

TOOLS = ("buildah", "crun", "debootstrap", "unshare")
BUILD_IMAGE = Path(__file__).parents[2] / "deploy" / "build-image"
NAME = "localhost/counterpoise-server"
_KINDS = ("bounding", "effective", "inheritable", "permitted", "ambient")
_MEMORY = {"type": "tmpfs", "source": "tmpfs"}
_MOUNTS = [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    _MEMORY | {"destination": "/dev", "options": ["nosuid", "mode=755"]},
    _MEMORY | {"destination": "/dev/shm", "options": ["nosuid", "nodev", "mode=1777"]},  # noqa: S108
    _MEMORY | {"destination": "/tmp", "options": ["nosuid", "nodev", "noexec", "mode=1777"]},  # noqa: S108
]
_UNSHARE = ("unshare", "--mount", "--propagation", "private")
# crun knows the second version of control groups alone, and some machines mount both.
_CONTROL_GROUPS = 'mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"'


@dataclass(frozen=True)
class Image:
    """An image that was built: where its files are, its configuration, and what its build printed."""

    root: Path
    configuration: dict[str, Any]
    printed: str


@dataclass(frozen=True)
class Container:
    """A running container; `first` is its first process, as this machine numbers it."""

    runtime: subprocess.Popen[str]
    first: int

    def terminate(self) -> int:
        """SIGTERM to the first process; its exit code."""
        self.runtime.send_signal(signal.SIGTERM)
        return self.runtime.wait(AMPLE_SECONDS)


def why_not() -> str | None:
    """Why no image can be built here, or None."""
    if os.environ.get("COUNTERPOISE_TEST_IMAGE") != "1":
        return "building an image takes minutes and the network: set COUNTERPOISE_TEST_IMAGE=1"
    if os.geteuid() != 0:
        return "building an image in a chroot takes root"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


@contextmanager
def built(storage: Path) -> Iterator[Image]:
    """The image, built by the script that builds it, in a storage of its own."""
    log = storage / "log"
    with log.open("w") as progress:
        build = subprocess.run(
            [BUILD_IMAGE, "--storage", storage],
            check=False,
            stdout=subprocess.PIPE,
            stderr=progress,
            text=True,
        )
    assert build.returncode == 0, log.read_text()[-4000:]
    container = _buildah(storage, "from", NAME)
    yield Image(
        root=Path(_buildah(storage, "mount", container)),
        configuration=json.loads(_buildah(storage, "inspect", "--type", "image", NAME))["OCIv1"]["config"],
        printed=build.stdout,
    )
    _buildah(storage, "rm", container)


def _buildah(storage: Path, *arguments: str) -> str:
    """What buildah prints about that storage."""
    places = ["--root", storage / "images", "--runroot", storage / "run"]
    command = ["buildah", "--storage-driver", "vfs", *places, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def running(
    image: Image, folder: Path, command: list[str] | None = None, settings: dict[str, str] | None = None
) -> Iterator[Container]:
    """Starts a container, with the image's own command unless one is given, and ends it."""
    environment = [f"COUNTERPOISE_{name.upper()}={value}" for name, value in (settings or {}).items()]
    user, group = map(int, image.configuration["User"].split(":"))
    bundle = {
        "ociVersion": "1.0.2",
        "root": {"path": str(image.root), "readonly": True},
        "process": {
            "user": {"uid": user, "gid": group},
            "args": command or image.configuration["Entrypoint"] + image.configuration["Cmd"],
            "env": image.configuration["Env"] + environment,
            "cwd": image.configuration["WorkingDir"],
            "capabilities": {kind: [] for kind in _KINDS},
            "noNewPrivileges": True,
        },
        "mounts": _MOUNTS,
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]},
    }
    (folder / "config.json").write_text(json.dumps(bundle))
    pid_file = folder / "pid"
    pid_file.unlink(missing_ok=True)
    name = f"counterpoise-{os.getpid()}-{folder.name}"
    crun = ["crun", "--cgroup-manager=disabled", "--root", folder / "crun"]
    run = [*crun, "run", "--bundle", folder, "--pid-file", pid_file, name]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [*_UNSHARE, "sh", "-c", _CONTROL_GROUPS, "sh", *run],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as runtime,
    ):
        first = _number_in(pid_file, runtime)
        try:
            assert first, (folder / "log").read_text()
            yield Container(runtime, first)
        finally:
            if runtime.poll() is None:
                os.kill(first or runtime.pid, signal.SIGKILL)


def _number_in(pid_file: Path, runtime: subprocess.Popen[str]) -> int:
    limit = time.monotonic() + AMPLE_SECONDS
    while time.monotonic() < limit:
        if pid_file.exists() and (text := pid_file.read_text()):
            return int(text)
        if runtime.poll() is not None:
            break
        time.sleep(0.01)
    return 0
