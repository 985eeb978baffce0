"""Files no config should be: what `llmcost quota` says of them, and with which exit code."""

import json

import pytest

SECRET = "sk-proj-" + "abcdefghijklmnop" * 2
COMMANDS = ["check", "simulate", "migrate", "explain-request", "exposure"]


def bomb():
    rows = ["type: gateway-rate-limiting-config", "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join([*rows, ""])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_that_is_no_config_is_refused(cli, tmp_path, command):
    (tmp_path / "a.yaml").write_text("hello: world\n")
    run = cli("quota", command, "a.yaml")

    assert (run.code, run.stdout) == (2, "")
    assert "a.yaml: not a gateway config" in run.stderr


def test_a_folder_without_configs_is_refused(cli, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.yaml").write_text("hello: world\n")
    run = cli("quota", "check", "a")

    assert (run.code, run.stdout) == (3, "")
    assert "a: no gateway config in this folder" in run.stderr


def test_ten_megabytes_are_no_config(cli, tmp_path):
    (tmp_path / "a.yaml").write_text("type: gateway-rate-limiting-config\n" + "# padding\n" * 1_000_000)
    run = cli("quota", "check", "a.yaml")

    assert (run.code, run.stdout) == (2, "")
    assert "10.0 MB is larger than any gateway config" in run.stderr


def test_aliases_that_multiply_are_a_finding(cli, tmp_path):
    (tmp_path / "a.yaml").write_text(bomb())
    run = cli("quota", "check", "a.yaml")

    assert run.code == 1
    assert "aliases expand to more than 1,000,000 values" in run.stdout


@pytest.mark.parametrize("command", [one for one in COMMANDS if one != "check"])
def test_other_commands_refuse_what_is_no_yaml(cli, tmp_path, command):
    (tmp_path / "a.yaml").write_text(bomb())
    run = cli("quota", command, "a.yaml")

    assert (run.code, run.stdout) == (2, "")
    assert "a.yaml: broken YAML" in run.stderr


def test_a_secret_is_in_no_format(cli, tmp_path):
    rule = f"{{id: {SECRET}, when: {{}}, limit_to: 0, unit: requests_per_minute}}"
    text = f"name: x\ntype: gateway-rate-limiting-config\napi_key: {SECRET}\nrules:\n- {rule}\n- {rule}\n"
    (tmp_path / "a.yaml").write_text(text)
    formats = ["json", "sarif", "github", "gitlab", "junit", "markdown", "concise"]
    run = cli("quota", "check", "a.yaml", *(f"--output-file={one}={one}.out" for one in formats))

    assert run.code == 1
    written = [(tmp_path / f"{one}.out").read_text() for one in formats]
    assert not any(SECRET[8:] in one for one in (*written, run.stdout, run.stderr))
    entries = json.loads((tmp_path / "gitlab.out").read_text())
    assert all({"description", "check_name", "fingerprint", "severity", "location"} == set(one) for one in entries)
    assert len({one["fingerprint"] for one in entries}) == len(entries)
