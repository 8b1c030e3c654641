"""What an environment with an account needs of this machine, asked before an engine is started that would say it late.

Credentials: Google Cloud documentation, "How Application Default Credentials works" (the order of places), and the
Pulumi registry, gcp, "Installation & Configuration" (GOOGLE_CREDENTIALS, GOOGLE_OAUTH_ACCESS_TOKEN). What is found is
not tried: whether an account may do something, only Google can say. Network: the engine's backend for gs:// tries again
without an end while connections are refused (seen with 3.255), so it is not started then.
"""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Final

from slipway.errors import FailedError

if TYPE_CHECKING:
    from slipway.files import EnvironmentFile

LOGIN: Final = "gcloud auth application-default login"
_OFFLINE: Final = "a rehearsal on this machine with --offline"
_GIVEN: Final = ("GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN", "GCE_METADATA_HOST")
_FILE: Final = "GOOGLE_APPLICATION_CREDENTIALS"
_METADATA: Final = "169.254.169.254"
_METADATA_SECONDS: Final = 1.0
"""A metadata server is on the same host and answers in milliseconds; elsewhere nobody answers at all."""
_STORAGE: Final = "https://storage.googleapis.com/"
_SECONDS: Final = 10.0


def needed(file: EnvironmentFile) -> None:
    """Raise FailedError, with both ways on, when there are no credentials, or Google cannot be reached from here."""
    where = f"environment `{file.name}` is in Google Cloud project {file.value.google.project}"
    if what := _no_credentials():
        raise FailedError(f"{where}, and {what}: `{LOGIN}`, or {_OFFLINE}")
    if what := _unreachable():
        raise FailedError(f"{where}, and {_STORAGE} cannot be reached ({what}): connect this machine, or {_OFFLINE}")


def _no_credentials() -> str:
    """What is wrong with the credentials of this machine; empty when some are there."""
    if named := os.environ.get(_FILE):
        return "" if Path(named).is_file() else f"{_FILE} names {named}, which is no file"
    if any(os.environ.get(name) for name in _GIVEN) or _by_gcloud().is_file() or _attached():
        return ""
    return "there are no credentials for Google Cloud here"


def _by_gcloud() -> Path:
    """Where gcloud keeps the credentials of `auth application-default login`."""
    folder = os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud"
    return Path(folder) / "application_default_credentials.json"


def _attached() -> bool:
    """Whether this is a machine of Google's with a service account attached: its metadata server answers."""
    connection = http.client.HTTPConnection(_METADATA, timeout=_METADATA_SECONDS)
    try:
        connection.request("GET", "/", headers={"Metadata-Flavor": "Google"})
        return connection.getresponse().getheader("Metadata-Flavor") == "Google"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _unreachable() -> str:
    """Why Cloud Storage does not answer, by the proxy that is set, if one is; empty when it does, whatever it says."""
    try:
        urllib.request.urlopen(urllib.request.Request(_STORAGE, method="HEAD"), timeout=_SECONDS).close()
    except urllib.error.HTTPError:
        return ""
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(getattr(error, "reason", None) or error)
    return ""
