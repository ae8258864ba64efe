"""What is deployed, as far as it can be looked at without an engine: image, compose file, unit, lock."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatch
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot.config import ROOT, load_config
from bot.operations.exits import Exit

DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "tangpoet.service"
# Instructions of a Dockerfile, each with what follows it.
Instructions = list[tuple[str, str]]


def dockerfile() -> Instructions:
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, " ".join(rest.split())) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.fixture
def final() -> Instructions:
    """The stage that becomes the image."""
    stages = dockerfile()
    last = max(index for index, (word, _) in enumerate(stages) if word == "FROM")
    return stages[last:]


def the(instructions: Instructions, wanted: str) -> str:
    [found] = [rest for word, rest in instructions if word == wanted]
    return found


@pytest.fixture
def service() -> Mapping[str, Any]:
    """The one service of the compose file."""
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    [found] = composed["services"].values()
    assert isinstance(found, dict)
    assert set(composed["volumes"]) == {"data"}
    assert composed["secrets"] == {"discord_token": {"file": "./discord_token"}}
    return found


@pytest.fixture
def unit() -> Mapping[str, list[str]]:
    """The settings of the unit's service, each with all its values."""
    values: dict[str, list[str]] = {}
    section = ""
    for line in UNIT.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            values.setdefault(key, []).append(value)
    return values


# The image.


def test_the_image_is_small_and_built_in_two_stages() -> None:
    bases = [rest for word, rest in dockerfile() if word == "FROM"]

    assert bases == ["python:3.11-slim AS build", "python:3.11-slim"]


def test_packages_are_held_against_their_hashes() -> None:
    [install] = [rest for word, rest in dockerfile() if "requirements.txt" in rest and "install" in rest]

    for option in ("--require-hashes", "--no-deps", "--only-binary :all:"):
        assert option in install
    for word, rest in dockerfile():
        if word == "RUN" and "pip install" in rest and rest != install:
            assert "--no-index" in rest  # the program itself brings nothing


def test_the_image_runs_as_nobody_in_particular(final: Instructions) -> None:
    words = [word for word, _ in final]

    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", the(final, "USER"))
    assert words.index("USER") > max(index for index, word in enumerate(words) if word in {"RUN", "COPY"})
    assert the(final, "VOLUME") == "/data"
    assert "TANGPOET_STORAGE__DIR=/data" in the(final, "ENV")
    assert any("fonts-arphic-ukai" in rest for word, rest in final if word == "RUN")


def test_the_image_asks_the_bot_how_it_is(final: Instructions) -> None:
    check = the(final, "HEALTHCHECK")

    assert check.endswith('CMD ["python", "-m", "bot", "health"]')
    assert the(final, "ENTRYPOINT") == '["python", "-m", "bot"]'
    assert the(final, "CMD") == '["run"]'
    assert the(final, "STOPSIGNAL") == "SIGTERM"


def test_settings_of_the_image_are_settings(
    final: Instructions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in re.findall(r"(TANGPOET_\w+)=(\S+)", the(final, "ENV")):
        monkeypatch.setenv(name, value)

    assert load_config(folder=tmp_path).storage.dir == Path("/data")


def test_what_the_bot_needs_is_in_the_image_and_secrets_are_not() -> None:
    patterns = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split("\n")
    taken = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    assert "*" in patterns

    def is_taken(path: str) -> bool:
        parents = ["/".join(path.split("/")[:count]) for count in range(1, path.count("/") + 2)]
        return any(fnmatch(parent, pattern) for parent in parents for pattern in taken)

    needed = [path for folder in ("bot", "model", "data/models") for path in (ROOT / folder).rglob("*.*")]
    needed += (ROOT / "data").glob("*.safetensors")
    assert all(is_taken(str(path.relative_to(ROOT))) for path in needed)
    for path in ("config.toml", "deploy/requirements.txt", "pyproject.toml"):
        assert is_taken(path)
    secrets = (
        ".env",
        "config.local.toml",
        "data/run/tangpoet.db",
        "deploy/discord_token",
        ".git/config",
        ".venv/bin/x",
    )
    for secret in secrets:
        assert not is_taken(secret), secret


# Compose.


def test_the_container_can_do_nothing_but_its_work(service: Mapping[str, Any], final: Instructions) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == the(final, "USER")
    assert service["volumes"] == ["data:/data"]
    assert "privileged" not in service
    assert "ports" not in service
    assert all(place.startswith("/tmp:") for place in service["tmpfs"])  # noqa: S108 - of the container


def test_the_container_is_built_from_what_is_here(service: Mapping[str, Any]) -> None:
    build = service["build"]

    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == (DEPLOY / "Dockerfile").resolve()


def test_the_token_comes_as_a_secret_that_git_does_not_see(service: Mapping[str, Any]) -> None:
    assert service["secrets"] == ["discord_token"]
    assert service["environment"]["DISCORD_TOKEN_FILE"] == "/run/secrets/discord_token"
    assert "/deploy/discord_token" in (ROOT / ".gitignore").read_text("utf-8").split("\n")


def test_settings_of_the_container_are_settings(
    service: Mapping[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in service["environment"].items():
        monkeypatch.setenv(name, value)

    assert load_config(folder=tmp_path).log.format == "json"


def test_stopping_waits_for_what_runs(
    service: Mapping[str, Any], unit: Mapping[str, list[str]], tmp_path: Path
) -> None:
    longest = load_config(folder=tmp_path).limits.shutdown_seconds + 10

    assert int(service["stop_grace_period"].removesuffix("s")) >= longest
    assert int(unit["TimeoutStopSec"][0]) >= longest


# The unit.


def test_the_unit_is_watched_over_by_the_pulse(unit: Mapping[str, list[str]]) -> None:
    """Stale after 60 s, told every 10 s."""
    assert unit["Type"] == ["notify"]
    assert int(unit["WatchdogSec"][0]) >= 60
    assert unit["ExecStart"] == ["/opt/tangpoet/.venv/bin/python -m bot run"]


def test_the_unit_is_started_again_unless_that_is_of_no_use(unit: Mapping[str, list[str]]) -> None:
    assert unit["Restart"] == ["on-failure"]
    never = {int(code) for code in unit["RestartPreventExitStatus"][0].split()}
    assert never == {Exit.TOKEN, Exit.SETTINGS}


def test_the_units_token_is_a_credential(unit: Mapping[str, list[str]]) -> None:
    assert unit["LoadCredential"] == ["discord_token:/etc/tangpoet/token"]
    assert "DISCORD_TOKEN_FILE=%d/discord_token" in unit["Environment"]


@pytest.mark.parametrize(
    "setting",
    [
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "PrivateDevices=yes",
        "PrivateTmp=yes",
        "ProtectHome=yes",
        "ProtectKernelModules=yes",
        "ProtectKernelTunables=yes",
        "ProtectSystem=strict",
        "RestrictNamespaces=yes",
        "SystemCallArchitectures=native",
        "SystemCallFilter=@system-service",
        "UMask=0077",
    ],
)
def test_the_unit_can_do_nothing_but_its_work(unit: Mapping[str, list[str]], setting: str) -> None:
    key, _, value = setting.partition("=")

    assert value in unit[key]
    assert unit["User"] != ["root"]


def test_settings_of_the_unit_are_settings(
    unit: Mapping[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for setting in unit["Environment"]:
        name, _, value = setting.partition("=")
        monkeypatch.setenv(name, value.replace("%S", "/var/lib"))

    assert load_config(folder=tmp_path).storage.dir == Path("/var/lib/tangpoet")


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not on this machine")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text("utf-8").replace("/opt/tangpoet/.venv/bin/python", sys.executable), "utf-8")
    verified = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", UNIT], capture_output=True, text=True, check=False
    )

    assert rated.returncode == 0, rated.stdout[-500:]  # exposure of at most 2.0


# The lock.


def locked() -> dict[str, tuple[str, int]]:
    """Of each package, its version and how many hashes it has."""
    text = (DEPLOY / "requirements.txt").read_text("utf-8")
    entries = re.findall(r"^([\w.-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
    return {str(canonicalize_name(name)): (version, hashes.count("--hash")) for name, version, hashes in entries}


def test_the_lock_has_the_versions_that_the_tests_passed_with() -> None:
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text("utf-8").split() if "==" in line)
    tested = {str(canonicalize_name(name)): version for name, version in pins.items()}

    for name, (version, hashes) in locked().items():
        assert version.removesuffix("+cpu") == tested[name], f"{name}: run `make lock`"
        assert hashes, name


def test_the_lock_has_all_that_the_bot_needs_and_no_more() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted: list[Requirement] = [Requirement(text) for text in project["dependencies"]]
    seen: set[str] = set()
    while wanted:
        name = canonicalize_name(wanted.pop().name)
        if name not in seen:
            seen.add(name)
            needed = map(Requirement, requires(name) or [])
            wanted += [entry for entry in needed if entry.marker is None or entry.marker.evaluate({"extra": ""})]

    assert set(locked()) == seen, "run `make lock`"


def test_the_containers_pytorch_is_the_build_for_processors() -> None:
    version, hashes = locked()["torch"]

    assert version.endswith("+cpu")
    assert hashes == 1
    assert not any(name.startswith("nvidia") for name in locked())
    assert f"torch=={version}" in (DEPLOY / "overrides.txt").read_text("utf-8").split("\n")
