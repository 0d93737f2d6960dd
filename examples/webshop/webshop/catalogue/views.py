"""The shop's JSON interface."""

import orjson
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from webshop.catalogue import similarity
from webshop.catalogue.models import Product


def product_list(_request: HttpRequest) -> HttpResponse:
    """Every product, by name."""
    return _json([_fields(p) for p in Product.objects.order_by("name")])


def product(_request: HttpRequest, pk: int) -> HttpResponse:
    """One product."""
    return _json(_fields(get_object_or_404(Product, pk=pk)))


def similar(_request: HttpRequest, pk: int) -> HttpResponse:
    """The products whose descriptions are nearest to this one's."""
    nearest = similarity.nearest(get_object_or_404(Product, pk=pk))
    return _json([_fields(p) for p in nearest])


def _fields(shown: Product) -> dict[str, object]:
    return {
        "id": shown.pk,
        "sku": shown.sku,
        "name": shown.name,
        "price": str(shown.price),
        "photo": shown.photo.url if shown.photo else None,
    }


def _json(content: object) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), content_type="application/json")
