"""The ``[tool.idem-lint]`` section that ``idem-lint init`` writes: what it saw, and what may be changed, as comments."""

from __future__ import annotations

import textwrap

from idem_lint.reports.summary import plural
from idem_lint.settings.money_words import ALIASES, DEFAULT_DOMAINS, PRESETS
from idem_lint.settings.toml_text import toml_comment, toml_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from idem_lint.running.project_survey import Survey

_WIDTH = 110
_FOLDERS = 20
"""How many folders are listed."""
_MARKS = "@money_moving or @not_money_moving(reason=...)"


def configuration_section(survey: Survey, *, extends: str | None = None) -> Iterator[str]:
    """The lines of the section. ``extends`` is the configuration file in force until now, relative to the new one."""
    yield "[tool.idem-lint]"
    yield from _comment(
        f"POST handlers (and RPCs) in a money domain have to carry {_MARKS}. A handler is in a domain by a word in the "
        "path of its file, in the path of a file that registers it, or in its route."
    )
    yield from _comment(f"`idem-lint init` saw here: {_saw(survey)}.")
    yield from _comment("What is in force for a file, and which file says so: idem-lint --show-config FILE")
    if extends is not None:
        yield "#"
        yield from _comment("Another configuration held here until now; take over what it says with:")
        yield f"# extend = {toml_value(extends)}"
    yield ""
    yield from _presets(survey)
    yield f"preset = {toml_value(survey.preset)}"
    yield ""
    yield from _folders(survey)
    yield from _rest(survey)


def _saw(survey: Survey) -> str:
    parts = [plural(survey.handlers, "handler")]
    if survey.tests:
        parts.append(f"{survey.tests} more in tests, which are left out")
    if survey.undecided:
        parts.append(
            f"{plural(survey.undecided, 'registration')} that cannot be read to the end (see routers)"
        )
    if survey.unparsed:
        parts.append(f"{plural(survey.unparsed, 'file')} that cannot be parsed")
    return ", ".join(parts)


def _presets(survey: Survey) -> Iterator[str]:
    yield from _comment("The words that stand for money. Each preset would judge here:")
    width = max(map(len, PRESETS)) + 2
    for name, added in PRESETS.items():
        words = [_word(word) for word in (added or DEFAULT_DOMAINS)]
        front = f"  {toml_value(name):{width}}  {survey.judged[name]} of {survey.handlers}  "
        lead = "also " if added else "the words of ADR-007: "
        yield from _comment(lead + ", ".join(words), first=front, rest=" " * len(front))
    if survey.words:
        yield from _comment(
            "Words seen, with the handlers that have them in their file's path / a registering file's / a route:"
        )
        seen = (
            f"{word} {by_file}/{by_other}/{by_route}" for word, by_file, by_other, by_route in survey.words
        )
        yield from _comment(", ".join(seen), first="  ", rest="  ")
    if survey.preset != next(iter(PRESETS)):
        yield from _comment(
            "Chosen because it judges the most; a narrower one leaves out what its words do not name."
        )


def _word(domain: str) -> str:
    aliases = ALIASES.get(domain)
    return f"{domain} ({', '.join(aliases)})" if aliases else domain


def _folders(survey: Survey) -> Iterator[str]:
    """The folders with handlers, and how to take in one that has no such word."""
    if survey.folders:
        yield from _comment("Folders with handlers, and how many of them the preset above judges:")
        width = max(len(toml_comment(count.folder)) for count in survey.folders[:_FOLDERS])
        for folder, handlers, judged in survey.folders[:_FOLDERS]:
            yield f"#   {toml_comment(folder):{width}}  {judged[survey.preset]} of {handlers}"
        more = len(survey.folders) - _FOLDERS
        if more > 0:
            yield f"#   and {plural(more, 'folder')} more (idem-lint inventory lists every handler)"
        yield "#"
    yield from _comment(
        "Judge a folder whatever it is called: globs relative to this file, and the domain they stand for."
    )
    yield f"# domain-paths = {toml_value(_example(survey))}"
    yield from _comment("Words of your own, beside those of the preset:")
    yield '# extend-domains = ["cashback", "loyalty points"]'


def _example(survey: Survey) -> dict[str, str]:
    """A glob and a domain, for the fullest folder that the preset leaves out, or made up where there is none."""
    for count in survey.folders:
        name = count.folder.rpartition("/")[2]
        if not count.judged[survey.preset] and name.isidentifier():
            return {f"{count.folder}/**": name}
    return {"apps/accounts/**": "accounts"}


def _rest(survey: Survey) -> Iterator[str]:
    """The other keys, with their defaults or an example."""
    yield ""
    yield from _comment("Not to be looked at, as in .gitignore:")
    yield '# exclude = ["generated/"]'
    yield from _comment(f"Tests are left out ({plural(survey.tests, 'handler')} here). Judge them, too:")
    yield "# include-tests = true"
    yield from _comment(
        'What the linter cannot read (IDM006): say what a callable registers, "POST", "verb" (an argument names it), '
        '"methods" (methods= does) or "nothing":'
    )
    yield '# routers = { "company.web.endpoint" = "POST" }'
    yield from _comment("Decorators of your own that contain the mark:")
    yield '# extend-marks = { "company.web.guarded" = "money_moving" }'
    yield from _comment(
        "Functions that write the ledger, so that IDM101 and the money map are sure (docs/money.md):"
    )
    yield '# ledger-writes = ["bank.ledger.post_entry"]'
    yield from _comment(
        'Records that are money in spite of their name, or no money ("movement", "holder", "nothing"):'
    )
    yield '# money-models = { "Voucher" = "holder" }'
    yield from _comment(
        "Rules that are not reported, everywhere or in some files (idem-lint rules lists them):"
    )
    yield "# ignore = []"
    yield '# per-file-ignores = { "legacy/**" = ["IDM009"] }'
    yield from _comment("A comment that silences a rule has to say why (# noqa: IDM001 -- why):")
    yield "# require-reasons = true"
    yield from _comment(
        "Where the repository shows a line, for the links of idem-lint inventory --format html:"
    )
    yield '# source-url = "https://git.example/bank/blob/main/{path}#L{line}"'


def _comment(text: str, *, first: str = "", rest: str = "") -> Iterable[str]:
    return textwrap.wrap(
        toml_comment(text),
        _WIDTH,
        initial_indent=f"# {first}",
        subsequent_indent=f"# {rest}",
        break_long_words=False,
        break_on_hyphens=False,
    )
