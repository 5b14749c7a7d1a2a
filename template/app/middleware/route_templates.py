import re
from collections.abc import Iterable, Sequence

from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import BaseRoute


class RouteTemplates:
    """Finds the template of a path by one regular expression for each method.

    The routers try every route, router by router: a refused request would cost more than a served one.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        contexts = [each for each in iter_route_contexts(routes) if hasattr(each, "path_regex")]
        methods = {method for each in contexts for method in each.methods or ()}
        self._by_method = {
            method: _Templates(each for each in contexts if method in (each.methods or ()))
            for method in methods
        }
        self._all = _Templates(contexts)

    def find(self, method: str, path: str) -> str | None:
        """Returns the template of the path, if need be under another method; None without a route."""
        own = self._by_method.get("GET" if method == "HEAD" else method)
        return (own and own.find(path)) or self._all.find(path)


class _Templates:
    def __init__(self, contexts: Iterable[RouteContext]) -> None:
        self._paths = {f"route_{number}": each for number, each in enumerate(contexts)}
        regexes = (f"(?P<{name}>{_unnamed(each)})" for name, each in self._paths.items())
        self._regex = re.compile("|".join(regexes))

    def find(self, path: str) -> str | None:
        match = self._regex.match(path)
        return self._paths[match.lastgroup].path if match and match.lastgroup else None


def _unnamed(route: RouteContext) -> str:
    """Returns the regular expression of a route, whose parameters have names that others have too."""
    pattern: str = route.path_regex.pattern
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)
