"""An error of the REST API, in TensorFlow Serving's form: a status and `{"error": message}`."""


class RestError(Exception):
    """The request is refused.

    Attributes:
        status: HTTP status; TensorFlow Serving answers 400 for InvalidArgument and 404 for NotFound.
        message: What is wrong.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def invalid(message: str) -> RestError:
    """Return an InvalidArgument."""
    return RestError(400, message)


def not_found(message: str) -> RestError:
    """Return a NotFound."""
    return RestError(404, message)
