"""Our pages say what the code says, and what they show is what happens."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from llmcost.config import settings
from llmcost.domain.errors import ExitCode
from llmcost.ingest.detection import keys_of
from llmcost.ingest.registry import all_sources
from llmcost.pricing.price_file import read_price_file
from llmcost.pricing.price_list import CONDITIONS, FEE_UNITS, TOKEN_UNITS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MARKDOWN = [
    path for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (path := ROOT / name).exists()
] + sorted(DOCS.rglob("*.md"))


def _script(name):
    """A script of docs/ as a module."""
    specification = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


transcripts = _script("transcripts")
pictures = _script("pictures")
generate = _script("generate")


def _page(name):
    return (DOCS / name).read_text("utf-8")


def _anchors(text):
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("page", transcripts.pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_is_what_its_commands_print(page):
    assert page.read_text("utf-8").splitlines() == transcripts.played(page).splitlines(), "run `make docs`"


def test_generated_pages_are_current():
    assert generate.stale() == [], "run `make docs`"


def test_every_command_is_documented_with_a_sentence():
    page = _page("reference/cli.md")
    for line, text in generate.commands():
        assert f"## {line}\n" in page
        assert re.search(r"^  [A-Z].+", text, re.MULTILINE), f"{line} has no help"


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = page if not path else page.parent / path
        assert linked.exists(), target
        if anchor:
            assert anchor in _anchors(linked.read_text("utf-8")), target


def test_every_page_can_be_reached_from_the_readme():
    found, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in found:
            continue
        found.add(page)
        targets = re.findall(r"\]\(([^):#]+\.md)[^)]*\)", page.read_text("utf-8"))
        todo += [(page.parent / target).resolve() for target in targets]
    assert [page for page in sorted(DOCS.rglob("*.md")) if page.resolve() not in found] == []


def test_the_price_list_page_names_every_unit_and_condition_and_its_example_loads(tmp_path):
    page = _page("reference/price-list.md")
    for word in (*TOKEN_UNITS, *FEE_UNITS, *CONDITIONS):
        assert f"`{word}`" in page, word
    (example,) = _blocks(page, "yaml")
    (tmp_path / "contracts.yaml").write_text(example)
    assert set(read_price_file(tmp_path / "contracts.yaml").entries) == {
        "openai/gpt-4o",
        "acme-internal/support-7b",
    }


def test_the_configuration_page_has_every_key_and_its_example_loads(tmp_path):
    page = _page("reference/configuration.md")
    for key in settings._KEYS:
        assert f"| `{key}` |" in page, key
    (example,) = _blocks(page, "yaml")
    (tmp_path / "llmcost.yaml").write_text(example)
    read = settings.read_settings(tmp_path / "llmcost.yaml")
    assert read.tz == "Europe/Berlin"
    assert read.attribution["customer_id"] == ("customer_id", "tenant_id", "end_user")


def test_the_native_record_page_has_every_field():
    page = _page("reference/native-record.md")
    assert [key for key in keys_of(all_sources()["llmcost"]) if f"`{key}`" not in page] == []


def test_every_exit_code_is_on_its_page():
    page = _page("reference/exit-codes.md")
    assert [code for code in ExitCode if f"| {int(code)} |" not in page] == []
