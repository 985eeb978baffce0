"""`llmcost prices lint`."""

import json

import pytest

HEAD = 'schema: llmcost-pricing/1\ncurrency: USD\nas_of: 2026-11-21\nsources: {page: {url: "https://example.com"}}\n'
DEAR = "models:\n  - id: openai/x\n    prices: [{source: page, rates: {input: 1, output: 2, cache_read: 4}}]\n"
ODD = "models:\n  - id: openai/x\n    prices: [{source: page, rates: {input: 2, output: 1}}]\n"


@pytest.fixture
def prices(tmp_path):
    def write(text):
        (tmp_path / "contract.yaml").write_text(HEAD + text)
        return "contract.yaml"

    return write


def test_an_error_fails_and_is_shown_with_its_place_and_what_to_do(cli, prices):
    run = cli("prices", "lint", prices(DEAR))

    assert run.code == 1
    assert run.stdout == (
        "contract.yaml:7:58: error cache-rate-too-high\n"
        "  cache_read 4 is more than 3 times the input rate 1\n"
        "  hint: check the unit of the price\n"
        "\n"
        "1 error, 0 warnings\n"
    )


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1)])
def test_a_warning_fails_where_it_is_asked_to(cli, prices, fail_on, code):
    run = cli("prices", "lint", prices(ODD), "--fail-on", fail_on, "--format", "json")

    assert run.code == code
    assert json.loads(run.stdout) == {
        "schema": "llmcost/price-lint/1",
        "findings": [
            {
                "code": "output-below-input",
                "severity": "warning",
                "file": "contract.yaml",
                "line": 7,
                "column": 47,
                "message": "output 1 is cheaper than input 2",
                "fix": "check that they are not the wrong way round",
            }
        ],
        "totals": {"error": 0, "warning": 1},
    }


def test_the_files_of_the_settings_are_looked_at_without_a_path(cli, prices, tmp_path):
    prices(DEAR)
    (tmp_path / "llmcost.yaml").write_text("pricing: [contract.yaml]\n")

    run = cli("prices", "lint")

    assert run.code == 1
    assert "contract.yaml:7:58: error" in run.stdout


def test_a_clean_file_says_so_on_stderr(cli, prices):
    run = cli("prices", "lint", prices(ODD.replace("output: 1", "output: 3")))

    assert (run.code, run.stdout, run.stderr) == (0, "", "note: 1 price file, nothing found\n")


def test_a_missing_file_is_a_configuration_error(cli):
    run = cli("prices", "lint", "none.yaml")

    assert run.code == 2
    assert "none.yaml: cannot be read" in run.stderr
