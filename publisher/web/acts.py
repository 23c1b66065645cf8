"""What the console and its interface do: each thing is said once, and there as a form and as a request of a program.

    @acts.post("/editions/{edition_id}/hold", may=May.OPERATE, back="/editions/{edition_id}")
    def hold(edition_id: Id, said: Why) -> Done: ...

makes ``POST /editions/12/hold`` for a form, which leads back to a page that says what was done, and
``POST /api/v1/editions/12/hold`` for JSON. What is said stands in a record of pydantic (`Words`); which role it takes
is asked before anything else, and asked again below, by the verb itself (`permission.allowed`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_origin, get_type_hints

from fastapi import APIRouter, Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict, Field, SkipValidation, ValidationError, model_validator

from publisher.errors import MissingError, NotAllowedError, PublisherError, StoreError, UsageError
from publisher.model.staff import May
from publisher.web.door import needs
from publisher.web.fitness import unfit
from publisher.web.flash import back_to
from publisher.web.here import FIELD
from publisher.web.openapi import SHAPES, Refused
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

API = "/api/v1"
SILENCE = (b"", b"{}", b"null")  # bodies that say nothing
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
# For the description alone: the door has looked at the token before.
BEARER = HTTPBearer(scheme_name="token", description="A token of one of the staff.", auto_error=False)
Do = TypeVar("Do", bound=Callable[..., Any])


class Words(BaseModel):
    """Base of what a form or a request says: what isn't known is refused, and what no ledger can keep."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _can_be_kept(cls, said: Any) -> Any:
        if fault := unfit(said):
            raise ValueError(fault)
        return said


class Done(BaseModel):
    """What came of it."""

    said: Annotated[str, SkipValidation] = Field(description="What was done, in a sentence for people.")
    where: str = Field(default="", description="The page that shows it; empty: the one that it was asked from.")
    id: int | None = Field(default=None, description="The number of what was made.")
    secret: str = Field(
        default="", description="What is told this once and never again: a token, or a link.", repr=False
    )


def _refusal(description: str) -> dict[str, Any]:
    """Return how one is described. As text: of a model FastAPI would make one anew for each status of each address."""
    shape = {"$ref": f"{SHAPES}{Refused.__name__}"}
    return {"description": description, "content": {"application/json": {"schema": shape}}}


# What any address of the interface may answer besides what was asked for.
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: _refusal("It can't be meant."),
    401: _refusal("No such token."),
    403: _refusal("The token's role or scopes don't reach so far."),
    404: _refusal("What was named isn’t there."),
    409: _refusal("It has changed, or its time is over."),
    413: _refusal("It is too large."),
    422: _refusal("A value is missing, or can't be one."),
    429: _refusal("Too many requests; see Retry-After."),
    503: _refusal("The ledger can't be reached; try again."),
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what one address of an older interface may answer besides what was asked for."""
    other = {415: _refusal("Content-Type must say application/json.")}
    return {status: (REFUSALS | other)[status] for status in statuses}


class Acts:
    """The addresses at which something is done, and those of the interface that only look.

    :ivar pages: the console's own.
    :ivar api: the interface's; what only looks is added to it as ``acts.api.get("/editions")``.
    """

    def __init__(self, app: App, pages: Pages) -> None:
        self.app = app
        self._shown = pages
        self.pages = APIRouter(default_response_class=HTMLResponse)
        self.api = APIRouter(prefix=API, responses=REFUSALS, dependencies=[Depends(BEARER), Depends(needs(May.LOOK))])
        self.needed: dict[str, May] = {}  # what each address takes: a test walks them

    def post(
        self, address: str, *, may: May, back: str = "", again: Callable[..., Response] | None = None
    ) -> Callable[[Do], Do]:
        """Return the decorator of what is done at an address.

        :param back: the page that a form leads to; empty: as what is done says.
        :param again: makes the page of the form anew, where what was said won't do: given the values of the address,
            ``said`` (as it was typed), ``wrong`` and ``status``. Without it the page at `back` says why.
        """

        def added(do: Do) -> Do:
            summary = (inspect.getdoc(do) or "").partition("\n")[0].rstrip(".")
            self.needed[address] = may
            check = [Depends(needs(may))]
            silent = [] if "said" in inspect.signature(do).parameters else [Depends(_nothing_said)]
            self.api.add_api_route(
                address, do, methods=["POST"], dependencies=[*check, *silent], response_model=Done, summary=summary
            )
            form = _form_of(do, back, again, self._shown)
            self.pages.add_api_route(
                address, form, methods=["POST"], dependencies=check, response_model=None, include_in_schema=False
            )
            return do

        return added


async def _nothing_said(request: Request) -> None:
    """Refuse words where nothing is to be said: whoever sends some means something else than what would be done."""
    if b"".join((await request.body()).split()) not in SILENCE:
        raise RequestValidationError([{"loc": ("body",), "msg": "nothing is said with this: send no body, or {}"}])


def status_of(error: PublisherError) -> int:
    """Return the status by which HTTP says what went wrong."""
    if isinstance(error, NotAllowedError):
        return 403
    if isinstance(error, MissingError):
        return 404
    if isinstance(error, UsageError):
        return 400 if error.exit_code == UsageError.exit_code else 409
    return 503 if isinstance(error, StoreError) else 500


def _form_of(
    do: Callable[..., Done], back: str, again: Callable[..., Response] | None, pages: Pages
) -> Callable[..., Any]:
    """Return what does the same for a form: reads it, and leads to a page."""
    signature = inspect.signature(do)
    hints = get_type_hints(do, include_extras=True)
    model = hints.get("said")

    async def read(request: Request) -> dict[str, Any]:
        return _typed(model, (await request.form()).multi_items()) if model else {}

    def act(**given: Any) -> Response:
        typed, place = given.pop("typed"), dict(given)
        try:
            if model:
                given["said"] = model.model_validate(typed)
            done = do(**given)
        except ValidationError as error:
            wrong = in_words(error)
            return _refused(again, back, place, typed, pages.say(wrong), 400)
        except (MissingError, NotAllowedError) as error:
            if again is None:  # there is no page to keep what was typed
                raise
            return _refused(again, back, place, typed, pages.say(f"{error}."), status_of(error))
        except UsageError as error:
            return _refused(again, back, place, typed, pages.say(f"{error}."), status_of(error))
        where = done.where or back.format(**place)
        if done.secret:  # in this answer alone: no cookie carries it, and no address
            return pages.page("told_once.html", said=pages.say(done.said), secret=done.secret, where=where)
        return back_to(where, pages.say(done.said))

    kept = [
        parameter.replace(annotation=hints[name]) for name, parameter in signature.parameters.items() if name != "said"
    ]
    typed = inspect.Parameter(
        "typed", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[dict[str, Any], Depends(read)]
    )
    act.__signature__ = inspect.Signature([*kept, typed])  # type: ignore[attr-defined] # what FastAPI reads
    act.__name__ = do.__name__
    return act


def _refused(
    again: Callable[..., Response] | None,
    back: str,
    place: dict[str, Any],
    typed: dict[str, Any],
    wrong: str,
    status: int,
) -> Response:
    if again is not None:
        return again(**place, said=typed, wrong=wrong, status=status)
    return back_to(back.format(**place) or "/", wrong, is_bad=True)


def _typed(model: type[BaseModel], items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of a form that the record knows; a field that was left empty says nothing."""
    said: dict[str, Any] = {}
    for name, value in items:
        if name == FIELD or not isinstance(value, str) or not value.strip():
            continue
        field = model.model_fields.get(name)
        if field is not None and get_origin(field.annotation) in (list, tuple, set, frozenset):
            said.setdefault(name, []).append(value)
        else:
            said[name] = value.replace("\r\n", "\n")
    return said


def in_words(error: ValidationError) -> str:
    """Return the first thing that a record can't be, in a sentence."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"{field}: say something here."
    words = first["msg"].removeprefix("Value error, ")
    return f"{field}: {words[:1].lower()}{words[1:]}."
