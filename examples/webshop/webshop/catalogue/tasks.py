"""What happens behind the shop's back; each task runs on a thread of the worker."""

from decimal import Decimal

import pandas as pd
import requests
from celery import shared_task
from lxml import etree
from PIL import Image, ImageOps

from webshop.catalogue.models import Product, Sale

_THUMBNAIL = (320, 320)


@shared_task
def import_feed(url: str) -> int:
    """Take over a supplier's prices; how many products the feed has."""
    response = requests.get(url, timeout=30)
    response.raise_for_status()
    return save_feed(response.content)


def save_feed(feed: bytes) -> int:
    """Save `<product sku="…"><name>…</name><price>…</price></product>` elements."""
    # A supplier's file is not to be trusted with entities or the network.
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    entries = etree.fromstring(feed, parser).findall("product")
    for entry in entries:
        Product.objects.update_or_create(
            sku=entry.get("sku"),
            defaults={
                "name": entry.findtext("name"),
                "price": Decimal(entry.findtext("price")),
            },
        )
    return len(entries)


@shared_task
def make_thumbnail(pk: int) -> str:
    """Make the small picture of a product beside the large one; its path."""
    photo = Product.objects.get(pk=pk).photo
    path = f"{photo.path}.thumbnail.jpg"
    with photo.open() as file, Image.open(file) as image:
        ImageOps.fit(image.convert("RGB"), _THUMBNAIL).save(path, "JPEG", quality=80)
    return path


@shared_task
def monthly_report() -> dict[str, int]:
    """Pieces sold, by month (`2026-11`)."""
    sales = pd.DataFrame(Sale.objects.values("sold_at", "quantity"))
    if sales.empty:
        return {}
    months = sales.groupby(sales["sold_at"].dt.strftime("%Y-%m"))["quantity"].sum()
    return {month: int(count) for month, count in months.items()}
