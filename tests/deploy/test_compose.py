"""deploy/compose.yaml is what Compose takes, and asks for what deploy/local.sh gives without containers."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

DEPLOY = Path("deploy")
LOCAL = (DEPLOY / "local.sh").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def services():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    # Top-level keys and those of a service, of the Compose specification.
    assert {key for key in compose if not key.startswith("x-")} == {"name", "services", "volumes"}
    known = {"build", "command", "depends_on", "entrypoint", "environment", "healthcheck", "image", "ports", "profiles"}
    for name, service in compose["services"].items():
        assert set(service) <= known | {"restart", "volumes"}, name
        for other, needs in service.get("depends_on", {}).items():
            assert needs["condition"] in ("service_healthy", "service_completed_successfully")
            healthy = "healthcheck" in compose["services"][other]
            assert healthy == (needs["condition"] == "service_healthy"), f"{name} waits for {other}"
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).is_dir(), mount
    return compose["services"]


def test_what_a_worker_is_told_is_what_local_sh_tells_to_export(services):
    loop = re.search(r"^for name in (.*); do\n  echo \"export", LOCAL, re.MULTILINE)
    assert set(loop[1].split()) == set(services["worker"]["environment"])


def test_the_mlflow_server_is_told_the_same(services):
    told = {name for name in services["mlflow"]["environment"] if name.startswith("MLFLOW_")}
    assert told - {"MLFLOW_SERVER_ALLOWED_HOSTS"} == {
        name for name in re.findall(r"^export (MLFLOW_\w+)=", LOCAL, re.MULTILINE) if name != "MLFLOW_TRACKING_URI"
    }
    uri = services["mlflow"]["environment"]["MLFLOW_BACKEND_STORE_URI"]
    assert uri.replace("{", "").replace("}", "").replace("postgres:5432", "127.0.0.1:$postgres_port") in LOCAL


def test_every_value_that_is_filled_in_has_an_example_and_no_other(services):
    example = dict(
        line.split("=", 1)
        for line in (DEPLOY / ".env.example").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    filled = set(re.findall(r"(?<!\$)\$\{(\w+)", (DEPLOY / "compose.yaml").read_text(encoding="utf-8")))
    assert filled == set(example)
    assert all(ports.startswith("127.0.0.1:") for one in services.values() for ports in one.get("ports", []))


@pytest.mark.parametrize(
    ("words", "env", "line"),
    [
        ([], {}, "one argument is wanted"),
        (["store"], {"PATH": "", "PYTHON": "/bin/sh"}, "PostgreSQL is not installed; run: apt-get install postgresql"),
    ],
)
def test_local_sh_says_in_a_line_what_is_missing(tmp_path, words, env, line):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("dirname", "mkdir", "sort", "tail"):
        (tools / name).symlink_to(Path("/usr/bin") / name)
    (tools / "ls").write_text("#!/bin/sh\nexit 2\n")
    (tools / "ls").chmod(0o755)
    env = {**os.environ, **env} | ({"PATH": str(tools)} if "PATH" in env else {})
    script = str((DEPLOY / "local.sh").resolve())
    done = subprocess.run(
        ["/bin/bash", script, *words], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"deploy/local.sh: {line}")
    assert len(done.stderr.splitlines()) == 1
