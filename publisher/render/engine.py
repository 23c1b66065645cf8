"""The sandbox that templates run in: plain data, an allow-list of filters, errors with file and line."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import jinja2
from jinja2.runtime import Context, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from publisher.errors import TemplateError
from publisher.render import limits
from publisher.render.conventions import Conventions
from publisher.render.filters import CONVENTIONS, FILTERS, GLOBALS, TESTS
from publisher.render.library import in_language, nearest
from publisher.render.merge import Field, MergeMisuse, Reader, carries_token
from publisher.render.slips import available, meaning_of

T = TypeVar("T")

LARGEST_TEMPLATE = 500_000  # bytes
_ENDINGS = (".html", ".txt", ".css")  # of templates

# What a template can do wrong while it runs. Anything else is a fault of ours and must be seen as one.
_FAULTS = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    NameError,  # a number that Python can't write: 1e400
    RecursionError,
    SyntaxError,  # blocks nested deeper than Python allows
    TypeError,
    ValueError,
)


def default_theme() -> Path:
    """Return the folder of the templates that come with Publisher: in the wheel, else in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


class Engine:
    """Render templates from folders, the first that has a file wins.

    :param folders: a project's own folder before the default theme; those that don't exist are passed over.
    :param seconds: of the processor's time, for one template.
    """

    def __init__(self, folders: Sequence[Path], seconds: float = limits.SECONDS) -> None:
        self._seconds = seconds
        self.folders = tuple(folder.resolve() for folder in folders)
        self._environment = _Environment(
            loader=_Folders(self.folders),
            undefined=_Undefined,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            finalize=limits.printable,
        )

    def get_ready(self) -> None:
        """Compile what goes by the name of a template of the theme; what is wrong with one is said where it is used."""
        theme = self.folders[-1]
        for path in theme.rglob("*.*"):
            if path.suffix in _ENDINGS:
                with suppress(*_FAULTS):
                    self._environment.get_template(path.relative_to(theme).as_posix())

    def has(self, name: str) -> bool:
        """Say whether some folder has this template."""
        return any((folder / name).is_file() for folder in self.folders)

    def first_of(self, *names: str, language: str) -> str:
        """Return the first template that exists; the last one where none does, for its error to be told.

        :param language: BCP 47: ``digest.pt-BR.html``, then ``digest.pt.html``, comes before ``digest.html``.
        """
        wanted = (each for name in names for each in (*in_language(name, language), name))
        return next((name for name in wanted if self.has(name)), names[-1])

    def render(self, name: str, context: Mapping[str, Any], conventions: Conventions) -> str:
        """Render a template by its name; TemplateError says file, line, what, and what is available."""
        return self._run(lambda: self._environment.get_template(name), name, context, conventions)

    def render_string(self, source: str, context: Mapping[str, Any], conventions: Conventions, *, where: str) -> str:
        """Render a line that stands in the configuration, as plain text; ``where`` names its place."""
        return self._run(lambda: self._environment.from_string(source), where, context, conventions)

    def require_readable(self, source: str, *, where: str) -> None:
        """Read a line as `render_string` does, without anything to print; TemplateError where nothing could mend it."""
        self._guarded(lambda: self._environment.from_string(source), where, {}, Conventions("en", "UTC"))

    def setting(self, name: str, variable: str, context: Mapping[str, Any], conventions: Conventions) -> Any:
        """Return what a template sets a variable to; None where it doesn't. TemplateError as for ``render``."""

        def read() -> Any:
            return getattr(self._environment.get_template(name).make_module(dict(context)), variable, None)

        return self._guarded(read, name, context, conventions)

    def _run(
        self, get: Callable[[], jinja2.Template], where: str, context: Mapping[str, Any], conventions: Conventions
    ) -> str:
        return self._guarded(lambda: _collect(get(), where, context), where, context, conventions)

    def _guarded(self, work: Callable[[], T], where: str, context: Mapping[str, Any], conventions: Conventions) -> T:
        token = CONVENTIONS.set(conventions)
        try:
            with limits.metered(self._seconds):
                return work()
        except _FAULTS as error:
            self._explain(error, where, context)
        finally:
            CONVENTIONS.reset(token)

    def _explain(self, error: Exception, where: str, context: Mapping[str, Any]) -> NoReturn:
        """Raise TemplateError for what went wrong: the place in the template, what, and what to do."""
        what, remedy = meaning_of(error, context)
        near = nearest(str(error.name), self.folders) if isinstance(error, jinja2.TemplateNotFound) else ""
        raise TemplateError(what, where=_place(error, where), remedy=f"Nearest: {near}" if near else remedy) from error


def _collect(template: jinja2.Template, where: str, context: Mapping[str, Any]) -> str:
    pieces: list[str] = []
    size = 0
    for piece in template.generate(context):
        pieces.append(piece)
        size += len(piece)
        if size > limits.LONGEST:
            what = f"it prints more than {limits.LONGEST:,} characters"
            raise TemplateError(what, where=where, remedy="Look for a loop in a loop")
    return "".join(pieces)


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "**", "%"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.filters = FILTERS | limits.FILTERS
        self.tests = dict(TESTS)
        self.globals = dict(GLOBALS)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look in a dict's keys before its methods: ``list.items`` is a key that an editor may use."""
        if isinstance(obj, Reader):
            return obj.field(attribute)
        if isinstance(obj, Field):
            raise MergeMisuse(obj.label, f"asked for .{attribute}")
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def join_path(self, template: str, parent: str) -> str:
        """Let a page take in what is escaped as it is, and styles, which can't be."""
        if parent.endswith(".html") and not template.endswith((".html", ".css")):
            what = f"{template} is not escaped as a page is: give it a name that ends in .html"
            raise jinja2.exceptions.SecurityError(what)
        return template

    def _parse(self, source: str, name: str | None, filename: str | None) -> jinja2.nodes.Template:
        return limits.meter(super()._parse(source, name, filename))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        own = next((methods for kind, methods in limits.METHODS.items() if isinstance(obj, kind)), None)
        return super().is_safe_attribute(obj, attr, value) and (own is None or attr in own)

    def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
        limits.step()
        method = getattr(obj, "__wrapped__", obj)  # the sandbox wraps `format`
        text = getattr(method, "__self__", None)
        if isinstance(text, str):
            said = [value for name, value in kwargs.items() if not name.startswith("_")]  # Jinja adds names of its own
            limits.allow(method.__name__, text, (*args, *said))
        return limits.bounded(super().call(context, obj, *args, **kwargs))

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Reader):
            return obj.field(argument)
        return super().getitem(obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        for value in (left, right):
            if carries_token(value):
                label = value.label if isinstance(value, Field) else "a merge field"
                raise MergeMisuse(label, f"used with {operator} (to join texts write ~)")
        if operator in ("*", "**"):
            _refuse_huge(operator, left, right)
        if operator == "%" and isinstance(left, str):
            raise jinja2.exceptions.SecurityError("% is for numbers; for texts there is .format()")
        return limits.bounded(super().call_binop(context, operator, left, right))


def _refuse_huge(operator: str, left: Any, right: Any) -> None:
    """Stop `"a" * 10**9` before it takes the memory."""
    sizes = [len(value) if isinstance(value, str | list | tuple) else abs(value) for value in (left, right)]
    if operator == "**" and (sizes[0] > 1_000 or sizes[1] > 10):
        raise jinja2.exceptions.SecurityError("a power this large is not calculated in a template")
    if operator == "*" and sizes[0] * sizes[1] > limits.MOST and not all(isinstance(v, int) for v in (left, right)):
        raise jinja2.exceptions.SecurityError("a text this long is not made in a template")


class _Undefined(StrictUndefined):
    """Something that isn't there; its message names what is."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        if isinstance(self._undefined_obj, dict):
            return f"there is no {self._undefined_name!r}. {available(self._undefined_name, self._undefined_obj)}"
        if self._undefined_obj is missing:
            return f"{self._undefined_name!r} is not defined"
        if isinstance(self._undefined_obj, list) and self._undefined_obj:
            return f"there is no {self._undefined_name!r} in a list of {len(self._undefined_obj)}: it counts from 0"
        return f"there is no {self._undefined_name!r} in {str(self._undefined_obj)[:40]!r}"


class _Folders(jinja2.BaseLoader):
    """Templates of folders, the first that has a file wins; a name or a link that leads out of one finds nothing.

    A file that was saved, laid over one of a later folder or taken away is read anew at its next use.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        path = self._find(template)
        if path is None:
            raise jinja2.TemplateNotFound(template)
        if path.stat().st_size > LARGEST_TEMPLATE:
            raise jinja2.TemplateSyntaxError(f"it is larger than {LARGEST_TEMPLATE:,} bytes", 1, template, str(path))
        read_as = _stamp(path)
        return _read(path, template), str(path), lambda: self._find(template) == path and _stamp(path) == read_as

    def _find(self, template: str) -> Path | None:
        if _leads_out(template):
            return None
        found = ((folder, folder / template) for folder in self._folders)
        return next((path for folder, path in found if path.is_file() and path.resolve().is_relative_to(folder)), None)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is saved, at once twice too; None where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/")


def _read(path: Path, template: str) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise jinja2.TemplateSyntaxError("it isn't UTF-8 text", 1, template, str(path)) from error
    except OSError as error:
        raise jinja2.TemplateSyntaxError(f"it can't be read: {error.strerror}", 1, template, str(path)) from error


# --- errors in words for people ---------------------------------------------------------------------------------------


def _place(error: Exception, where: str) -> str:
    """Return ``templates/email/digest.html:12``; the given place for a line from the configuration."""
    if isinstance(error, jinja2.TemplateSyntaxError) and error.filename:
        return f"{_short(error.filename)}:{error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(_ENDINGS)]
    return f"{_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else where


def _short(filename: str) -> str:
    """Name a template as people do: from the folder ``templates`` on."""
    parts = Path(filename).parts
    start = max((index for index, part in enumerate(parts) if part == "templates"), default=max(0, len(parts) - 3))
    return "/".join(parts[start:])
