"""An editor as the server meets it: pygls' own client, which starts ``idem-lint server`` and talks to it over pipes."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE = 120.0
"""Seconds, for what is waited for; the tests assert no times."""
COMMAND = (sys.executable, "-m", "idem_lint", "server")


class Editor:
    """One editor window. Everything that the server says is kept."""

    def __init__(self) -> None:
        self.client = LanguageClient("tests", "1")
        self.published: dict[Path, types.PublishDiagnosticsParams] = {}
        self.history: list[types.PublishDiagnosticsParams] = []
        self.complaints: list[str] = []
        self.log: list[str] = []
        self.registered: list[types.Registration] = []
        self.versions: dict[Path, int] = {}
        self.texts: dict[Path, str] = {}
        self._news = asyncio.Event()
        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(partial(self._on_diagnostics))
        self.client.feature(types.WINDOW_SHOW_MESSAGE)(partial(self._on_message))
        self.client.feature(types.CLIENT_REGISTER_CAPABILITY)(partial(self._on_registration))

    def _on_diagnostics(self, params: types.PublishDiagnosticsParams) -> None:
        self.published[path_of(params.uri)] = params
        self.history.append(params)
        self._tell()

    def _on_message(self, params: types.ShowMessageParams) -> None:
        self.complaints.append(params.message)
        self._tell()

    def _on_registration(self, params: types.RegistrationParams) -> None:
        self.registered += params.registrations
        self._tell()

    async def _listen(self) -> None:
        """What the server writes for the editor's log."""
        while line := await self.client._server.stderr.readline():
            self.log.append(line.decode())

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def start(
        self,
        *folders: Path,
        encodings: Sequence[str] | None = None,
        related: bool = True,
        root_only: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> types.InitializeResult:
        """Start the server and open a window with some folders; ``root_only`` is that of an editor that can very little."""
        await self.client.start_io(*COMMAND, env={**os.environ, **(environment or {})}, limit=2**24)
        self._listening = asyncio.create_task(self._listen())
        diagnostics = types.PublishDiagnosticsClientCapabilities(related_information=related)
        if root_only is not None:
            nothing = types.InitializeParams(
                capabilities=types.ClientCapabilities(), root_uri=root_only.as_uri()
            )
            result = await self.client.initialize_async(nothing)
            self.client.initialized(types.InitializedParams())
            return result
        result = await self.client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(
                    general=types.GeneralClientCapabilities(position_encodings=encodings),
                    text_document=types.TextDocumentClientCapabilities(publish_diagnostics=diagnostics),
                    workspace=types.WorkspaceClientCapabilities(
                        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
                        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
                            dynamic_registration=True
                        ),
                    ),
                ),
                workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders],
                process_id=os.getpid(),
            )
        )
        self.client.initialized(types.InitializedParams())
        return result

    async def stop(self) -> int:
        """End the server as an editor does, and its exit code."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        return await self.exit_code()

    async def exit_code(self) -> int:
        """Wait for the server's end."""
        process = self.client._server
        async with asyncio.timeout(PATIENCE):
            return await process.wait()

    # what somebody does

    def open(self, path: Path, text: str | None = None, language: str = "python") -> None:
        self.texts[path] = path.read_text(encoding="utf-8") if text is None else text
        self.versions[path] = 1
        item = types.TextDocumentItem(path.as_uri(), language, 1, self.texts[path])
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def type(self, path: Path, text: str) -> None:
        """Replace what is in a window."""
        self.texts[path] = text
        self.versions[path] += 1
        document = types.VersionedTextDocumentIdentifier(self.versions[path], path.as_uri())
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))

    def save(self, path: Path) -> None:
        path.write_text(self.texts[path], encoding="utf-8")
        document = types.TextDocumentIdentifier(path.as_uri())
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(document))

    def close(self, path: Path) -> None:
        document = types.TextDocumentIdentifier(path.as_uri())
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    def watched(self, *changes: tuple[Path, types.FileChangeType]) -> None:
        events = [types.FileEvent(path.as_uri(), kind) for path, kind in changes]
        self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))

    async def hover(self, path: Path, line: int, character: int) -> types.Hover | None:
        document, position = types.TextDocumentIdentifier(path.as_uri()), types.Position(line, character)
        return await self.client.text_document_hover_async(types.HoverParams(document, position))

    async def actions(
        self, path: Path, line: int, only: Sequence[str] | None = None
    ) -> list[types.CodeAction]:
        document, place = types.TextDocumentIdentifier(path.as_uri()), types.Position(line, 0)
        shown = self.published[path].diagnostics if path in self.published else ()
        context = types.CodeActionContext(shown, only)
        params = types.CodeActionParams(document, types.Range(place, place), context)
        return list(await self.client.text_document_code_action_async(params) or [])

    def apply(self, action: types.CodeAction, path: Path) -> str:
        """Make the changes of an action in a window; its text."""
        (change,) = action.edit.document_changes
        assert change.text_document.version == self.versions[path]
        assert path_of(change.text_document.uri) == path
        self.type(path, applied(self.texts[path], change.edits))
        return self.texts[path]

    # what is seen

    async def until(self, what: Callable[[], bool]) -> None:
        """Wait until something holds that the server's messages decide."""
        async with asyncio.timeout(PATIENCE):
            while not what():
                await self._news.wait()

    async def shows(self, path: Path, *codes: str) -> list[types.Diagnostic]:
        """Wait until a file shows findings with these codes, in the order of the file, and no others."""
        try:
            await self.until(lambda: path in self.published and self.codes(path) == list(codes))
        except TimeoutError:
            raise AssertionError(
                f"{path} shows {self.codes(path)}, not {codes}; {self.complaints}\n{''.join(self.log)}"
            ) from None
        return list(self.published[path].diagnostics)

    def codes(self, path: Path) -> list[str]:
        """The codes of what a file shows."""
        return [str(each.code) for each in self.published[path].diagnostics] if path in self.published else []


def applied(text: str, edits: Sequence[Any]) -> str:
    """A text with edits that replace whole lines, the last first, as the protocol has them."""
    lines = text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda edit: edit.range.start.line, reverse=True):
        start, end = edit.range.start, edit.range.end
        assert (start.character, end.character) == (0, 0), "the server's edits are whole lines"
        lines[start.line : end.line] = [edit.new_text]
    return "".join(lines)


def path_of(uri: str) -> Path:
    from pygls.uris import to_fs_path

    return Path(to_fs_path(uri) or "")


def run(scenario: Callable[[Editor], Coroutine[Any, Any, None]]) -> None:
    """Play a scenario; the server is ended afterwards, if it has not ended already."""

    async def play() -> None:
        editor = Editor()
        try:
            await scenario(editor)
            if editor.client._server is not None and editor.client._server.returncode is None:
                assert await editor.stop() == 0
        finally:
            with suppress(ProcessLookupError, AttributeError):
                editor.client._server.kill()
            if editor.client._server is not None:
                await asyncio.wait_for(editor.client.stop(), PATIENCE)

    asyncio.run(play())
