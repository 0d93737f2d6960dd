"""The shop's addresses."""

from django.urls import path

from webshop.catalogue import views

urlpatterns = [
    path("products/", views.product_list),
    path("products/<int:pk>/", views.product),
    path("products/<int:pk>/similar/", views.similar),
]
