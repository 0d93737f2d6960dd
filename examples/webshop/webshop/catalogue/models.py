"""What the shop sells, and what it sold."""

from django.db import models


class Product(models.Model):
    """Something for sale."""

    sku = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=9, decimal_places=2)
    photo = models.ImageField(upload_to="photos", blank=True)
    embedding = models.BinaryField(blank=True, default=b"")
    """The description as a vector: little-endian 32-bit floats."""

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"


class Sale(models.Model):
    """One line of an order."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="sales")
    quantity = models.PositiveIntegerField()
    sold_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.quantity} x {self.product.sku}"
