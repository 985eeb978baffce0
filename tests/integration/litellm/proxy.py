"""A real LiteLLM proxy with a real Postgres, both on this machine, for the length of a test session."""

import contextlib
import http.client
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
VENV = Path(os.environ.get("LITELLM_VENV", ROOT / ".venv-litellm"))
_STARTS_WITHIN = 300.0


def postgres_folder() -> Path | None:
    """Where initdb and its kin are: PG_BIN, the path, Debian's folders, or the `pgserver` package beside LiteLLM."""
    found = shutil.which("initdb")
    candidates = [
        *([Path(os.environ["PG_BIN"])] if "PG_BIN" in os.environ else []),
        *([Path(found).parent] if found else []),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        *VENV.glob("lib/python*/site-packages/pgserver/pginstall/bin"),
    ]
    programs = ("initdb", "pg_ctl", "createdb", "psql")
    return next((folder for folder in candidates if all((folder / name).exists() for name in programs)), None)


def why_not() -> str | None:
    """What is missing to run this, None when nothing is."""
    if not (VENV / "bin" / "litellm").exists():
        return "LiteLLM is not here: `make test-litellm` installs it into .venv-litellm"
    if postgres_folder() is None:
        return "PostgreSQL is not here: install postgresql, or name its folder of programs in PG_BIN"
    return None


def _port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A connection string to an empty database with LiteLLM's tables."""
    programs = postgres_folder()
    assert programs is not None
    # PostgreSQL refuses to run as root.
    owner = next((user for user in pwd.getpwall() if user.pw_name in {"postgres", "nobody"}), None)
    run_as: dict[str, Any] = {"user": owner.pw_uid, "group": owner.pw_gid} if os.geteuid() == 0 and owner else {}
    folder = Path(tempfile.mkdtemp(prefix="llmcost-postgres-"))
    if run_as:
        os.chown(folder, run_as["user"], run_as["group"])
    port = _port()

    def run(program: str, *arguments: str, stdin: str | None = None) -> None:
        done = subprocess.run(
            [programs / program, *arguments],
            cwd=folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            **run_as,
        )
        assert done.returncode == 0, f"{program}: {done.stderr[-2000:]}"

    try:
        run("initdb", "-A", "trust", "-U", "llm", "-E", "UTF8", "-D", str(folder / "data"))
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", str(folder / "data"), "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            where = ("-h", "127.0.0.1", "-p", str(port), "-U", "llm")
            run("createdb", *where, "litellm")
            (migrations,) = VENV.glob("lib/python*/site-packages/litellm_proxy_extras/migrations")
            steps = [path.read_text("utf-8") for path in sorted(migrations.glob("*/migration.sql"))]
            run("psql", *where, "-d", "litellm", "-q", "-v", "ON_ERROR_STOP=0", stdin="\n;\n".join(steps))
            yield f"host=127.0.0.1 port={port} user=llm dbname=litellm"
        finally:
            run("pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy that answers."""

    port: int
    key: str
    version: str
    database: str
    """Its address, for a user `llm` without a password."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], Any]:
        """Status, headers in lower case, and the JSON of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            return (
                answer.status,
                {k.lower(): v for k, v in answer.headers.items()},
                json.loads(answer.read() or b"null"),
            )
        finally:
            connection.close()


@contextlib.contextmanager
def serving(stand_in: str, folder: Path) -> Iterator[Proxy]:
    """The proxy, with its log in `folder`."""
    with postgres() as database:
        # A key the proxy does not think too weak.
        key, port = f"sk-{secrets.token_hex(24)}", _port()
        config = (HERE / "config.yaml").read_text("utf-8").replace("STAND_IN", stand_in).replace("KEY", key)
        (folder / "config.yaml").write_text(config)
        shutil.copy(HERE / "spend_table.py", folder)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "SPEND_DATABASE": database,
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [VENV / "bin" / "litellm", "--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
            try:
                proxy = Proxy(port=port, key=key, version=_version(), database=address(database))
                end = time.monotonic() + _STARTS_WITHIN
                while not _answers(proxy):
                    said = (folder / "log").read_text(errors="replace")[-3000:]
                    assert process.poll() is None, said
                    assert time.monotonic() < end, said
                    time.sleep(0.5)
                yield proxy
            finally:
                process.terminate()
                process.wait(60)


def address(database: str) -> str:
    """The address in a connection string."""
    parts = dict(pair.split("=") for pair in database.split())
    return f"postgresql://{parts['host']}:{parts['port']}/{parts['dbname']}"


def _answers(proxy: Proxy) -> bool:
    try:
        return proxy.ask("GET", "/health/liveliness")[0] == 200
    except (OSError, ValueError):
        return False


def _version() -> str:
    command = "import importlib.metadata as m; print(m.version('litellm'))"
    done = subprocess.run([VENV / "bin" / "python", "-c", command], capture_output=True, text=True, check=True)
    return done.stdout.strip()
