"""The texts below the options of ``idem-lint COMMAND --help``."""

CHECK = """\
commands:
  check (default)       judge the handlers in money domains
  inventory             list every handler: where, methods, route, domain, mark
  money                 list the handlers that move money, each with the calls that lead to the write
  why FILE:LINE         how the calls around a line were resolved, and where the search stopped
  annotate              write the mark that is missing above every unmarked handler, with its import
  baseline              write what is found today into a file, so that check reports only what is new
  verify MODULE:APP     import an application, and hold its routes against the inventory
  init                  look at the project, and write a commented [tool.idem-lint] section into pyproject.toml
  explain CODE          what a rule finds, why, and how it looks wrong and right
  rules                 all rules
  server                a language server, for an editor to start

examples:
  idem-lint                                  the folder you are in
  idem-lint apps/api services/ledger         two folders
  idem-lint --all-domains --exit-zero        a first look at a code base, whatever its folders are called
  idem-lint --show-config apps/wallet/api.py every setting in force for a file, and what says so
  idem-lint --select IDM003 --statistics     marks that do nothing, and how many
  idem-lint --format sarif --output idem.sarif
  idem-lint --baseline idem-baseline.json --strict                 only what is new; what is gone has to leave the file
  idem-lint --since origin/main              what a branch changed, and what depends on it
  idem-lint check --fix --diff               what --fix would mend, as a diff
  idem-lint - --stdin-filename apps/wallet/routes.py < buffer      for editors

files named one by one (a hook, a list of changed files):
  deleted (git knows it)         left out, with a note on standard error
  another suffix than Python's   judged if its first line names python or it can be parsed, else left out with a note
  a link                         judged under its own name; a link to nothing is IDM900
  .ipynb, or nothing there       wrong usage: exit code 2, and nothing is judged
  a folder, a glob               every Python file below it that git does not ignore

exit codes: 0 clean, 1 findings, 2 wrong usage or configuration
configuration: [tool.idem-lint] in the nearest pyproject.toml
"""
INVENTORY = """\
examples:
  idem-lint inventory                                every handler below this folder
  idem-lint inventory --format json > handlers.json  to compare with the routes an application has at start-up
  idem-lint inventory --all-domains --format markdown apps/api
  idem-lint inventory --since origin/main --format markdown    for a pull request: what it adds, then what there is
  idem-lint inventory --format html --output inventory.html    one page for those who do not read code, with every chain
  idem-lint inventory --write routes.lock            every handler with its domain and its mark, to be committed
  idem-lint inventory --check routes.lock            in CI: what is new, or has another domain or mark, or moves money now

exit codes: 0 listed, 1 with --check: the file is not what the code says, 2 wrong usage or configuration
"""
MONEY = """\
No configuration is needed: models, balances, SQL, payment providers, other services and queues are known by their shape.
What says that a write is sure: @ledger_write on the function that writes the ledger, or ledger-writes in pyproject.toml.
What is no money in spite of its name, or is money without it: money-models in pyproject.toml.

examples:
  idem-lint money                            every handler below this folder
  idem-lint money --format markdown apps/api for a pull request
  idem-lint money --format json > money.json with every chain

exit codes: 0 listed, 2 wrong usage or configuration
"""
INIT = """\
The section says, as comments, which folders hold handlers, which words for money were seen and how many handlers each
preset would judge. A section that is there already is never changed.

examples:
  idem-lint init --dry-run        print the section, write nothing
  idem-lint init apps/api         into apps/api/pyproject.toml, which is made where there is none

exit codes: 0 written, 2 wrong usage, or there is a section already
"""
EXPLAIN = """\
examples:
  idem-lint explain IDM003
  idem-lint explain ineffective-mark
"""
RULES = """\
examples:
  idem-lint rules
  idem-lint rules --format json
"""
ANNOTATE = """\
What is marked: the handlers that idem-lint finds unmarked (IDM001, IDM007), so those in money domains; with
--all-domains, every one. @money_moving where a write of money is reached (idem-lint money shows the way to it), with
effect="external" where a provider, another service or a queue is; @not_money_moving(reason="TODO: …") where none was
seen. A TODO is found by check (IDM013, a warning) until somebody has looked. Missing imports are added, and nothing else
in a file changes. What would be written is judged first: a mark that would not take effect is left out, and every handler
that gets no mark is listed with the reason.

examples:
  idem-lint annotate --diff                  what would be written, as a diff; nothing is
  idem-lint annotate --only-money apps/api   only the handlers that move money
  idem-lint annotate apps/wallet/routes.py

exit codes: 0 every unmarked handler has its mark now, 1 some have none (with --diff: something would change), 2 wrong usage
"""
BASELINE = """\
A finding is known by its rule and the name of its handler, so that it stays known when lines or files move. What cannot be
parsed (IDM900) is never known. What is not found any more is said by check --baseline, and fails with --strict.

examples:
  idem-lint baseline                         write idem-baseline.json, to be committed
  idem-lint check --baseline idem-baseline.json --strict
  idem-lint baseline --prune                 take out what is mended

exit codes: 0 written, 2 wrong usage or configuration
"""
VERIFY = """\
The application is imported in a process of its own, with this folder first on its path; nothing is served and no request
is made. FastAPI, Starlette, Flask, Quart, Django (by its settings module), aiohttp, Litestar and gRPC servers (what is
added to them while the module is imported) say at which routes they answer POST. Said are: what is served and not listed,
what is listed and not served, what is of a package, what cannot be looked into, and how many handlers no routing table
shows (GraphQL, MCP, JSON-RPC, queues, Django's admin).

examples:
  idem-lint verify bank.main:app
  idem-lint verify bank.main:create_app      a function without parameters that makes one
  idem-lint verify bank.settings             Django, by its settings module
  idem-lint verify bank.api:app bank.admin:app --paths bank

exit codes: 0 they agree, 1 they do not, 2 wrong usage, or the application cannot be imported
"""
WHY = """\
For the function around the line: which entry point it is and its way to a write; every call in it with what it may run and
how that is known, what it writes, or why nobody can say; which entry points lead through it. On the line of a call, that
call alone. What its callers give it is not asked: a parameter without an annotation is where the search stops.

examples:
  idem-lint why wallet/routes.py:42            with every file below this folder in view
  idem-lint why wallet/routes.py:42 apps libs  with those below two folders

exit codes: 0 explained, 2 wrong usage or configuration
"""
SERVER = """\
An editor starts it, nobody else: it waits for the editor's messages and ends with them. It shows the findings of the whole
project, those of the open file after each pause in typing, unsaved text included; at a finding, the way to the write, the
fixes of --fix, both marks, and a comment that silences it; over a mark, what it guarantees; over a handler, its domain,
route, mark, and whether money moves from it. Configuration is the nearest [tool.idem-lint], as for check.

It needs pygls: pip install "idem-guard[server]"

examples (docs/editors.md has VS Code, PyCharm, Emacs and Zed, too):
  Neovim   vim.lsp.config("idem_lint", { cmd = { "idem-lint", "server" }, filetypes = { "python" },
             root_markers = { "pyproject.toml", ".git" } })
           vim.lsp.enable("idem_lint")
  Helix    [language-server.idem-lint]
           command = "idem-lint"
           args = ["server"]

exit codes: 0 the editor ended it, 1 the connection broke, 2 wrong usage, or pygls is not installed
"""
