"""Refusals in the words of Google's APIs, as the real provider passes them on.

Source of the forms: Compute Engine "Error messages" and "API error reference", GKE "Troubleshooting", Cloud Storage
"HTTP status and error codes for JSON", and error texts quoted in hashicorp/terraform-provider-google issues.
"""

from __future__ import annotations

from localcloud.providers.model import ProviderError


class ApiError(ProviderError):
    """A refusal by the played API, with its HTTP status."""

    def __init__(self, status: int, message: str, reason: str = "") -> None:
        super().__init__(f"googleapi: Error {status}: {message}" + (f", {reason}" if reason else ""))
        self.status = status


def invalid(field: str, value: object, why: str = "") -> ApiError:
    """400: a value that the API does not accept."""
    return ApiError(400, f"Invalid value for field '{field}': '{value}'. {why}".rstrip(), "invalid")


def bad_request(message: str) -> ApiError:
    """400 with a message of its own."""
    return ApiError(400, message, "badRequest")


def not_found(resource: str) -> ApiError:
    """404: the resource, or one that it refers to, does not exist."""
    return ApiError(404, f"The resource '{resource}' was not found", "notFound")


def already_exists(resource: str) -> ApiError:
    """409: the name is taken."""
    return ApiError(409, f"The resource '{resource}' already exists", "alreadyExists")


def in_use(kind: str, resource: str, user: str) -> ApiError:
    """400: something that exists needs the resource that is to be deleted."""
    return ApiError(
        400, f"The {kind} resource '{resource}' is already being used by '{user}'", "resourceInUseByAnotherResource"
    )


def quota_exceeded(metric: str, limit: float, region: str) -> ApiError:
    """403: more than the project's quota in that region allows (`limit` in the quota's own unit)."""
    return ApiError(403, f"Quota '{metric}' exceeded.  Limit: {limit:.1f} in region {region}.", "quotaExceeded")
