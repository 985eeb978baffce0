"""The address of a database, who may read it, and how it is asked; `make test-litellm` asks a real one."""

import pytest

from llmcost.domain.errors import UpstreamError, UsageError
from llmcost.net import postgres
from llmcost.net.postgres import Database, Login, LoginError, check_database, sslmode

SECRET = "pass-0123456789"  # noqa: S105  of nobody


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://db.example.com/litellm", "postgresql://db.example.com/litellm"),
        (" postgres://127.0.0.1:5433/litellm/ ", "postgresql://127.0.0.1:5433/litellm"),
        ("postgresql://[::1]:5433/my%20db", "postgresql://[::1]:5433/my%20db"),
    ],
)
def test_an_address(url, address):
    assert check_database(url) == address


@pytest.mark.parametrize(
    "url",
    [
        *("", "litellm", "https://db.example.com/litellm", "postgresql://db.example.com", "postgresql:///litellm"),
        *(
            "postgresql://db:port/litellm",
            f"postgresql://llm:{SECRET}@db/litellm",
            "postgresql://db/litellm?sslmode=disable",
            "postgresql://db/lite\x1bllm",
        ),
    ],
)
def test_no_address(url):
    with pytest.raises(UsageError) as raised:
        check_database(url)
    assert SECRET not in f"{raised.value.message} {raised.value.hint}"


@pytest.mark.parametrize(
    ("host", "stated", "mode"),
    [
        ("127.0.0.1", None, "prefer"),
        ("db.internal", None, "prefer"),
        ("db.example.com", None, "require"),
        ("db.example.com", "disable", "require"),
        ("db.example.com", "verify-full", "verify-full"),
        ("localhost", "verify-ca", "verify-ca"),
    ],
)
def test_over_a_public_network_it_is_encrypted(host, stated, mode):
    assert sslmode(host, stated) == mode


def test_without_the_driver_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(postgres, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="needs psycopg") as raised:
        Database("postgresql://db/litellm", Login(user="llm", password=None))
    assert raised.value.hint is not None
    assert "llmcost[postgres]" in raised.value.hint


class Refusing:
    """A driver whose server says no, and says too much."""

    class Error(Exception):
        sqlstate = None

    class OperationalError(Error):
        pass

    sql = None

    def __init__(self, said):
        self.said = said
        self.asked = []

    def connect(self, **arguments):
        self.asked.append(arguments)
        raise self.OperationalError(self.said)


@pytest.mark.parametrize(
    ("said", "kind", "attempts"),
    [
        (f'password authentication failed for user "llm" with {SECRET}\n', LoginError, 1),
        ('role "llm" does not exist', LoginError, 1),
        ("connection refused", UpstreamError, 3),
    ],
)
def test_a_server_that_says_no(monkeypatch, said, kind, attempts):
    driver, waits = Refusing(said), []
    monkeypatch.setitem(__import__("sys").modules, "psycopg", driver)
    monkeypatch.setattr(postgres, "find_spec", lambda _: driver)
    login = Login(user="llm", password=SECRET)
    with (
        Database("postgresql://db:6000/my%20db", login, pause=waits.append) as session,
        pytest.raises(UpstreamError) as raised,
    ):
        next(session.json_rows("T", time_column="t", since=None, until=None, together=1))

    assert type(raised.value) is kind
    assert SECRET not in f"{raised.value.message} {raised.value.hint}"
    assert (len(driver.asked), waits) == (attempts, [1.0, 2.0][: attempts - 1])
    asked = driver.asked[0]
    assert (asked["host"], asked["port"], asked["dbname"], asked["user"], asked["password"]) == (
        *("db", 6000, "my db", "llm", SECRET),
    )
