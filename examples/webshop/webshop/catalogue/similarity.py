"""Which products resemble one another."""

import faiss
import numpy as np

from webshop.catalogue.models import Product


def nearest(product: Product, count: int = 5) -> list[Product]:
    """The `count` other products with the most similar embedding, best first."""
    rows = list(Product.objects.exclude(embedding=b"").values_list("pk", "embedding"))
    if not product.embedding or len(rows) < 2:
        return []
    vectors = np.stack([_vector(embedding) for _, embedding in rows])
    index = faiss.IndexFlatL2(vectors.shape[1])
    index.add(vectors)
    wanted = min(count + 1, len(rows))  # the product itself is always among them
    _, found = index.search(_vector(product.embedding)[np.newaxis], wanted)
    keys = [rows[i][0] for i in found[0] if rows[i][0] != product.pk][:count]
    products = Product.objects.in_bulk(keys)
    return [products[key] for key in keys]


def _vector(embedding: bytes | memoryview) -> np.ndarray:
    return np.frombuffer(embedding, dtype="<f4").astype(np.float32)
