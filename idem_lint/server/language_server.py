"""The protocol: what the editor says is told to the session, what the session finds is told to the editor (LSP 3.17)."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from idem_lint import __version__
from idem_lint.server.messages import Action, Encoding, ShownFinding, Span, TextEdit
from idem_lint.server.session import Session

SOURCE = "idem-lint"
FIX_ALL = "source.fixAll.idem-lint"
WATCHED = (
    "**/*.{py,pyw}",
    "**/{pyproject.toml,project.json,.gitignore}",
    "**/*.{proto,pyi,yaml,yml,json}",
    "**/.git/HEAD",
)
"""What may change an answer: sources, configuration, what frameworks and the rules read beside them, a checkout."""
_PYTHON = (".py", ".pyw")
_SETTINGS = ".toml"
_SEVERITIES = {"error": types.DiagnosticSeverity.Error, "warning": types.DiagnosticSeverity.Warning}
_ENCODINGS: dict[types.PositionEncodingKind, Encoding] = {
    types.PositionEncodingKind.Utf8: "utf-8",
    types.PositionEncodingKind.Utf16: "utf-16",
    types.PositionEncodingKind.Utf32: "utf-32",
}
_UNNECESSARY = frozenset({"IDM014"})


def serve() -> int:
    """Speak the protocol on standard input and output until the editor says that it is enough; the exit code."""
    gc.enable()  # unlike a run of the command line, this process stays
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR)
    server = Server()
    protocol_output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints in this process prints into the editor's log
    server.start_io(sys.stdin.buffer, protocol_output)
    return server.exit_code


class Server(LanguageServer):
    """One editor's server."""

    def __init__(self) -> None:
        # Full texts: pygls counts form feeds and other separators as line ends, the protocol and editors do not.
        super().__init__(  # pyright: ignore[reportUnknownMemberType]  # - its *args are untyped
            SOURCE, __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full
        )
        self._session: Session | None = None
        self._uris: dict[str, str] = {}
        self._settings: set[str] = set()
        """The configuration files that are open: ``pyproject.toml``, and what one may extend."""
        self.exit_code = 1
        self._register()

    @property
    def session(self) -> Session:
        """What is open; there from the first message on that needs it."""
        if self._session is None:
            encoding = types.PositionEncodingKind(self.workspace.position_encoding or "utf-16")
            self._session = Session(self, _ENCODINGS[encoding])
        return self._session

    # what the session says

    def publish(self, path: str, findings: Sequence[ShownFinding], version: int | None) -> None:
        """Show these findings of a file, and no others."""
        uri = self._uri(path)
        diagnostics = [self._diagnostic(finding) for finding in findings]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, version))

    def complain(self, text: str) -> None:
        """Tell the person that something went wrong."""
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, text))

    def _diagnostic(self, finding: ShownFinding) -> types.Diagnostic:
        related = [
            types.DiagnosticRelatedInformation(
                types.Location(self._uri(each.path), _range(each.span)), each.text
            )
            for each in finding.related
        ]
        is_shown = self._shows_related()
        chain = "" if is_shown else "".join(f"\n{each.text}  ({each.where})" for each in finding.related)
        return types.Diagnostic(
            _range(finding.span),
            finding.text + chain,
            severity=_SEVERITIES[finding.severity],
            code=finding.code,
            code_description=types.CodeDescription(finding.link) if finding.link else None,
            source=SOURCE,
            tags=[types.DiagnosticTag.Unnecessary] if finding.code in _UNNECESSARY else None,
            related_information=related if related and is_shown else None,
        )

    def _shows_related(self) -> bool:
        document = self.client_capabilities.text_document
        shown = document.publish_diagnostics if document is not None else None
        return shown is not None and bool(shown.related_information)

    def _uri(self, path: str) -> str:
        """A path under the name that the editor has for it."""
        return self._uris.get(path) or from_fs_path(path) or path

    # what the editor says

    def _register(self) -> None:
        def on(name: str, handler: Callable[[Any], object], options: object = None) -> None:
            self.feature(name, options)(
                partial(handler)
            )  # pygls sets attributes, which a method does not take

        on(types.INITIALIZED, self._initialized)
        on(types.SHUTDOWN, self._shut_down)
        on(types.TEXT_DOCUMENT_DID_OPEN, self._opened)
        on(types.TEXT_DOCUMENT_DID_CHANGE, self._changed)
        on(types.TEXT_DOCUMENT_DID_SAVE, self._saved)
        on(types.TEXT_DOCUMENT_DID_CLOSE, self._closed)
        on(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, self._folders_changed)
        on(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, self._files_changed)
        on(types.TEXT_DOCUMENT_HOVER, self._hover)
        kinds: list[types.CodeActionKind | str] = [types.CodeActionKind.QuickFix, FIX_ALL]
        on(types.TEXT_DOCUMENT_CODE_ACTION, self._actions, types.CodeActionOptions(code_action_kinds=kinds))

    def _initialized(self, _params: types.InitializedParams) -> None:
        folders = [
            path for folder in self.workspace.folders.values() if (path := _path(folder.uri)) is not None
        ]
        if not folders and self.workspace.root_path:
            folders = [os.path.normpath(self.workspace.root_path)]
        for path in folders:
            self.session.add_folder(path)
        workspace = self.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is not None and watching.dynamic_registration:
            watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            self.client_register_capability(types.RegistrationParams([registration]))

    async def _shut_down(self, _params: None) -> None:
        self.exit_code = 0
        if self._session is not None:
            await self._session.close()

    def _opened(self, params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        path = _path(document.uri)
        if path is not None and (document.language_id == "python" or path.endswith(_PYTHON)):
            self._uris[path] = document.uri
            self.session.opened(path, document.text, document.version)
        elif path is not None and path.endswith(_SETTINGS):
            self._settings.add(path)
            self.session.settings_changed(path, document.text)

    def _changed(self, params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        path, settings = self._open(uri), _path(uri)
        if path is not None:
            text = self.workspace.get_text_document(uri).source
            self.session.changed(path, text, params.text_document.version)
        elif settings in self._settings:
            self.session.settings_changed(settings, self.workspace.get_text_document(uri).source)

    def _saved(self, params: types.DidSaveTextDocumentParams) -> None:
        path = _path(params.text_document.uri)
        self.session.files_changed(is_structure=path is None or not path.endswith(_PYTHON))

    def _closed(self, params: types.DidCloseTextDocumentParams) -> None:
        path = self._open(params.text_document.uri)
        if path is not None:
            self.session.closed(path)
            del self._uris[path]
        settings = _path(params.text_document.uri)
        if settings in self._settings:
            self._settings.discard(settings)
            self.session.settings_changed(settings, None)

    def _folders_changed(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            path = _path(folder.uri)
            if path is not None:
                self.session.remove_folder(path)
        for folder in params.event.added:
            path = _path(folder.uri)
            if path is not None:
                self.session.add_folder(path)

    def _files_changed(self, params: types.DidChangeWatchedFilesParams) -> None:
        changed = types.FileChangeType.Changed
        paths = [(path, change.type) for change in params.changes if (path := _path(change.uri)) is not None]
        self.session.files_changed(
            gone=[path for path, kind in paths if kind == types.FileChangeType.Deleted],
            is_structure=any(kind != changed or not path.endswith(_PYTHON) for path, kind in paths),
        )

    async def _hover(self, params: types.HoverParams) -> types.Hover | None:
        path = self._open(params.text_document.uri)
        if path is None:
            return None
        found = await self.session.hover(path, params.position.line, params.position.character)
        if found is None:
            return None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, found.text), _range(found.span))

    async def _actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        uri = params.text_document.uri
        path = self._open(uri)
        if path is None:
            return []
        only = params.context.only
        actions: list[types.CodeAction] = []
        version = self.session.version_of(path)
        if _is_wanted(types.CodeActionKind.QuickFix, only, by_default=True):
            first, last = params.range.start.line, params.range.end.line
            found = await self.session.actions(path, first, last)
            actions += [self._quick_fix(action, uri, version, params.context.diagnostics) for action in found]
        if _is_wanted(FIX_ALL, only, by_default=False):
            edits = await self.session.fix_all(path)
            if edits:
                change = self._change(uri, version, edits)
                actions.append(types.CodeAction("Fix all that idem-lint can mend", kind=FIX_ALL, edit=change))
        return actions

    def _quick_fix(
        self, action: Action, uri: str, version: int | None, shown: Iterable[types.Diagnostic]
    ) -> types.CodeAction:
        at = _range(action.at)
        return types.CodeAction(
            action.title,
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[each for each in shown if each.code == action.code and each.range == at],
            is_preferred=action.is_preferred,
            edit=self._change(uri, version, action.edits),
        )

    def _change(self, uri: str, version: int | None, edits: Iterable[TextEdit]) -> types.WorkspaceEdit:
        changes = [types.TextEdit(_range(edit.span), edit.text) for edit in edits]
        workspace = self.client_capabilities.workspace
        can = workspace.workspace_edit if workspace is not None else None
        if can is None or not can.document_changes:
            return types.WorkspaceEdit(changes={uri: changes})
        document = types.OptionalVersionedTextDocumentIdentifier(uri, version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, [*changes])])

    def _open(self, uri: str) -> str | None:
        """The path of a document that is open and is Python."""
        path = _path(uri)
        return path if path in self._uris else None


def _is_wanted(kind: str, only: Sequence[str] | None, *, by_default: bool) -> bool:
    """Whether an editor asks for actions of a kind: for all of what is named before its dots."""
    if only is None:
        return by_default
    return any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in only)


def _path(uri: str) -> str | None:
    """The path that a document lies at; ``None`` where it is none of the file system."""
    path = to_fs_path(uri)
    return os.path.normpath(path) if path else None


def _range(span: Span) -> types.Range:
    return types.Range(
        types.Position(span.line, span.character), types.Position(span.end_line, span.end_character)
    )
