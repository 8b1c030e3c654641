"""What a request may say, checked by hand: Flask brings no validation, and six rules need no library."""

from collections.abc import Callable
from typing import Any

from fraud_service.data import FEATURES

MAXIMUM_PAYMENTS = 1000


class InvalidRequestError(Exception):
    """The request is refused.

    Attributes:
        problems: Where and what, one for each mistake.
    """

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__("invalid request")
        self.problems = problems


def _number(low: float, high: float, *, whole: bool = False) -> Callable[[Any], str | None]:
    kind = "a whole number" if whole else "a number"

    def check(value: Any) -> str | None:
        # a bool is an int in Python, but nobody means 1 by true
        right_type = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        # NaN and the infinities fail the comparison; isfinite() would raise for a whole number beyond a float
        if right_type and low <= value <= high:
            return None
        return f"has to be {kind} from {low:g} to {high:g}"

    return check


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "has to be true or false"


RULES: dict[str, Callable[[Any], str | None]] = {
    "amount": _number(0, 1_000_000),
    "hour": _number(0, 23, whole=True),
    "merchant_risk": _number(0, 1),
    "distance_km": _number(0, 20_100),  # half of the Earth's circumference
    "card_present": _flag,
    "attempts_last_hour": _number(0, 1000, whole=True),
}


def rows_of(body: Any) -> list[list[float]]:
    """Check a request's body and return the model's rows.

    Args:
        body: The parsed JSON.

    Returns:
        One row for each payment, with FEATURES as columns.

    Raises:
        InvalidRequestError: It says everything that is wrong at once, without repeating the data.
    """
    payments = body.get("payments") if isinstance(body, dict) else None
    if not isinstance(payments, list) or not 1 <= len(payments) <= MAXIMUM_PAYMENTS:
        problem = f"has to be a list of 1 to {MAXIMUM_PAYMENTS} payments"
        raise InvalidRequestError([{"where": "payments", "problem": problem}])
    problems = [
        {"where": f"payments[{position}]{where}", "problem": problem}
        for position, payment in enumerate(payments)
        for where, problem in _problems(payment)
    ]
    if problems:
        raise InvalidRequestError(problems)
    return [[float(payment[name]) for name in FEATURES] for payment in payments]


def _problems(payment: Any) -> list[tuple[str, str]]:
    if not isinstance(payment, dict):
        return [("", "has to be an object")]
    found = [(f".{name}", "is no field of a payment") for name in payment if name not in RULES]
    for name, rule in RULES.items():
        problem = rule(payment[name]) if name in payment else "is missing"
        if problem:
            found.append((f".{name}", problem))
    return found
