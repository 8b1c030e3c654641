"""A monthly budget of one environment, with alerts. Google stops nothing when it is spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_gcp.billing import Budget as Billing

from infra.options import child

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALERTS: Final = (0.5, 0.9, 1.0)


@dataclass(frozen=True)
class BudgetArgs:
    """`amount` in whole units of `currency`, which is the billing account's own; `labels` say whose costs count."""

    name: str
    billing_account: str
    number: str
    amount: int
    currency: str
    labels: Mapping[str, str]


class Budget(pulumi.ComponentResource):
    """Alerts by e-mail to the billing account's administrators at 50, 90 and 100 %."""

    def __init__(self, name: str, args: BudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("slipway:gcp:Budget", name, None, opts)
        Billing(
            f"{name}-budget",
            billing_account=args.billing_account,
            display_name=args.name,
            amount={"specified_amount": {"currency_code": args.currency, "units": str(args.amount)}},
            budget_filter={
                "projects": [f"projects/{args.number}"],
                "labels": dict(args.labels),
                "calendar_period": "MONTH",
                "credit_types_treatment": "INCLUDE_ALL_CREDITS",
            },
            threshold_rules=[{"threshold_percent": share, "spend_basis": "CURRENT_SPEND"} for share in _ALERTS],
            opts=child(self, opts),
        )
        self.register_outputs({})
