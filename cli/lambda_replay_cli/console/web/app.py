"""The application: its pages, and what stands around each of them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from lambda_replay_cli.console.backend import form
from lambda_replay_cli.console.backend.caller import Caller, StackLabel
from lambda_replay_cli.console.backend.errors import ErrorPage, problem
from lambda_replay_cli.console.backend.form import Fields, FormTooLargeError
from lambda_replay_cli.console.backend.page_request import PageContext, PageRequest
from lambda_replay_cli.console.backend.permissions import Permissions
from lambda_replay_cli.console.backend.service import Backend
from lambda_replay_cli.console.executions import routes as executions
from lambda_replay_cli.console.functions import routes as functions
from lambda_replay_cli.console.groups import routes as groups
from lambda_replay_cli.console.health import routes as health
from lambda_replay_cli.console.jobs import routes as jobs
from lambda_replay_cli.console.rendering.commands import CommandLine
from lambda_replay_cli.console.rendering.templates import renderer
from lambda_replay_cli.console.web.access import Access
from lambda_replay_cli.console.web.middleware import Guard, local_path

type Page = Callable[[PageRequest], Response]

STATIC = Path(__file__).parents[1] / "static"
_YEAR = 365 * 86_400


def application(
    backend: Backend,
    access: Access,
    *,
    label: StackLabel = StackLabel(),  # noqa: B008  # frozen
    options: Sequence[str] = (),
    asked_again: Callable[[], None] = lambda: None,
) -> Starlette:
    """`options` are those that the command was given for the stack, which every command line shown repeats.
    `asked_again` is called when a request has no cookie."""
    draw = renderer(CommandLine(tuple(options)))
    desk = PageContext(backend, Permissions(backend), Caller(backend, label), draw, access.form_token)

    def refuse(status: HTTPStatus, title: str, fix: str) -> Response:
        return Response(draw("locked.html", {"title": title, "fix": fix}), status, media_type="text/html")

    async def fault(_request: Request, _error: Exception) -> Response:
        return refuse(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "The console has a fault",
            "Nothing in AWS is concerned by it. The terminal shows what happened; load the page again.",
        )

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        yield
        backend.close()

    return Starlette(
        routes=_routes(desk, access),
        middleware=[Middleware(Guard, access=access, refuse=refuse, asked_again=asked_again)],
        exception_handlers={Exception: fault},
        lifespan=life,
    )


def _routes(desk: PageContext, access: Access) -> list[BaseRoute]:
    looks: dict[str, Page] = {
        **groups.LOOKS, **executions.LOOKS, **jobs.LOOKS, **functions.LOOKS, **health.LOOKS
    }  # fmt: skip
    changes: dict[str, Page] = {
        "/settings": _settings,
        **groups.CHANGES, **executions.CHANGES, **jobs.CHANGES, **functions.CHANGES, **health.CHANGES,
    }  # fmt: skip
    return [
        Mount("/static", StaticFiles(directory=STATIC)),
        *(Route(path, _served(page, desk, access), methods=["GET"]) for path, page in looks.items()),
        *(Route(path, _served(page, desk, access), methods=["POST"]) for path, page in changes.items()),
        Route("/{rest:path}", _served(_unknown, desk, access)),
    ]


def _served(page: Page, desk: PageContext, access: Access) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        visit = PageRequest(request, desk, Fields.of(request.query_params.multi_items()))
        if request.method == "POST":
            try:
                sent = await form.read(request)
            except FormTooLargeError:
                return await run_in_threadpool(_shown, visit, _TOO_LARGE)
            visit = PageRequest(request, desk, visit.query, sent)
            if not access.accepts_form(sent.get("form_token", "")):
                return await run_in_threadpool(_shown, visit, _STRANGE_FORM)
        return await run_in_threadpool(_answer, page, visit)

    return answer


def _answer(page: Page, visit: PageRequest) -> Response:
    try:
        return page(visit)
    except Exception as error:
        found = problem(error)
        if found is None:
            raise
        return _shown(visit, found)


def _shown(visit: PageRequest, found: ErrorPage) -> Response:
    if found.fresh_credentials:
        visit.backend.forget_connection()
    return visit.page("problem.html", found.status, problem=found)


def _unknown(visit: PageRequest) -> Response:
    return _shown(visit, _NO_PAGE)


def _settings(visit: PageRequest) -> Response:
    """How pages look, kept in this browser."""
    answer = RedirectResponse(local_path(visit.form.get("back", "/")), HTTPStatus.SEE_OTHER)
    for name in ("theme", "keys"):
        if name in visit.form:
            answer.set_cookie(name, visit.form[name], max_age=_YEAR, httponly=True, samesite="strict")
    return answer


_NO_PAGE = ErrorPage(HTTPStatus.NOT_FOUND, "There is no such page", "The address may be misspelt.")
_TOO_LARGE = ErrorPage(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "That is too much for one form",
    "An asynchronous invocation takes a payload of one megabyte at most.",
)
_STRANGE_FORM = ErrorPage(
    HTTPStatus.FORBIDDEN,
    "This form is of another run of the console",
    "Nothing was changed.",
    "Load the page again and send it once more.",
)
