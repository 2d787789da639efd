"""The server with an editor that people use: Neovim, from Debian's packages, with the client that is built into it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lint.front.project import MARKED, UNMARKED, write
from tests.runtime.programs import needs, path_of

pytestmark = [pytest.mark.slow, needs("nvim")]

SCRIPT = """\
local said = {}
local function wait(what, condition)
  if not vim.wait(60000, condition, 50) then
    table.insert(said, what .. ": waited in vain")
  end
end
local function codes(buffer)
  return vim.tbl_map(function(each) return each.code end, vim.diagnostic.get(buffer))
end
local buffer = vim.api.nvim_get_current_buf()
local client = vim.lsp.start_client({
  name = "idem-lint",
  cmd = vim.fn.json_decode(vim.env.SERVER),
  root_dir = vim.env.PROJECT,
  workspace_folders = { { uri = vim.uri_from_fname(vim.env.PROJECT), name = "project" } },
})
vim.lsp.buf_attach_client(buffer, client)
local function shows(code)
  wait("to show " .. code, function() return vim.deep_equal(codes(buffer), code == "" and {} or { code }) end)
  for _, each in ipairs(vim.diagnostic.get(buffer)) do
    table.insert(said, string.format("%s %d:%d %s", each.code, each.lnum, each.col, vim.split(each.message, "\\n")[1]))
  end
end
shows("IDM001")

local line = vim.diagnostic.get(buffer)[1].lnum
local params = {
  textDocument = vim.lsp.util.make_text_document_params(buffer),
  range = { start = { line = line, character = 0 }, ["end"] = { line = line, character = 0 } },
  context = { diagnostics = {} },
}
local answers = vim.lsp.buf_request_sync(buffer, "textDocument/codeAction", params, 60000)
local action = answers[client].result[1]
table.insert(said, vim.split(action.title, " %(")[1])
vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
shows("")
vim.cmd("write")
table.insert(said, table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\\n"))

params.position = { line = vim.fn.search("@money_moving") - 1, character = 3 }
answers = vim.lsp.buf_request_sync(buffer, "textDocument/hover", params, 60000)
table.insert(said, vim.split(answers[client].result.contents.value, "\\n")[1])

vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { "def broken(:" })
shows("IDM900")
vim.lsp.stop_client(client)
wait("to stop", function() return vim.lsp.client_is_stopped(client) end)
vim.fn.writefile({ vim.fn.json_encode(said) }, vim.env.SAID)
vim.cmd("qall!")
"""


def test_neovim_shows_findings_applies_an_action_and_hovers(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"wallet/routes.py": UNMARKED, "wallet/other.py": MARKED})
    script, said = tmp_path / "script.lua", tmp_path / "said.json"
    script.write_text(SCRIPT)
    program = Path(path_of("nvim") or "")
    runtime = program.parent / "usr" / "share" / "nvim" / "runtime"
    environment = {
        **os.environ,
        "SERVER": json.dumps([sys.executable, "-m", "idem_lint", "server"]),
        "PROJECT": str(root),
        "SAID": str(said),
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
        **({"VIMRUNTIME": str(runtime)} if runtime.exists() else {}),
    }
    done = subprocess.run(
        [program, "--headless", "--clean", "-c", f"luafile {script}", root / "wallet" / "routes.py"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert said.exists(), done.stderr
    first, title, text, hover, broken = json.loads(said.read_text())
    assert first.startswith("IDM001 6:4 `transfer` answers POST")
    assert title == "Mark as @money_moving"
    assert "@money_moving\ndef transfer" in text
    assert "from idem_runtime import money_moving" in text
    assert (root / "wallet" / "routes.py").read_text() == text + "\n"
    assert hover == "**`@money_moving`: executed once for each principal, operation and key**"
    assert broken.startswith("IDM900 ")
