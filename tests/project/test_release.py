"""What is published: its metadata, the page that an index shows, and what the workflows run."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from idem_lint import __version__
from tests.project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_nobody_is_offered_what_only_this_repository_needs() -> None:
    extras, groups = PROJECT["project"]["optional-dependencies"], PROJECT["dependency-groups"]
    assert {"dev", "frameworks", "docs"} <= set(groups)
    assert not set(extras) & set(groups)


@pytest.mark.parametrize("name", ["dev", "docs", "demo"])
def test_an_installer_is_told_every_requirement(name: str) -> None:
    command = [sys.executable, ROOT / ".ci" / "requirements.py"]
    told = subprocess.run([*command, name], capture_output=True, text=True, check=True).stdout.split("\n")[
        :-1
    ]
    groups = PROJECT["dependency-groups"]
    if name not in groups:
        assert told == ["--editable", f".[{name}]"]
        return
    texts = [
        member for member in groups[name] if isinstance(member, str) and not member.startswith("idem-guard")
    ]
    included = [
        inner
        for member in groups[name]
        if isinstance(member, dict)
        for inner in groups[member["include-group"]]
    ]
    assert {*texts, *included} <= set(told)
    assert len(told) == len(texts) + len(included) + 2 * told.count("--editable")
    keys = {
        subprocess.run([*command, "--key", other], capture_output=True, check=True).stdout
        for other in (name, "demo")
    }
    assert len(keys) == 2


def test_every_address_of_the_repository_is_the_one_in_the_projects_urls() -> None:
    urls = PROJECT["project"]["urls"]
    repository = urls["Repository"]
    owner = repository.split("/")[3]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    others = {}
    for name in filter(None, listed.stdout.split("\0")):
        file = ROOT / name
        text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        named = {
            *re.findall(r"https://github\.com/([\w.-]+)/idem-guard\b", text),
            *re.findall(r"https://([\w-]+)\.github\.io/idem-guard\b", text),
        }
        if named - {owner}:
            others[name] = named
    assert others == {}, f"pyproject.toml's Repository is {repository}: these say another owner"
    assert all(owner in url for url in urls.values())


def test_an_index_gets_a_page_whose_links_lead_somewhere() -> None:
    specification = importlib.util.spec_from_file_location("readme_hook", ROOT / ".ci" / "readme_hook.py")
    assert specification is not None
    assert specification.loader is not None
    hook = importlib.util.module_from_spec(specification)
    sys.modules.setdefault("hatchling.metadata.plugin.interface", _Hatchling())
    specification.loader.exec_module(hook)
    page = hook.absolute((ROOT / "README.md").read_text(encoding="utf-8"), "https://github.com/us/it", "v1")
    links = re.findall(r"\]\(([^)\s]+)|(?:src|srcset|href)=\"([^\"]+)", page)
    assert [link for pair in links for link in pair if link and not link.startswith(("https://", "#"))] == []
    assert '"https://raw.githubusercontent.com/us/it/v1/docs/pictures/retry-light.svg"' in page
    assert "](https://github.com/us/it/blob/v1/docs/runtime.md#effects-outside-postgres)" in page


class _Hatchling:
    """Stands for the builder, which is not among what the tests need."""

    MetadataHookInterface = object


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_what_is_there(workflow) -> None:
    text = workflow.read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    steps = [step for job in document["jobs"].values() for step in job["steps"]]
    ran = [step["run"] for step in steps if "run" in step]
    assert set(re.findall(r"^make ([a-z-]+)", "\n".join(ran), re.MULTILINE)) <= targets
    for script in re.findall(r"^(\.ci/\w+)", "\n".join(ran), re.MULTILINE):
        assert (ROOT / script).exists()
    assert all(re.search(r"@(v\d|release/v\d)", step["uses"]) for step in steps if "uses" in step)
    assert all("timeout-minutes" in job for name, job in document["jobs"].items() if name != "publish")


def test_the_workflow_tests_every_python_that_is_promised() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))
    promised = {
        line.rpartition(" ")[2]
        for line in PROJECT["project"]["classifiers"]
        if re.search(r":: 3\.\d+$", line)
    }
    assert set(workflow["jobs"]["tests"]["strategy"]["matrix"]["python"]) == promised


def test_gitlabs_example_can_be_read() -> None:
    document = yaml.safe_load((ROOT / ".ci" / "gitlab-ci.example.yml").read_text(encoding="utf-8"))
    assert set(document["stages"]) == {job["stage"] for name, job in document.items() if name != "stages"}


def test_the_version_is_one_that_can_be_published() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
