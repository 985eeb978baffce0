"""`llmcost demo` on the command line: it keeps to folders of its own."""

import pytest
from tests.ingesting import native, read, write

from llmcost.cli.app import run
from llmcost.domain.errors import ExitCode


@pytest.mark.parametrize("place", ["llmcost.duckdb", "logs/gateway-2026-11.jsonl", "logs/own.txt"])
def test_a_folder_in_use_is_left_as_it_is(cli, tmp_path, place):
    taken = tmp_path / "mine" / place
    taken.parent.mkdir(parents=True)
    if place == "llmcost.duckdb":
        read(taken, write(tmp_path / "log.jsonl", [native(request_id="call-0001")]))
    else:
        taken.write_text("my own\n")
    before = taken.read_bytes()
    done = cli("demo", "mine", "--requests", "1000")
    assert (done.code, done.stdout) == (ExitCode.USAGE, "")
    assert f"error: mine is in use: mine/{place} is not of a demo" in done.stderr
    assert "hint: name another folder" in done.stderr
    assert (taken.read_bytes(), list((tmp_path / "mine").rglob("*.txt"))) == (
        before,
        [taken] if place.endswith(".txt") else [],
    )


@pytest.mark.slow
def test_a_demo_may_be_made_again_and_another_may_not(cli, tmp_path):
    (tmp_path / "notes.md").write_text("a folder with other files is no hindrance")
    first = cli("demo", ".", "--requests", "1000")
    again = cli("demo", ".", "--requests", "1000")
    assert (first.code, again.code) == (0, 0)
    other = cli("demo", ".", "--requests", "1000", "--seed", "7")
    assert (other.code, "holds another demo: seed 2026, 1000 requests" in other.stderr) == (ExitCode.USAGE, True)


def test_ctrl_c_leaves_a_line_on_stderr(monkeypatch, tmp_path, capsys):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("llmcost.demo.generate", interrupted)
    with pytest.raises(SystemExit) as left:
        run(["demo", str(tmp_path / "new")])
    assert left.value.code == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == f"note: interrupted; the same command makes {tmp_path / 'new'} whole\n"
