"""The HTTP application."""

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from churn_service.artifact import Artifact, ArtifactError
from churn_service.metrics import Metrics
from churn_service.middleware import BodyLimit, Measured
from churn_service.model import ChurnModel
from churn_service.schema import Customer, Prediction, PredictRequest, PredictResponse, ServedModel, problems_of

MAXIMUM_BODY = 1_000_000  # bytes; a thousand records are about a tenth of it


def check_inputs(artifact: Artifact) -> None:
    """Check that the model reads exactly what a request may hold.

    Raises:
        ArtifactError: The model belongs to another version of this service.
    """
    theirs, ours = set(artifact.fields), set(Customer.model_fields)
    if theirs != ours:
        raise ArtifactError(
            f"the model reads {sorted(theirs)}, this service takes {sorted(ours)}; "
            "release a model and an image that fit"
        )


def create_app(model: ChurnModel | None, served: ServedModel) -> FastAPI:
    """Build the application.

    Args:
        model: The loaded model; without one the process lives but is not ready.
        served: What answers say about the model.
    """
    app = FastAPI(title="churn", docs_url=None, redoc_url=None)
    metrics = Metrics()
    if model:
        metrics.serves(served.name, served.version, served.digest)
    app.add_middleware(BodyLimit, maximum=MAXIMUM_BODY)
    app.add_middleware(Measured, metrics=metrics)

    @app.exception_handler(RequestValidationError)
    def _refuse(_request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": "invalid request", "problems": problems_of(error.errors())}, status_code=422)

    @app.get("/healthz")
    def _live() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    def _ready(response: Response) -> dict[str, str]:
        if model is None:
            response.status_code = 503
            return {"status": "no model is loaded"}
        return {"status": "ready", **served.model_dump()}

    @app.get("/metrics")
    def _metrics() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    # a plain function: FastAPI runs it in its thread pool, so a large batch does not hold up the probes
    @app.post("/predict")
    def _predict(request: PredictRequest) -> PredictResponse:
        if model is None:
            raise HTTPException(503, "no model is loaded")
        probabilities = model.probabilities([record.model_dump() for record in request.records])
        metrics.predicted(probabilities)
        threshold = model.artifact.threshold
        predictions = [Prediction(probability=value, churn=value >= threshold) for value in probabilities]
        return PredictResponse(model=served, predictions=predictions)

    return app
