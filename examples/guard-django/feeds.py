"""The titles of feeds, over HTTP."""

import importlib

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

import ungil


@require_POST
def titles(request: HttpRequest) -> JsonResponse:
    """The titles in the feed that is the request's body."""
    # Imported where it is used, as is often done to start faster. So it is a
    # request that may switch the GIL on, hours after the start.
    parser = importlib.import_module(settings.FEEDS_PARSER)
    feed = parser.fromstring(request.body)
    return JsonResponse({"titles": [title.text for title in feed.iter("title")]})


@require_GET
def gil(_request: HttpRequest) -> JsonResponse:
    """How it stands with the GIL of the worker that answers.

    For what watches the workers, not for the public: it names files. Once the
    GIL is on it stays on, for all requests. So a worker that was to fail says that
    it should be replaced.
    """
    status = ungil.gil_status()
    came_on = status.free_threaded_build and status.enabled
    return JsonResponse(
        {
            "free_threaded_build": status.free_threaded_build,
            "enabled": status.enabled,
            "who": status.switch and str(status.switch),
        },
        status=503 if came_on and settings.FEEDS_ON_GIL == "fail" else 200,
    )


urlpatterns = [path("titles", titles), path("gil", gil)]
