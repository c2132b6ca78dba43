"""Functions whose source is written once per class: else half the time goes into loops over fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def function_of(head: str, body: Sequence[str], names: dict[str, Any]) -> Callable[..., Any]:
    """The function of this head, such as `read(message)`, with lines of a body that uses these names.

    Only for source that is made of names in the contract, never of what a caller sent.
    """
    source = "\n    ".join([f"def {head}:", *body])
    # The code is made of the contract's own names, as that of dataclasses is.
    exec(compile(source, f"<{head}>", "exec"), names)  # noqa: S102
    function: Callable[..., Any] = names[head.partition("(")[0]]
    return function


def defer(names: dict[str, Any], key: str, make: Callable[[], Callable[..., Any]]) -> None:
    """Puts a function under a key, which is made when it is called first: most classes seldom come."""

    def first(*arguments: Any) -> Any:  # noqa: ANN401 - stands for a function of any class
        names[key] = made = make()
        return made(*arguments)

    names[key] = first
