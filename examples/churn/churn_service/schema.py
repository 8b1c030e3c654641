"""What a request may say. A value outside its range is the caller's mistake (422), not a prediction."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

MAXIMUM_RECORDS = 1000


class Customer(BaseModel):
    """One customer. An unknown key is refused: it is a misspelt field more often than an extra one."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    tenure_months: Annotated[int, Field(ge=0, le=600)]
    monthly_charge: Annotated[float, Field(ge=0, le=1000)]
    support_calls: Annotated[int, Field(ge=0, le=100)]
    contract: Literal["monthly", "yearly", "two-year"]
    autopay: StrictBool


class PredictRequest(BaseModel):
    """A batch of customers."""

    model_config = ConfigDict(extra="forbid")

    records: Annotated[list[Customer], Field(min_length=1, max_length=MAXIMUM_RECORDS)]


class Prediction(BaseModel):
    """What the model says about one customer."""

    probability: float
    churn: bool


class ServedModel(BaseModel):
    """Which model answered."""

    name: str
    version: str
    digest: str


class PredictResponse(BaseModel):
    """One prediction for each record, in the order of the request."""

    model: ServedModel
    predictions: list[Prediction]


def problems_of(errors: Sequence[Any]) -> list[dict[str, str]]:
    """Shorten pydantic's errors to where and what.

    The caller's input is left out: it may be personal, and a NaN in it cannot be written as JSON (FastAPI's own
    422 then becomes a 500).

    Args:
        errors: What `errors()` of a validation error returned.
    """
    problems: list[dict[str, str]] = []
    for error in errors:
        where = ""
        for part in error["loc"]:
            where += f"[{part}]" if isinstance(part, int) else f".{part}"
        problems.append({"where": where.removeprefix(".body").removeprefix(".") or "body", "problem": error["msg"]})
    return problems
