"""The WSGI application."""

import time
from dataclasses import dataclass

import numpy as np
from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST
from sklearn.ensemble import RandomForestClassifier
from werkzeug.exceptions import HTTPException

from fraud_service.artifact import About, ArtifactError
from fraud_service.data import FEATURES
from fraud_service.metrics import Metrics
from fraud_service.payment import InvalidRequestError, rows_of

MAXIMUM_BODY = 1_000_000  # bytes
REVIEW_FROM = 0.15
DECLINE_FROM = 0.40


@dataclass(frozen=True)
class Loaded:
    """A model ready to answer.

    Attributes:
        forest: The estimator.
        about: What its artifact says.
        version: What answers call it.
        digest: Of its artifact.
    """

    forest: RandomForestClassifier
    about: About
    version: str
    digest: str

    def identity(self) -> dict[str, str]:
        """Return what answers say about the model."""
        return {"name": self.about.name, "version": self.version, "digest": self.digest}


def check_inputs(about: About) -> None:
    """Check that the model reads exactly what a request holds, in the same order.

    Raises:
        ArtifactError: The model belongs to another version of this service.
    """
    if about.features != FEATURES:
        raise ArtifactError(
            f"the model reads {list(about.features)}, this service takes {list(FEATURES)}; "
            "release a model and an image that fit"
        )


def decision(probability: float) -> str:
    """Turn a probability into what to do with the payment."""
    if probability >= DECLINE_FROM:
        return "decline"
    return "review" if probability >= REVIEW_FROM else "approve"


def create_app(loaded: Loaded | None) -> Flask:
    """Build the application.

    Args:
        loaded: The model; without one the process lives but is not ready.
    """
    app = Flask("fraud", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAXIMUM_BODY
    metrics = Metrics()
    if loaded:
        metrics.model.info(loaded.identity())
    _measure(app, metrics)
    _answer_errors_in_json(app)

    @app.get("/healthz")
    def _live() -> ResponseReturnValue:
        return {"status": "alive"}

    @app.get("/readyz")
    def _ready() -> ResponseReturnValue:
        if loaded is None:
            return {"status": "no model is loaded"}, 503
        return {"status": "ready", **loaded.identity()}

    @app.get("/metrics")
    def _metrics() -> ResponseReturnValue:
        return Response(metrics.text(), content_type=CONTENT_TYPE_LATEST)

    @app.post("/predict")
    def _predict() -> ResponseReturnValue:
        if loaded is None:
            return {"error": "no model is loaded"}, 503
        rows = rows_of(request.get_json())
        probabilities = [float(value) for value in np.asarray(loaded.forest.predict_proba(np.array(rows)))[:, 1]]
        for probability in probabilities:
            metrics.predictions.observe(probability)
        predictions = [{"probability": value, "decision": decision(value)} for value in probabilities]
        return {"model": loaded.identity(), "predictions": predictions}

    return app


def _measure(app: Flask, metrics: Metrics) -> None:
    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _note(response: Response) -> Response:
        # the route, not the path: what callers invent must not become time series
        path = str(request.url_rule) if request.url_rule else "other"
        metrics.answered(path, response.status_code, time.perf_counter() - g.started)
        return response


def _answer_errors_in_json(app: Flask) -> None:
    @app.errorhandler(InvalidRequestError)
    def _refuse(error: InvalidRequestError) -> ResponseReturnValue:
        return jsonify(error="invalid request", problems=error.problems), 422

    @app.errorhandler(RecursionError)
    def _too_deep(_error: RecursionError) -> ResponseReturnValue:
        return jsonify(error="the JSON is nested too deeply"), 400  # the parser's limit; no error of ours

    @app.errorhandler(HTTPException)
    def _other(error: HTTPException) -> ResponseReturnValue:
        return jsonify(error=error.description), error.code or 500
