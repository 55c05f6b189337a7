"""What operators say about every vendor's server: where it is, its keys, its limits."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from yarl import URL

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def address(example: str, *, api: str = "") -> AfterValidator:
    """For a text that must be a server's address such as ``example``.

    It is kept without a slash at its end, and without the path of the server's ``api``.
    """

    def check(value: str) -> str:
        url = URL(value.strip())
        if url.scheme not in {"http", "https"} or not url.host:
            raise ValueError(f"must be an address such as {example}")
        if url.user or url.password or url.query_string or url.fragment:
            raise ValueError("must have neither a user, a query nor a fragment")
        return str(url).rstrip("/").removesuffix(api)

    return AfterValidator(check)


def _alone(what: str) -> Callable[[SecretStr], SecretStr]:
    """A check that a secret fits a header. A line end in it would begin another one."""

    def check(value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError(f"must be the {what} alone: no spaces, no line ends")
        return value

    return check


Key = Annotated[SecretStr, AfterValidator(_alone("key"))]
Token = Annotated[SecretStr, AfterValidator(_alone("token"))]
